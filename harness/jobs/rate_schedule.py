"""Schedules given as a list of changes, which set the rates of weights and biases layer by layer.

AlexNet as its authors released it is trained with such a schedule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple, Self

from pydantic import Field, NonNegativeFloat, model_validator

from harness.strict import Strict


class Change(Strict):
    """One change of rates or of colour noise. Values that are left out stay as they were."""

    at: NonNegativeFloat
    """Time of the change in epochs, also in fractions; 0 is before the first step."""
    layers: list[str] | None = Field(None, min_length=1)
    """Layers whose rates change. If left out: all layers that are not frozen."""
    weights: NonNegativeFloat | None = None
    """New rate of the weights. 0 freezes the layer for good, its biases too unless `biases` says otherwise."""
    biases: NonNegativeFloat | None = None
    """New rate of biases and of all other learned parameters that are not weights."""
    colour_std: NonNegativeFloat | None = None
    """New standard deviation of the colour noise; 0 ends it."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.weights is None and self.biases is None and self.colour_std is None:
            raise ValueError("changes nothing; give `weights`, `biases` or `colour_std`")
        if self.layers is not None and self.weights is None and self.biases is None:
            raise ValueError("names layers and no rate; colour noise is of the images")
        return self


class Rates(NamedTuple):
    """Rates of one layer; 0 means frozen."""

    weights: float
    biases: float


class Changes(Strict):
    """A schedule given as a list of changes in order of time: rates of weights and biases, and colour noise."""

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
        """Return how often the rate of all weights falls, starting at `rate`, and its last value."""
        together = [change.weights for change in self.changes if change.layers is None and change.weights]
        return sum(after < before for before, after in pairwise([rate, *together])), [rate, *together][-1]

    def named(self) -> list[str]:
        """Return every layer named by a change, once each."""
        return list(dict.fromkeys(name for change in self.changes for name in change.layers or []))

    def rates(self, rate: float, layers: Iterable[str], epochs: float) -> dict[str, Rates]:
        """Return the rates of each layer after `epochs` epochs, changes at that time included.

        `rate` is the rate of the start.

        >>> from harness.jobs.rate_schedule import Change, Changes
        >>> schedule = Changes(rule="changes", changes=[Change(at=2.0, weights=0.001, biases=0.002)])
        >>> schedule.rates(0.01, ["conv1"], 2.0)
        {'conv1': Rates(weights=0.001, biases=0.002)}
        """
        found = dict.fromkeys(layers, Rates(rate, rate))
        for change in self._until(epochs):
            for name in found if change.layers is None else change.layers:
                if name in found and (change.layers is not None or found[name].weights > 0):
                    found[name] = _changed(found[name], change)
        return found

    def colour_std(self, std: float, epochs: float) -> float:
        """Return the standard deviation of the colour noise after `epochs` epochs; `std` is that of the start."""
        for change in self._until(epochs):
            std = std if change.colour_std is None else change.colour_std
        return std

    def scaled(self, time: float, rate: float) -> Changes:
        """Return the same changes with times multiplied by `time` and rates by `rate`."""
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
