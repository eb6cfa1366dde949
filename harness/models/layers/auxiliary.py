"""Layer kind: the logits of an auxiliary classifier, whose loss counts in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Auxiliary(Layer):
    """Logits that no later layer takes: their loss, times `weight`, is added to that of the net's output in training.

    Szegedy et al. 2014, section 5: auxiliary classifiers on middle layers, "discarded" at inference. It names the
    layer whose logits it takes among its `inputs`, and the layer after it names its own. The layers that lead to it
    alone take no part in tests.
    """

    mixes_images: ClassVar[bool] = False

    name: str
    weight: float

    @property
    def loss_weight(self) -> float:
        """The weight."""
        return self.weight

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the logits."""
        return shapes[0]

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return torch's identity."""
        from torch import nn  # noqa: PLC0415 - networks are planned without torch

        return nn.Identity()
