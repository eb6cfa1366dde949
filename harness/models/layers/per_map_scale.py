"""Layer kind: a fixed factor and a fixed constant for each map, such as another program's units of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class PerMapScale(Layer):
    """Each map times its own factor plus its own constant; nothing is learned.

    Use it before the first convolution of a net whose weights were learned on pixels in other units.
    """

    mixes_images: ClassVar[bool] = False

    name: str
    factors: tuple[float, ...]
    plus: tuple[float, ...]

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input. Raises ValueError if it has another number of maps than there are factors."""
        maps = map_of(self.name, shapes[0])[0]
        if not maps == len(self.factors) == len(self.plus):
            raise ValueError(
                f"layer {self.name}: {len(self.factors)} factors and {len(self.plus)} constants for {maps} maps"
            )
        return shapes[0]

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return a module that multiplies and adds."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.Applied(partial(_scaled, factors=self.factors, plus=self.plus))


def _scaled(x: Tensor, *, factors: tuple[float, ...], plus: tuple[float, ...]) -> Tensor:
    import torch  # noqa: PLC0415 - networks are planned without torch

    both = torch.tensor((factors, plus), dtype=x.dtype, device=x.device)[..., None, None]
    return x * both[0] + both[1]
