"""Measurement of how much faster a training step is on several GPUs than on one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from harness.jobs.measures.net import MeasuredNet
from harness.jobs.measures.quantity import Measured, Quantity
from harness.jobs.recipe import Precision
from harness.models import Model
from harness.models.layers import require_chain


class Speedup(Measured):
    """Seconds of a training step on one batch, on one GPU and on several, with synthetic images already in place.

    Every round times both, in alternating order; the ratio is the median over rounds. `data_parallel` splits the batch
    among GPUs and sums the gradients. `conv_data_fc_single` does so up to the first fully connected layer; one GPU
    gathers that layer's inputs and alone computes the layers from there on (PReLU, section 3). Both give the gradients
    of a single GPU up to rounding. The measurement needs `gpus` GPUs.
    """

    what: Literal["speedup"]
    net: MeasuredNet
    gpus: int = Field(ge=2)
    scheme: Literal["data_parallel", "conv_data_fc_single"]
    batch: PositiveInt
    precision: Precision = "fp32"
    warm_up: NonNegativeInt = 3
    """Rounds to run before timing starts."""
    rounds: PositiveInt = 10
    steps: PositiveInt = 1
    """Steps of each kind in one round."""
    device_name: str = ""
    """Name of each GPU, set when the job is planned; the job fails on another device."""

    @model_validator(mode="after")
    def _can_be_shared(self) -> Self:
        if self.batch % self.gpus:
            raise ValueError(f"a batch of {self.batch} has no {self.gpus} equal parts")
        if mixing := [one.name for one in self.net.traced() if one.layer.mixes_images]:
            raise ValueError(f"layer {mixing[0]} mixes the images of a batch, which therefore cannot be shared")
        if self.scheme == "conv_data_fc_single":
            require_chain(self.net.traced(), "conv_data_fc_single divides")
            if not any(one.family == "dense" for one in self.net.layers()):
                raise ValueError("the net has no fully connected layer")
        return self

    def with_models(self, change: Callable[[Model], Model]) -> Self:
        """Return the same measurement on the changed network."""
        return self.model_copy(update={"net": self.net.changed(change)})

    def with_batch(self, batch: int) -> Self:
        """Return the same measurement with `batch` images in a step, rounded up to a multiple of the GPUs."""
        return self.model_copy(update={"batch": -(-batch // self.gpus) * self.gpus})

    def multiply_adds(self) -> float:
        """Return the multiply-adds of all steps on one GPU, plus one GPU's share of the steps on several."""
        steps = self.steps * (self.warm_up + self.rounds)
        return steps * self.net.step_multiply_adds(self.batch) * (1 + 1 / self.gpus)

    def quantities(self) -> dict[str, Quantity]:
        """Return both times and their ratio."""
        return {
            "one_seconds": Quantity("s", "time of a training step on one GPU"),
            "all_seconds": Quantity("s", f"time of a training step on {self.gpus} GPUs"),
            "speedup": Quantity("", f"how much faster a step is on {self.gpus} GPUs"),
        }
