"""Layer kind: spatial pyramids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class PyramidPool(Layer):
    """Spatial pyramid max-pooling: level x level bins for each level, concatenated to one vector."""

    mixes_images: ClassVar[bool] = False
    in_equations = "passes"

    name: str
    levels: tuple[int, ...]

    @property
    def pyramid(self) -> tuple[int, ...]:
        """The levels."""
        return self.levels

    @property
    def bins(self) -> int:
        """Number of bins of all levels together."""
        return sum(level**2 for level in self.levels)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of a vector of channels x bins."""
        return (map_of(self.name, shapes[0])[0] * self.bins,)

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return `modules.PyramidPool`."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.PyramidPool(self.levels)
