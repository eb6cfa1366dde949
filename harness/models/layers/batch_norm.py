"""Layer kind: batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Buffer, Layer, Parameter, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class BatchNorm(Layer):
    """Batch normalisation (Ioffe and Szegedy, 2015) of each map over images and positions, or of each unit over images.

    Training subtracts the batch's own mean and divides by its standard deviation. Testing uses running statistics,
    which move towards those of the batch by `momentum` at each step. A scale and a shift for each map or unit follow.
    """

    mixes_images: ClassVar[bool] = True

    name: str
    eps: float = 1e-5
    momentum: float = 0.1

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input."""
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return scales that start at one and shifts that start at zero."""
        maps = shapes[0][:1]
        return Parameter("weight", "scale", maps, 1.0), Parameter("bias", "shift", maps, 0.0)

    def buffers(self, *shapes: Shape) -> tuple[Buffer, ...]:
        """Return the running mean and variance, and the number of batches that they include."""
        maps = shapes[0][:1]
        moments = Buffer("running_mean", maps, 0.0), Buffer("running_var", maps, 1.0)
        return *moments, Buffer("num_batches_tracked", (), 0.0, whole=True)

    @property
    def constants(self) -> Mapping[str, float]:
        """The constant added to the variance, and the weight of a new batch."""
        return {"eps": self.eps, "momentum": self.momentum}

    def module(self, *shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        kind = nn.BatchNorm2d if len(shapes[0]) > 1 else nn.BatchNorm1d
        return kind(shapes[0][0], self.eps, self.momentum)
