"""Layer kind: convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Kernels, Layer, Padding, Parameter, Shape, size
from harness.models.layers.windows import convolved, own_padding, zeros_around

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Conv(Layer):
    """A convolution of `filters` square kernels, each of which sees one of `groups` equal parts of the input maps."""

    mixes_images: ClassVar[bool] = False
    family = "convolution"
    in_equations = "weights"

    name: str
    filters: int
    kernel: int
    stride: int = 1
    pad: Padding = (0, 0, 0, 0)
    groups: int = 1
    bias: bool = True

    def output(self, *shapes: Shape) -> Shape:
        """Return (filters, height, width) by floor division.

        Raises ValueError if groups do not divide maps and filters.
        """
        (shape,) = shapes
        maps, groups = shape[0], self.groups
        if maps % groups or self.filters % groups:
            raise ValueError(
                f"layer {self.name}: {groups} groups do not divide {maps} input maps and {self.filters} filters"
            )
        return (self.filters, *convolved(self.name, shape, self.kernel, self.stride, self.pad))

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return the kernels and biases."""
        maps, area = shapes[0][0] // self.groups, self.kernel**2
        fans = maps * area, area * self.filters // self.groups
        weight = Parameter("weight", "weight", (self.filters, maps, self.kernel, self.kernel), None, *fans)
        return (weight, Parameter("bias", "bias", (self.filters,))) if self.bias else (weight,)

    def multiply_adds(self, *shapes: Shape) -> int:
        """Return the number of connections of all responses."""
        return self.parameters(*shapes)[0].fan_in * size(self.output(*shapes))

    def kernels(self, *_shapes: Shape) -> Kernels:
        """Return the kernels' number, side, stride and groups."""
        return Kernels(self.filters, self.kernel, self.stride, self.groups)

    def before(self, *_shapes: Shape) -> Mapping[str, nn.Module]:
        """Return a module that adds zeros, if they differ by side."""
        return zeros_around(self.pad)

    def module(self, *shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.Conv2d(
            shapes[0][0],
            self.filters,
            self.kernel,
            stride=self.stride,
            padding=own_padding(self.pad),
            groups=self.groups,
            bias=self.bias,
        )
