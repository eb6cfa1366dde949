"""Layer kind: layer normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Parameter, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class LayerNorm(Layer):
    """Layer normalisation (Ba, Kiros and Hinton, 2016) over all elements of an image, in training and tests alike.

    A scale and a shift follow for each map, or for each unit of a vector.
    """

    mixes_images: ClassVar[bool] = False

    name: str
    eps: float = 1e-5

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input."""
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """Return scales that start at one and shifts that start at zero."""
        maps = shapes[0][:1]
        return Parameter("weight", "scale", maps, 1.0), Parameter("bias", "shift", maps, 0.0)

    @property
    def constants(self) -> Mapping[str, float]:
        """The constant added to the variance."""
        return {"eps": self.eps}

    def module(self, *shapes: Shape) -> nn.Module:
        """Return torch's group normalisation with one group, which is the same."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.GroupNorm(1, shapes[0][0], self.eps)
