"""Measurement of the time of training steps: nets timed in turn, round by round, on synthetic images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from harness.data.spec import Augmentation
from harness.jobs.measures.net import MeasuredNet
from harness.jobs.measures.quantity import Measured, Name, Quantity
from harness.jobs.recipe import Precision
from harness.models import Model
from harness.strict import Strict


class Arm(Strict):
    """One net to time, with or without drawing views from stored images."""

    net: MeasuredNet
    augmentation: Augmentation | None = None
    """If given, each step draws its views from whole uint8 images on the device; if not, the views are fixed."""
    stored_side: PositiveInt | None = None
    """Side of the stored images, in pixels."""

    @model_validator(mode="after")
    def _has_images(self) -> Self:
        if (self.augmentation is None) != (self.stored_side is None):
            raise ValueError("augmentation and stored_side belong together; give both or neither")
        if self.stored_side is not None and self.stored_side < max(self.net.input[1:]):
            raise ValueError(
                f"views of {max(self.net.input[1:])} pixels do not fit in a stored_side of {self.stored_side}"
            )
        if self.net.input[1] != self.net.input[2]:
            raise ValueError("views are square; give an input of equal height and width")
        return self


class Timing(Measured):
    """Seconds of a training step: forward, backward and update of one batch by stochastic gradient descent.

    Every round times each arm once, in alternating order, so that a drift of the machine affects all arms alike. The
    median over rounds counts. On CUDA, events measure the time. Arithmetic is that of trainings: repeatable, and
    without TF32. Ratios are medians over rounds of an arm's time divided by that of the arm `against`.
    """

    what: Literal["timing"]
    arms: dict[Name, Arm] = Field(min_length=1)
    against: Name | None = None
    """The arm with which the others are compared; required if there are several, because arms have no order."""
    batch: PositiveInt
    precision: Precision = "fp32"
    warm_up: NonNegativeInt = 3
    """Rounds to run before timing starts."""
    rounds: PositiveInt = 10
    steps: PositiveInt = 1
    """Steps of each arm in one round."""
    whole_training_steps: PositiveInt | None = None
    """Steps of a whole training, to compute its length in days."""
    device_name: str = ""
    """Name of the device, set when the job is planned; the job fails on another device."""

    @model_validator(mode="after")
    def _has_one_to_compare_with(self) -> Self:
        if (self.against is None) != (len(self.arms) == 1) or self.against not in {None, *self.arms}:
            raise ValueError(f"needs `against`, the one of {', '.join(self.arms)} that the others are set against")
        return self

    def with_models(self, change: Callable[[Model], Model]) -> Self:
        """Return the same measurement on changed networks."""
        arms = {name: arm.model_copy(update={"net": arm.net.changed(change)}) for name, arm in self.arms.items()}
        return self.model_copy(update={"arms": arms})

    def with_batch(self, batch: int) -> Self:
        """Return the same measurement with `batch` images in a step."""
        return self.model_copy(update={"batch": batch})

    def multiply_adds(self) -> float:
        """Return the multiply-adds of all steps of all arms."""
        steps = self.steps * (self.warm_up + self.rounds)
        return float(steps * sum(arm.net.step_multiply_adds(self.batch) for arm in self.arms.values()))

    def quantities(self) -> dict[str, Quantity]:
        """Return time and speed of each arm, and the ratio of its time to that of `against`."""
        found = {}
        for name in self.arms:
            found[f"{name}_seconds"] = Quantity("s", f"{name}, time of a training step")
            found[f"{name}_images_per_s"] = Quantity("images/s", f"{name}, training speed")
            if self.whole_training_steps is not None:
                found[f"{name}_days"] = Quantity("days", f"{name}, time of {self.whole_training_steps:,} steps")
            if self.against not in {None, name}:
                found[f"{name}_ratio"] = Quantity("", f"{name}, time of a step against {self.against}")
        return found
