"""Measurement of the resolved configuration of a training: every field of the recipe and network as a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, Self

from harness.jobs.measures.quantity import Computed, Number, flat
from harness.jobs.recipe import Recipe
from harness.jobs.schedule_spec import Cosine, Steps
from harness.models import Model
from harness.models.layers import Layer


class Configuration(Computed):
    """A resolved recipe, and optionally the network that it trains.

    Each field is named by its path (`optimiser_momentum`, `prepare_short_side`, `model_dropout`). A switch is 0 or 1. A
    word becomes a switch of its own (`schedule_rule_is_plateau`). A list gives its length (`..._count`) and its
    elements.
    """

    what: Literal["configuration"]
    recipe: Recipe
    model: Model | None = None

    def with_models(self, change: Callable[[Model], Model]) -> Self:
        """Return the spec with its network changed by `change`."""
        return self if self.model is None else self.model_copy(update={"model": change(self.model)})

    def numbers(self) -> dict[str, Number]:
        """Return every field, the number of drops of the rate, the last rate, and the constants of the layers."""
        recipe = self.recipe
        schedule = recipe.schedule
        found = dict(_leaves((), recipe.model_dump(mode="json", exclude={"source"})))
        if not isinstance(schedule, Steps | Cosine):
            drops, last_rate = schedule.falls(recipe.rate)
            found |= {"drops": drops, "last_rate": last_rate}
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
    """Yield constants of layers that no field of the recipe holds; in the papers' nets all layers of a kind agree."""
    kinds: dict[str, list[Layer]] = {"dropout": [], "response_norm": []}
    for layer in model.layers(1000):
        if layer.constants:
            kinds.setdefault(layer.kind_name, []).append(layer)
    for kind, layers in kinds.items():
        yield f"{kind}_layers", float(len(layers))
        for constant, value in layers[0].constants.items() if layers else ():
            yield f"{kind}_{constant}".rstrip("_"), float(value)
