"""Layer kind: convolutions without shared weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Padding, Parameter, Shape, size
from harness.models.layers.windows import convolved, own_padding, zeros_around

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Local(Layer):
    """A convolution without shared weights: every position has its own `filters` kernels and biases, over all maps."""

    mixes_images: ClassVar[bool] = False
    family = "local"

    name: str
    filters: int
    kernel: int
    stride: int = 1
    pad: Padding = (0, 0, 0, 0)

    def output(self, *shapes: Shape) -> Shape:
        """Return (filters, height, width) by floor division."""
        return (self.filters, *convolved(self.name, shapes[0], self.kernel, self.stride, self.pad))

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return the kernels and biases of every position, in the layout of `modules.Local`."""
        filters, *sides = self.output(*shapes)
        fans = self.kernel**2 * shapes[0][0], self.kernel**2 * self.filters
        weight = Parameter("weight", "weight", (size(tuple(sides)), filters, fans[0]), None, *fans)
        return weight, Parameter("bias", "bias", (filters, *sides))

    def multiply_adds(self, *shapes: Shape) -> int:
        """Return the number of connections of all responses."""
        return self.parameters(*shapes)[0].size

    def before(self, *_shapes: Shape) -> Mapping[str, nn.Module]:
        """Return a module that adds zeros, if they differ by side."""
        return zeros_around(self.pad)

    def module(self, *shapes: Shape) -> nn.Module:
        """Return `modules.Local`."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        _, rows, columns = self.output(*shapes)
        padding = own_padding(self.pad)
        sizes = shapes[0][0], self.filters, self.kernel
        return modules.Local(*sizes, sides=(rows, columns), stride=self.stride, padding=padding)
