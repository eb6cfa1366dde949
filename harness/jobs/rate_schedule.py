"""When learning rates change layer by layer, weights and biases apart: a schedule that is a list of changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple, Self

from pydantic import Field, NonNegativeFloat, model_validator

from harness.strict import Strict


class Change(Strict):
    """What changes once, when so many epochs are over; what is left out stays as it was."""

    at: NonNegativeFloat
    """Epochs, also a part of one; 0 is before the first step."""
    layers: list[str] | None = Field(None, min_length=1)
    """Whose rates change; those of all layers that are not frozen when left out."""
    weights: NonNegativeFloat | None = None
    """The rate of weights; 0 freezes them for good, with their biases where `biases` does not say otherwise."""
    biases: NonNegativeFloat | None = None
    """The rate of biases, and of whatever else is learned beside weights."""
    colour_std: NonNegativeFloat | None = None
    """Of the colour noise, in the place of the recipe's; 0 ends it."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.weights is None and self.biases is None and self.colour_std is None:
            raise ValueError("changes nothing; give `weights`, `biases` or `colour_std`")
        if self.layers is not None and self.weights is None and self.biases is None:
            raise ValueError("names layers and no rate; colour noise is of the images")
        return self


class Rates(NamedTuple):
    """The rates of one layer; 0 is frozen."""

    weights: float
    biases: float


class Changes(Strict):
    """Rates of layers, weights and biases apart, and colour noise, as a list of changes in the order of time."""

    rule: Literal["changes"]
    changes: list[Change] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [change.at for change in self.changes]
        if times != sorted(times):
            raise ValueError("changes stand in the order of their epochs")
        frozen: set[str] = set()
        for change in self.changes:
            named = change.layers or []
            if change.weights and (thawed := [name for name in named if name in frozen]):
                raise ValueError(f"{thawed[0]} is frozen before epoch {change.at:g}, and stays so")
            frozen |= set(named) if change.weights == 0 else set()
        return self

    def falls(self, rate: float) -> tuple[int, float]:
        """How often the rate of all weights together falls from `rate` on, and to what in the end."""
        together = [change.weights for change in self.changes if change.layers is None and change.weights]
        return sum(after < before for before, after in pairwise([rate, *together])), [rate, *together][-1]

    def named(self) -> list[str]:
        """Every layer that a change names, once."""
        return list(dict.fromkeys(name for change in self.changes for name in change.layers or []))

    def rates(self, rate: float, layers: Iterable[str], epochs: float) -> dict[str, Rates]:
        """The rates of each layer when so many epochs are over, those changes included; `rate` is that of the start."""
        found = dict.fromkeys(layers, Rates(rate, rate))
        for change in self._until(epochs):
            for name in found if change.layers is None else change.layers:
                if name in found and (change.layers is not None or found[name].weights > 0):
                    found[name] = _changed(found[name], change)
        return found

    def colour_std(self, std: float, epochs: float) -> float:
        """The colour noise when so many epochs are over; `std` is that of the start."""
        for change in self._until(epochs):
            std = std if change.colour_std is None else change.colour_std
        return std

    def scaled(self, time: float, rate: float) -> Changes:
        """The same changes at `time` times their epochs, with `rate` times their rates."""
        return self.model_copy(update={"changes": [_scaled(change, time, rate) for change in self.changes]})

    def _until(self, epochs: float) -> Iterator[Change]:
        return (change for change in self.changes if change.at <= epochs)


def _changed(rates: Rates, change: Change) -> Rates:
    weights = rates.weights if change.weights is None else change.weights
    biases = rates.biases if change.biases is None else change.biases
    return Rates(weights, 0.0 if change.weights == 0 and change.biases is None else biases)


def _scaled(change: Change, time: float, rate: float) -> Change:
    rates = {name: value * rate for name in ("weights", "biases") if (value := getattr(change, name)) is not None}
    return change.model_copy(update={"at": change.at * time, **rates})
