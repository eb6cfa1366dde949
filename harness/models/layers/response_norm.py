"""Layer kind: local response normalisation across maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class ResponseNorm(Layer):
    """Local response normalisation across maps, by AlexNet's printed formula (section 3.3).

    `per_group` > 1 splits the maps into that many groups; a neighbourhood ends at the border of its group.
    """

    mixes_images: ClassVar[bool] = False

    name: str
    k: float
    n: int
    alpha: float
    beta: float
    per_group: int = 1

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input. Raises ValueError if the groups do not divide its maps."""
        if shapes[0][0] % self.per_group:
            raise ValueError(f"layer {self.name}: {self.per_group} groups do not divide {shapes[0][0]} maps")
        return shapes[0]

    @property
    def constants(self) -> Mapping[str, float]:
        """The constants of the formula."""
        return {name: float(getattr(self, name)) for name in ("k", "n", "alpha", "beta")}

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return `modules.ResponseNorm`."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.ResponseNorm(k=self.k, n=self.n, alpha=self.alpha, beta=self.beta, groups=self.per_group)
