"""The parameters by which a paper's net shrinks to small images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt

from harness.models.layers import Padding
from harness.strict import Strict


class Stem(Strict):
    """Geometry of a net's first convolution, the only layer that depends on the size of the image."""

    kernel: int = Field(ge=1)
    stride: int = Field(ge=1)
    pad: Padding
    """Zeros (left, right, top, bottom)."""


Levels = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
"""Levels of a spatial pyramid: the bins along a side at each level."""


def scaled(units: int, width: float) -> int:
    """Multiply a number of kernels or units by the width and round to an even number, so that two groups divide it.

    >>> scaled(96, 0.25)
    24
    """
    return max(2, 2 * round(units * width / 2))
