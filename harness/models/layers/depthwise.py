"""Layer kind: depthwise convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.conv import Conv
from harness.models.layers.layer import Kernels, Layer, Padding, Parameter, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Depthwise(Layer):
    """A convolution with `multiplier` kernels for each input map, which see only that map."""

    mixes_images: ClassVar[bool] = False
    family = "convolution"
    in_equations = "weights"

    name: str
    kernel: int
    stride: int = 1
    pad: Padding = (0, 0, 0, 0)
    multiplier: int = 1
    bias: bool = True

    def output(self, *shapes: Shape) -> Shape:
        """Return (channels, height, width) by floor division."""
        return self._conv(shapes[0]).output(*shapes)

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return the kernels and biases."""
        return self._conv(shapes[0]).parameters(*shapes)

    def multiply_adds(self, *shapes: Shape) -> int:
        """Return the number of connections of all responses."""
        return self._conv(shapes[0]).multiply_adds(*shapes)

    def kernels(self, *shapes: Shape) -> Kernels:
        """Return the kernels' number, side, stride and groups."""
        return self._conv(shapes[0]).kernels(*shapes)

    def before(self, *shapes: Shape) -> Mapping[str, nn.Module]:
        """Return a module that adds zeros, if they differ by side."""
        return self._conv(shapes[0]).before(*shapes)

    def module(self, *shapes: Shape) -> nn.Module:
        """Return torch's convolution with as many groups as input maps."""
        return self._conv(shapes[0]).module(*shapes)

    def _conv(self, shape: Shape) -> Conv:
        maps = shape[0]
        return Conv(self.name, maps * self.multiplier, self.kernel, self.stride, self.pad, maps, self.bias)
