"""Layer kind: response normalisation within a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape, map_of

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class SpatialNorm(Layer):
    """Response normalisation over `size` x `size` positions of the same map; windows end at the map's borders.

    b = a / (k + alpha sum a^2)^beta, with the sum over the window around a position. A window of even size reaches one
    position further up and to the left. No mean is subtracted.
    """

    mixes_images: ClassVar[bool] = False

    name: str
    k: float
    size: int
    alpha: float
    beta: float

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input, which must be a map."""
        return map_of(self.name, shapes[0])

    @property
    def constants(self) -> Mapping[str, float]:
        """The constants of the formula."""
        return {name: float(getattr(self, name)) for name in ("k", "size", "alpha", "beta")}

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return `modules.SpatialNorm`."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.SpatialNorm(k=self.k, size=self.size, alpha=self.alpha, beta=self.beta)
