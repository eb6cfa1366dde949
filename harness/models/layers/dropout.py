"""Dropout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.models.layers.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Dropout in AlexNet's form (section 4.2): zero with probability `p` in training, multiply by 1 - p at test."""

    mixes_images: ClassVar[bool] = False
    """Its module draws for the whole of a batch that comes in parts (`modules.Drawing`)."""
    noise = True
    overwrites = True

    name: str
    p: float

    def output(self, *shapes: Shape) -> Shape:
        """That of the input."""
        return shapes[0]

    @property
    def constants(self) -> Mapping[str, float]:
        """The probability."""
        return {"": self.p}

    def module(self, *_shapes: Shape) -> nn.Module:
        """Ours."""
        from harness.models import modules  # noqa: PLC0415 - networks are planned without torch

        return modules.PaperDropout(self.p)
