"""The convolution."""

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
    """A convolution: `filters` square kernels, with a bias each or without, that see 1/`groups` of the input maps."""

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
        """The (channels, height, width) that comes out, by floor division."""
        (shape,) = shapes
        maps, groups = shape[0], self.groups
        if maps % groups or self.filters % groups:
            raise ValueError(
                f"layer {self.name}: {groups} groups do not divide {maps} input maps and {self.filters} filters"
            )
        return (self.filters, *convolved(self.name, shape, self.kernel, self.stride, self.pad))

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """The kernels and biases."""
        maps, area = shapes[0][0] // self.groups, self.kernel**2
        fans = maps * area, area * self.filters // self.groups
        weight = Parameter("weight", "weight", (self.filters, maps, self.kernel, self.kernel), None, *fans)
        return (weight, Parameter("bias", "bias", (self.filters,))) if self.bias else (weight,)

    def multiply_adds(self, *shapes: Shape) -> int:
        """The connections of every response."""
        return self.parameters(*shapes)[0].fan_in * size(self.output(*shapes))

    def kernels(self, *_shapes: Shape) -> Kernels:
        """Its own."""
        return Kernels(self.filters, self.kernel, self.stride, self.groups)

    def before(self, *_shapes: Shape) -> Mapping[str, nn.Module]:
        """Zeros that differ by side."""
        return zeros_around(self.pad)

    def module(self, *shapes: Shape) -> nn.Module:
        """Torch's."""
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
