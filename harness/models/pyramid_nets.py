"""Nets of the SPP-net paper (He et al., "Spatial pyramid pooling in deep convolutional networks", 2014), as data.

Written from memory of its Table 1 and sections 3.1 and 4; the text was not at hand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from harness.models.geometry import Levels, Stem, scaled
from harness.models.layers import (
    Activation,
    Conv,
    Dropout,
    Layer,
    Linear,
    MaxPool,
    Padding,
    PyramidPool,
    ResponseNorm,
    Traced,
    trace,
)
from harness.models.registered import Net

FULL_INPUT: tuple[int, int, int] = (3, 224, 224)  # section 3.1

FOUR_LEVELS = (6, 3, 2, 1)  # section 3.1.2: 50 bins

SAME_3: Padding = (1, 1, 1, 1)


class SppNet(Net, ABC):
    """Base class of both nets: convolutions, a spatial pyramid of four levels, and three fully connected layers.

    What the paper leaves open: "the padding is adjusted to produce the expected output feature map size"; the constants
    of normalisation, AlexNet's here; and the form of dropout, AlexNet's here.
    """

    width: float = Field(1.0, gt=0, le=100)
    """Factor for the filters and units of every layer but the last; each result is rounded to an even number."""
    levels: Levels = FOUR_LEVELS
    dropout: float = Field(0.5, ge=0, lt=1)  # section 3.1, on the two fully connected layers
    without_pools: tuple[str, ...] = ()
    """Pooling layers to leave out, for images so small that a map would vanish."""

    FULL_STEM: ClassVar[Stem]
    hidden_feature: ClassVar[str] = "fc2.relu"
    """The last hidden layer."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """Always empty: no layer with weights can be left out."""

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the chain from image to logits. Raises ValueError if `without_pools` names no pooling layer."""
        tail = (PyramidPool("spp", self.levels), *self._hidden("fc1"), *self._hidden("fc2"), Linear("fc3", classes))
        chain = (*self._maps(), *tail)
        if unknown := sorted(set(self.without_pools) - {"pool1", "pool2"}):
            raise ValueError(f"without_pools: no pooling layer {', '.join(unknown)}; there are pool1, pool2")
        return tuple(layer for layer in chain if layer.name not in self.without_pools)

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at the paper's own width, geometry and input."""
        changes = {"width": 1.0, "levels": FOUR_LEVELS, "without_pools": (), "stem": self.FULL_STEM}
        return tuple(trace(self.model_copy(update=changes).layers(classes), FULL_INPUT))

    @abstractmethod
    def _maps(self) -> Iterator[Layer]:
        """Yield the convolutional part, up to the last map."""

    def _conv(self, name: str, filters: int, kernel: int, pad: Padding, stride: int = 1) -> Iterator[Layer]:
        yield Conv(name, scaled(filters, self.width), kernel, stride, pad)
        yield Activation("relu", f"{name}.relu")

    def _hidden(self, name: str) -> Iterator[Layer]:
        yield Linear(name, scaled(4096, self.width))  # section 3.1
        yield Activation("relu", f"{name}.relu")
        if self.dropout:
            yield Dropout(f"{name}.dropout", self.dropout)


class SppZf5(SppNet):
    """ZF-5 with a spatial pyramid in place of pool5 (Table 1): five convolutions, maps of 110, 55, 27 and 13."""

    FULL_STEM: ClassVar[Stem] = Stem(kernel=7, stride=2, pad=SAME_3)

    name: Literal["spp_zf5"] = "spp_zf5"
    stem: Stem = FULL_STEM
    """Geometry of conv1."""
    last_map: ClassVar[str] = "conv5.relu"
    """The layer on whose maps windows slide in a dense test."""

    def _maps(self) -> Iterator[Layer]:
        yield from self._conv("conv1", 96, self.stem.kernel, self.stem.pad, self.stem.stride)
        yield _response_norm("norm1")
        yield MaxPool("pool1", 3, 2, cover=True)
        yield from self._conv("conv2", 256, 5, SAME_3, 2)
        yield _response_norm("norm2")
        yield MaxPool("pool2", 3, 2, cover=True)
        for name, filters in (("conv3", 384), ("conv4", 384), ("conv5", 256)):
            yield from self._conv(name, filters, 3, SAME_3)


class SppOverfeat7(SppNet):
    """Overfeat-7 with a spatial pyramid in place of its last pool (Table 1): maps of 109, 36 and 18."""

    FULL_STEM: ClassVar[Stem] = Stem(kernel=7, stride=2, pad=(0, 0, 0, 0))

    name: Literal["spp_overfeat7"] = "spp_overfeat7"
    stem: Stem = FULL_STEM
    """Geometry of conv1; without padding, maps of 109 become 36 in pool1, as printed."""
    last_map: ClassVar[str] = "conv7.relu"
    """The layer on whose maps windows slide in a dense test."""

    def _maps(self) -> Iterator[Layer]:
        yield from self._conv("conv1", 96, self.stem.kernel, self.stem.pad, self.stem.stride)
        yield MaxPool("pool1", 3, 3)
        yield _response_norm("norm1")
        yield from self._conv("conv2", 256, 5, (2, 2, 2, 2))
        yield MaxPool("pool2", 2, 2)
        for number in range(3, 8):
            yield from self._conv(f"conv{number}", 512, 3, SAME_3)


def _response_norm(name: str) -> ResponseNorm:
    return ResponseNorm(name, k=2.0, n=5, alpha=1e-4, beta=0.75)  # AlexNet section 3.3
