"""Layer kind that sums several layers, as at the end of a shortcut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Add(Layer):
    """The elementwise sum of two or more inputs.

    An identity shortcut names an earlier layer among its `inputs`. Where shapes differ, that layer first goes through a
    `ZeroPadded` (He et al. 2015, section 4.2, option A) or a convolution of 1 x 1 (options B and C).
    """

    mixes_images: ClassVar[bool] = False
    several = True

    name: str

    def output(self, *shapes: Shape) -> Shape:
        """Return the common shape of the inputs. Raises ValueError if they differ."""
        if len(set(shapes)) > 1:
            raise ValueError(f"layer {self.name}: {' and '.join(map(str, shapes))} cannot be added, for they differ")
        return shapes[0]

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return a module that sums from the first input to the last."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.Applied(_sum)


def _sum(first: Tensor, *others: Tensor) -> Tensor:
    for other in others:
        first = first + other
    return first
