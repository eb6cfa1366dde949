"""What a training would really run with: every field of a resolved recipe and network as a number of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, Self

from harness.jobs.measures.quantity import Computed, Number, flat
from harness.jobs.recipe import Recipe
from harness.jobs.schedule_spec import FixedDrops, Plateau
from harness.models import Model
from harness.models.layers import Layer


class Configuration(Computed):
    """A recipe, and the network it trains where that matters, as the program resolved them.

    A field is named by its path (`optimiser_momentum`, `prepare_short_side`, `model_dropout`); a switch is 0 or 1; a
    word is a switch of its own (`schedule_rule_is_plateau`); a list gives its length (`..._count`) and its numbers.
    """

    what: Literal["configuration"]
    recipe: Recipe
    model: Model | None = None

    def with_models(self, change: Callable[[Model], Model]) -> Self:
        """With the changed network."""
        return self if self.model is None else self.model_copy(update={"model": change(self.model)})

    def numbers(self) -> dict[str, Number]:
        """Every field, the declared drops of the rate with the last rate, and what the layers are built with."""
        recipe = self.recipe
        schedule = recipe.schedule
        found = dict(_leaves((), recipe.model_dump(mode="json", exclude={"source"})))
        if isinstance(schedule, FixedDrops | Plateau):
            drops = len(schedule.after) if isinstance(schedule, FixedDrops) else schedule.drops
            found |= {"drops": drops, "last_rate": recipe.rate * schedule.factor**drops}
        if self.model is not None:
            found |= dict(_leaves(("model",), self.model.model_dump(mode="json"))) | dict(_built(self.model))
        return {name: Number(value, "", name.replace("_", " ")) for name, value in found.items()}


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, float]]:
    name = "_".join(map(flat, path))
    match value:
        case dict():
            for key, part in value.items():
                yield from _leaves((*path, key), part)
        case list():
            yield f"{name}_count", float(len(value))
            for index, part in enumerate(value, start=1):
                yield from _leaves((*path, str(index)), part)
        case str():
            yield f"{name}_is_{flat(value)}", 1.0
        case bool() | int() | float():
            yield name, float(value)


def _built(model: Model) -> Iterator[tuple[str, float]]:
    """Constants of the layers that stand in no field of the recipe; equal in every layer of the papers' networks."""
    kinds: dict[str, list[Layer]] = {"dropout": [], "response_norm": []}
    for layer in model.layers(1000):
        if layer.constants:
            kinds.setdefault(layer.kind_name, []).append(layer)
    for kind, layers in kinds.items():
        yield f"{kind}_layers", float(len(layers))
        for constant, value in layers[0].constants.items() if layers else ():
            yield f"{kind}_{constant}".rstrip("_"), float(value)
