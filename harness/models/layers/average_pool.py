"""Average pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape
from harness.models.layers.windows import pooled

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class AveragePool(Layer):
    """The same windows as `MaxPool`, each giving the mean of the positions of the map that it sees."""

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    size: int
    stride: int
    cover: bool = False

    def output(self, *shapes: Shape) -> Shape:
        """As `MaxPool`."""
        return pooled(self.name, shapes[0], self.size, self.stride, cover=self.cover)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Torch's."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.AvgPool2d(self.size, self.stride, ceil_mode=self.cover)
