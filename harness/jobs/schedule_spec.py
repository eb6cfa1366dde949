"""What a recipe says of its learning rate: the rules by which it falls, and how it warms up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from harness.strict import Grown, Strict

Unit = Literal["epochs", "iterations"]
"""In which a recipe counts: passes over the training images, or steps of one batch."""


class FixedDrops(Grown):
    """The rate is multiplied by `factor` after each of the epochs, or iterations, in `after`."""

    rule: Literal["fixed"]
    after: list[PositiveInt]
    factor: float = Field(0.1, gt=0, lt=1)
    unit: Unit = "epochs"


class Plateau(Strict):
    """The rate is multiplied by `factor`, at most `drops` times, when the validation error stops improving."""

    rule: Literal["plateau"]
    drops: PositiveInt
    patience: PositiveInt
    """Epochs without an improvement of at least `smallest_gain` that count as having stopped."""
    smallest_gain: float = Field(ge=0)
    """Percentage points of top-1 error on the validation split, single centre view."""
    factor: float = Field(0.1, gt=0, lt=1)


class Steps(Strict):
    """The rate is multiplied by `factor` after every so many epochs or iterations."""

    rule: Literal["steps"]
    every: PositiveInt
    factor: float = Field(gt=0, lt=1)
    unit: Unit = "epochs"


class Cosine(Strict):
    """Half a wave of a cosine, step by step, from the recipe's rate towards `last` (Loshchilov and Hutter, 2017).

    Of T steps, step t (from 0) is taken at last + (rate - last) (1 + cos(pi t / T)) / 2.
    """

    rule: Literal["cosine"]
    last: float = Field(0.0, ge=0)


Schedule = Annotated[FixedDrops | Plateau | Steps | Cosine, Field(discriminator="rule")]


class WarmUp(Strict):
    """The first steps of a training, at a lower rate than the schedule's."""

    length: NonNegativeInt
    unit: Unit = "iterations"
    rate: PositiveFloat
    """At which it starts."""
    shape: Literal["constant", "linear"] = "linear"
    """linear: step t of W is taken at rate + t / W of the way to the schedule's; constant: at `rate`, all of them."""
