"""Layer kind: max-pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of
from harness.models.layers.windows import pooled

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class MaxPool(Layer):
    """Max-pooling over `size` x `size` windows `stride` apart. The stride is at most the size.

    With `cover`, a last window may extend over the edge and sees the positions within the map, so that every position
    is covered. Without it, positions that fill no window are left out. With `pad`, the first and last windows extend
    over the edge by that many positions, as in a pooling that keeps the side of its maps.
    """

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    size: int
    stride: int
    cover: bool = False
    pad: int = 0
    """Positions beyond each edge that windows reach; at most half the size, and not together with `cover`."""

    def output(self, *shapes: Shape) -> Shape:
        """Return maps of side (side + 2 pad - size) / stride + 1, the quotient rounded up with `cover`, else down.

        Raises ValueError for a `pad` beyond half the size, or one together with `cover`.
        """
        if self.pad and (self.cover or not 0 < self.pad <= self.size // 2):
            raise ValueError(f"layer {self.name}: pad is at most half the size of {self.size}, and not with cover")
        maps, height, width = map_of(self.name, shapes[0])
        wider = (maps, height + 2 * self.pad, width + 2 * self.pad)
        return pooled(self.name, wider, self.size, self.stride, cover=self.cover)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.MaxPool2d(self.size, self.stride, padding=self.pad, ceil_mode=self.cover)
