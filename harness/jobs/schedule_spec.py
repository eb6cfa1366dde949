"""The learning-rate part of a recipe: the rules by which the rate falls, and how it warms up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from harness.jobs.rate_schedule import Changes
from harness.strict import Grown, Strict

Unit = Literal["epochs", "iterations"]
"""Unit of time in a schedule: passes over the training images, or steps of one batch."""


class FixedDrops(Grown):
    """Multiplies the rate by `factor` after each of the epochs (or iterations) in `after`."""

    rule: Literal["fixed"]
    after: list[PositiveInt]
    factor: float = Field(0.1, gt=0, lt=1)
    unit: Unit = "epochs"

    def falls(self, rate: float) -> tuple[int, float]:
        """Return how often the rate falls, starting at `rate`, and its last value.

        >>> FixedDrops(rule="fixed", after=[2, 4], factor=0.5).falls(1.0)
        (2, 0.25)
        """
        return len(self.after), rate * self.factor ** len(self.after)


class Plateau(Strict):
    """Multiplies the rate by `factor`, at most `drops` times, when the validation error stops improving."""

    rule: Literal["plateau"]
    drops: PositiveInt
    patience: PositiveInt
    """Epochs in a row without an improvement of at least `smallest_gain` before the rate drops."""
    smallest_gain: float = Field(ge=0)
    """Smallest improvement that counts, in percentage points of top-1 error on the validation split (centre view)."""
    factor: float = Field(0.1, gt=0, lt=1)

    def falls(self, rate: float) -> tuple[int, float]:
        """Return how often the rate falls at most, starting at `rate`, and its last value then."""
        return self.drops, rate * self.factor**self.drops


class Steps(Strict):
    """Multiplies the rate by `factor` every `every` epochs (or iterations)."""

    rule: Literal["steps"]
    every: PositiveInt
    factor: float = Field(gt=0, lt=1)
    unit: Unit = "epochs"


class Cosine(Strict):
    """Lowers the rate along half a cosine wave from the recipe's rate to `last` (Loshchilov and Hutter, 2017).

    Of T steps, step t (from 0) has the rate last + (rate - last) (1 + cos(pi t / T)) / 2.
    """

    rule: Literal["cosine"]
    last: float = Field(0.0, ge=0)


Schedule = Annotated[FixedDrops | Plateau | Steps | Cosine | Changes, Field(discriminator="rule")]


class WarmUp(Strict):
    """A lower rate for the first steps of a training."""

    length: NonNegativeInt
    unit: Unit = "iterations"
    rate: PositiveFloat
    """Rate of the first step."""
    shape: Literal["constant", "linear"] = "linear"
    """linear: step t of W lies t / W of the way from `rate` to the schedule's rate; constant: all steps have `rate`."""
