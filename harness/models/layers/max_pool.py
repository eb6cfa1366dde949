"""Max-pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape
from harness.models.layers.windows import pooled

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class MaxPool(Layer):
    """Max-pooling over `size` x `size` windows `stride` apart, without padding.

    With `cover`, a last window that hangs over the edge sees what there is of it, so that every position is in one;
    without, positions that fill no window are left out. The stride is at most the size.
    """

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    size: int
    stride: int
    cover: bool = False

    def output(self, *shapes: Shape) -> Shape:
        """Maps of (side - size) / stride + 1, the quotient rounded up with `cover`, else down."""
        return pooled(self.name, shapes[0], self.size, self.stride, cover=self.cover)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Torch's."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.MaxPool2d(self.size, self.stride, ceil_mode=self.cover)
