"""The net that the PReLU paper's equations describe: convolutions with a rectifier after each and nothing between."""

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
    """Number of filters of each layer."""
    kernel: PositiveInt = 3
    pad: NonNegativeInt = 0
    """Zeros added on every side."""
    activation: Rectifier = "relu"
    slope: float = 0.0
    """Coefficient of the negative part, or its initial value if it is learned."""

    left_out: ClassVar[tuple[str, ...]] = ()
    """Always empty: no variant of the chain lacks a layer."""

    def layers(self, _classes: int) -> tuple[Layer, ...]:
        """Return the layers from the image to the last rectified maps; the chain does not end in classes."""
        return tuple(self._layers())

    def full_size(self, _classes: int) -> tuple[Traced, ...]:
        """Return an empty tuple, because no paper prints a standard deviation for this net."""
        return ()

    def _layers(self) -> Iterator[Layer]:
        for index, filters in enumerate(self.filters, start=1):
            yield Conv(f"conv{index}", filters, self.kernel, pad=(self.pad,) * 4)
            yield Activation(self.activation, f"conv{index}.{self.activation}", self.slope)
