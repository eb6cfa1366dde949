"""Layer kind: shortcuts without parameters between maps of different sizes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class ZeroPadded(Layer):
    """Every `stride`-th row and column of the input's maps, followed by maps of zeros up to `maps` maps in total.

    This is option A of He et al. 2015, section 3.3: "extra zero entries padded for increasing dimensions".
    """

    mixes_images: ClassVar[bool] = False

    name: str
    maps: int
    stride: int = 1

    def output(self, *shapes: Shape) -> Shape:
        """Return (maps, height / stride, width / stride), rounded up.

        Raises ValueError if the input has more than `maps` maps.
        """
        maps, height, width = map_of(self.name, shapes[0])
        if self.maps < maps:
            raise ValueError(f"layer {self.name}: {maps} maps do not fit in {self.maps}")
        return self.maps, -(-height // self.stride), -(-width // self.stride)

    def module(self, *shapes: Shape) -> nn.Module:
        """Return a slice with torch's padding by zeros."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.Applied(partial(_padded, stride=self.stride, zeros=self.maps - shapes[0][0]))


def _padded(x: Tensor, *, stride: int, zeros: int) -> Tensor:
    import torch.nn.functional as F  # noqa: PLC0415 - networks are planned without torch

    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, zeros))
