"""The spatial pyramid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class PyramidPool(Layer):
    """Spatial pyramid max-pooling into level x level bins for each level, concatenated."""

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    levels: tuple[int, ...]

    @property
    def pyramid(self) -> tuple[int, ...]:
        """Its levels."""
        return self.levels

    @property
    def bins(self) -> int:
        """Bins of all levels together."""
        return sum(level**2 for level in self.levels)

    def output(self, *shapes: Shape) -> Shape:
        """A vector of channels x bins."""
        return (map_of(self.name, shapes[0])[0] * self.bins,)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Ours."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.PyramidPool(self.levels)
