"""Layer kind: fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Parameter, Shape, size

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Linear(Layer):
    """A fully connected layer, with a bias for each unit unless `bias` is false.

    Maps are flattened in the order channels, rows, columns.
    """

    mixes_images: ClassVar[bool] = False
    family = "dense"
    in_equations = "weights"

    name: str
    units: int
    bias: bool = True

    def output(self, *_shapes: Shape) -> Shape:
        """Return the shape of a vector of `units`."""
        return (self.units,)

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return weights [units, inputs] and biases."""
        fan_in = size(shapes[0])
        weight = Parameter("weight", "weight", (self.units, fan_in), None, fan_in, self.units)
        return (weight, Parameter("bias", "bias", (self.units,))) if self.bias else (weight,)

    def multiply_adds(self, *shapes: Shape) -> int:
        """Return the number of weights, each of which is used once."""
        return size(shapes[0]) * self.units

    def before(self, *shapes: Shape) -> Mapping[str, nn.Module]:
        """Return a module that flattens maps to a vector."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return {"_flatten": nn.Flatten()} if len(shapes[0]) > 1 else {}

    def module(self, *shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.Linear(size(shapes[0]), self.units, bias=self.bias)
