"""Response normalisation within a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class SpatialNorm(Layer):
    """Response normalisation over `size` x `size` places of the same map, which ends at its borders.

    b = a / (k + alpha sum a^2)^beta, the sum over the window around a place; of an even size it reaches one place
    further up and to the left. No mean is subtracted.
    """

    mixes_images: ClassVar[bool] = False

    name: str
    k: float
    size: int
    alpha: float
    beta: float

    def output(self, *shapes: Shape) -> Shape:
        """That of the input, a map."""
        return map_of(self.name, shapes[0])

    @property
    def constants(self) -> Mapping[str, float]:
        """Those of the formula."""
        return {name: float(getattr(self, name)) for name in ("k", "size", "alpha", "beta")}

    def module(self, *_shapes: Shape) -> nn.Module:
        """Ours."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.SpatialNorm(k=self.k, size=self.size, alpha=self.alpha, beta=self.beta)
