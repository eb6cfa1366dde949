"""Layer kind: global average pooling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class GlobalAveragePool(Layer):
    """The mean of each map: a vector with one element for each map, whatever their sides."""

    mixes_images: ClassVar[bool] = False

    name: str

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of a vector of channels."""
        return map_of(self.name, shapes[0])[:1]

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return a plain mean, whose backward is deterministic on CUDA, unlike that of torch's adaptive pooling."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.Applied(_mean)


def _mean(maps: Tensor) -> Tensor:
    return maps.mean((2, 3))
