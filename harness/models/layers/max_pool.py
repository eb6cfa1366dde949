"""Layer kind: max-pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape
from harness.models.layers.windows import pooled

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class MaxPool(Layer):
    """Max-pooling over `size` x `size` windows `stride` apart, without padding. The stride is at most the size.

    With `cover`, a last window may extend over the edge and sees the positions within the map, so that every position
    is covered. Without it, positions that fill no window are left out.
    """

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    size: int
    stride: int
    cover: bool = False

    def output(self, *shapes: Shape) -> Shape:
        """Return maps of side (side - size) / stride + 1, the quotient rounded up with `cover`, else down."""
        return pooled(self.name, shapes[0], self.size, self.stride, cover=self.cover)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.MaxPool2d(self.size, self.stride, ceil_mode=self.cover)
