"""Layer kind: dropout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Dropout in AlexNet's form (section 4.2): zero with probability `p` in training, multiply by 1 - p in tests.

    `rescaled` selects the form of Caffe and torch: divide the kept values by 1 - p in training and change nothing in
    tests.
    """

    mixes_images: ClassVar[bool] = False
    """False, because the module draws for a whole batch even if the batch comes in parts (`modules.Drawing`)."""
    noise = True
    overwrites = True

    name: str
    p: float
    rescaled: bool = False

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the input."""
        return shapes[0]

    @property
    def constants(self) -> Mapping[str, float]:
        """The probability `p`."""
        return {"": self.p}

    def module(self, *_shapes: Shape) -> nn.Module:
        """Return `PaperDropout`."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.PaperDropout(self.p, rescaled=self.rescaled)
