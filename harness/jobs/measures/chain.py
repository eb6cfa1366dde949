"""The equations' own net: convolutions with one rectifier after each and nothing between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from harness.models.layers import Activation, Conv, Layer, Traced
from harness.models.rectifier import Rectifier
from harness.models.registered import Net


class Chain(Net):
    """A stack of convolutions `conv1`, `conv2`, ... without pooling, for measurements only; it cannot be trained.

    Without padding, eq. 9 holds for every response and eq. 13 for the sum of every map (PReLU section 2.2).
    """

    name: Literal["chain"]
    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    """Of each layer in turn."""
    kernel: PositiveInt = 3
    pad: NonNegativeInt = 0
    """Zeros on every side."""
    activation: Rectifier = "relu"
    slope: float = 0.0
    """The (initial) coefficient of the negative part."""

    left_out: ClassVar[tuple[str, ...]] = ()
    """No layer is."""

    def layers(self, _classes: int) -> tuple[Layer, ...]:
        """The chain from image to the last rectified maps; it ends in no classes."""
        return tuple(self._layers())

    def full_size(self, _classes: int) -> tuple[Traced, ...]:
        """No paper prints a standard deviation for this net."""
        return ()

    def _layers(self) -> Iterator[Layer]:
        for index, filters in enumerate(self.filters, start=1):
            yield Conv(f"conv{index}", filters, self.kernel, pad=(self.pad,) * 4)
            yield Activation(self.activation, f"conv{index}.{self.activation}", self.slope)
