"""Layer kind: average pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape
from harness.models.layers.windows import pooled

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class AveragePool(Layer):
    """The mean of each window of a map, over the positions within the map; windows are those of `MaxPool`."""

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    size: int
    stride: int
    cover: bool = False

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape as `MaxPool` does."""
        return pooled(self.name, shapes[0], self.size, self.stride, cover=self.cover)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return torch's module."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.AvgPool2d(self.size, self.stride, ceil_mode=self.cover)
