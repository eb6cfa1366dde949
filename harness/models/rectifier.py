"""The nets of the PReLU paper (2015), as data: the small model E, the large models A, B and C, and VGG's to compare."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

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
    Traced,
    trace,
)
from harness.models.registered import Net
from harness.models.torchvision_pixels import torchvision_units
from harness.strict import Grown

FULL_INPUT: tuple[int, int, int] = (3, 224, 224)  # section 3

Rectifier = Literal["relu", "leaky", "prelu_shared", "prelu_channel"]

SLOPES: dict[Rectifier, float] = {"relu": 0.0, "leaky": 0.01, "prelu_shared": 0.25, "prelu_channel": 0.25}
"""Slopes of the negative part (section 2.1); for PReLU the first value. relu has none."""

NO_PAD: Padding = (0, 0, 0, 0)
SAME_3: Padding = (1, 1, 1, 1)

SMALL_STEM = Stem(kernel=7, stride=2, pad=NO_PAD)  # Table 1
LARGE_STEM = Stem(kernel=7, stride=2, pad=(3, 3, 3, 3))  # Table 3
SMALL_LEVELS = (6, 3, 2, 1)  # Table 1
LARGE_LEVELS = (7, 3, 2, 1)  # Table 3


class Rectified(Net, Grown, ABC):
    """Base class of the paper's nets: one kind of rectifier after every layer but the last, and three last layers."""

    width: float = Field(1.0, gt=0, le=100)
    """Factor for the filters and units of every layer but the last; each result is rounded to an even number."""
    activation: Rectifier = "relu"
    """prelu_shared learns one slope for each layer, prelu_channel one for each filter or unit (section 2.1)."""
    slope: float | None = None
    """Slope of leaky, or first slope of PReLU; by default the paper's 0.01 and 0.25 (section 2.1)."""
    dropout: float = Field(0.5, ge=0, lt=1)  # section 3, on fc1 and fc2
    dropout_form: Literal["at_test", "rescaled"] = "at_test"
    """at_test: outputs are multiplied by 1 - p in tests, as in AlexNet (its section 4.2); rescaled: kept values are
    divided by 1 - p in training, as in Caffe, on which the authors built. The paper prints neither."""
    without_pools: tuple[str, ...] = ()
    """Pooling layers to leave out, for images so small that a map would vanish."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]]
    """Geometry at the paper's own size, by field."""
    hidden_feature: ClassVar[str] = "fc2.activation"
    """The last hidden layer."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """Always empty: no layer with weights can be left out."""

    @field_validator("slope")
    @classmethod
    def _relu_has_no_slope(cls, slope: float | None, info: ValidationInfo) -> float | None:
        if slope is not None and info.data.get("activation") == "relu":
            raise ValueError("relu has no slope; leaky, prelu_shared and prelu_channel have one")
        return slope

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the chain from image to logits. Raises ValueError if `without_pools` names no pooling layer."""
        chain = (*self._maps(), *self._hidden("fc1"), *self._hidden("fc2"), Linear("fc3", classes))
        pools = [layer.name for layer in chain if layer.kind_name == "max_pool"]
        unknown = sorted(set(self.without_pools) - set(pools))
        if unknown:
            raise ValueError(f"without_pools: no pooling layer {', '.join(unknown)}; there are {', '.join(pools)}")
        return tuple(layer for layer in chain if layer.name not in self.without_pools)

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at the paper's own width, geometry and input."""
        printed = {name: value for name, value in self.PRINTED.items() if getattr(self, name) is not None}
        full = self.model_copy(update={"width": 1.0, "without_pools": (), **printed})
        return tuple(trace(full.layers(classes), FULL_INPUT))

    @abstractmethod
    def _maps(self) -> Iterator[Layer]:
        """Yield the convolutional part, up to the vector that fc1 sees."""

    def _conv(self, name: str, filters: int, kernel: int, pad: Padding, *, stride: int = 1) -> Iterator[Layer]:
        yield Conv(name, scaled(filters, self.width), kernel, stride, pad)
        yield self._rectifier(name)

    def _hidden(self, name: str) -> Iterator[Layer]:
        yield Linear(name, scaled(4096, self.width))  # Tables 1 and 3
        yield self._rectifier(name)
        if self.dropout:
            yield Dropout(f"{name}.dropout", self.dropout, rescaled=self.dropout_form == "rescaled")

    def _rectifier(self, name: str) -> Activation:
        slope = SLOPES[self.activation] if self.slope is None else self.slope
        return Activation(self.activation, f"{name}.activation", slope)


class PreluSmall(Rectified):
    """Model E, the small model of Table 1: eleven convolutions, or more or fewer, and three fully connected layers."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]] = {"stem": SMALL_STEM, "levels": SMALL_LEVELS}

    name: Literal["prelu_small"] = "prelu_small"
    stem: Stem = SMALL_STEM
    """Geometry of conv1. Without padding its maps are 109 wide and, after pool1, 36, as the paper's reference says."""
    padding: Literal["alternate", "one_side"] = "alternate"
    """Padding of the 2 x 2 convolutions, which the paper leaves open. alternate: a zero on every side of a stage's
    first, third, ... layer and none for the others, so that maps are 37, 36, 37, 36 wide; one_side: one on the right
    and below."""
    stage2: int = Field(4, ge=1, le=4)
    """Number of layers conv2_1, conv2_2, ...; 4 in the paper, fewer for a shallower net."""
    stage3: int = Field(6, ge=1, le=6)
    """Number of layers conv3_1, conv3_2, ...; 6 in the paper, fewer for a shallower net."""
    extra: int = Field(0, ge=0, le=16)
    """Number of further layers like conv3_6, up to the 30-layer net of section 2.2; their place after it is a guess."""
    levels: Levels = SMALL_LEVELS

    @field_validator("extra")
    @classmethod
    def _extra_layers_come_last(cls, extra: int, info: ValidationInfo) -> int:
        if extra and info.data.get("stage3") != 6:
            raise ValueError("further layers follow conv3_6; leave stage3 at 6 with them")
        return extra

    @property
    def last_map(self) -> str:
        """The layer on whose maps windows slide in a dense test (section 3)."""
        return f"conv3_{self.stage3 + self.extra}.activation"

    def _maps(self) -> Iterator[Layer]:
        yield from self._conv("conv1", 64, self.stem.kernel, self.stem.pad, stride=self.stem.stride)
        yield MaxPool("pool1", 3, 3)
        yield from self._stage(2, self.stage2, 128)
        yield MaxPool("pool2", 2, 2)
        yield from self._stage(3, self.stage3 + self.extra, 256)
        yield PyramidPool("spp", self.levels)

    def _stage(self, number: int, count: int, filters: int) -> Iterator[Layer]:
        for index in range(count):
            alternate = SAME_3 if index % 2 == 0 else NO_PAD
            pad = alternate if self.padding == "alternate" else (0, 1, 0, 1)
            yield from self._conv(f"conv{number}_{index + 1}", filters, 2, pad)


class PreluLarge(Rectified):
    """Models A, B and C of Table 3: a wide first layer, three stages of 3 x 3 convolutions, and a spatial pyramid."""

    STAGES: ClassVar[dict[str, tuple[tuple[int, int], ...]]] = {
        "a": ((5, 256), (5, 512), (5, 512)),
        "b": ((6, 256), (6, 512), (6, 512)),
        "c": ((6, 384), (6, 768), (6, 896)),
    }
    """Layers and filters of the stages on maps of 56, 28 and 14 (Table 3)."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]] = {"stem": LARGE_STEM, "levels": LARGE_LEVELS}

    name: Literal["prelu_large"] = "prelu_large"
    variant: Literal["a", "b", "c"]
    stem: Stem = LARGE_STEM
    """Geometry of conv1; its padding follows from the maps of 112."""
    extra: Literal[0, 3, 6, 9] = 0
    """Number of layers added to model B (section 2.3); that each stage gets a third of them is a guess."""
    levels: Levels = LARGE_LEVELS

    @field_validator("extra")
    @classmethod
    def _extra_layers_are_for_b(cls, extra: int, info: ValidationInfo) -> int:
        if extra and info.data.get("variant") != "b":
            raise ValueError("layers are added to model b only (section 2.3)")
        return extra

    @property
    def last_map(self) -> str:
        """The layer on whose maps windows slide in a dense test (section 3)."""
        return f"conv4_{self.STAGES[self.variant][-1][0] + self.extra // 3}.activation"

    def _maps(self) -> Iterator[Layer]:
        yield from self._conv("conv1", 96, self.stem.kernel, self.stem.pad, stride=self.stem.stride)
        for stage, (count, filters) in enumerate(self.STAGES[self.variant], 2):
            yield MaxPool(f"pool{stage - 1}", 2, 2)
            for index in range(1, count + self.extra // 3 + 1):
                yield from self._conv(f"conv{stage}_{index}", filters, 3, SAME_3)
        yield PyramidPool("spp", self.levels)


class Vgg(Rectified):
    """Nets of the VGG team: VGG-16 and VGG-19 (Simonyan and Zisserman 2014, configurations D and E), and their B.

    The paper gives VGG-19 in Table 3 and mentions model B in section 2.2.
    """

    STAGES: ClassVar[dict[str, tuple[tuple[int, int], ...]]] = {
        "vgg16": ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)),
        "vgg19": ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)),
        "vgg_b": ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)),
    }
    """Layers and filters of the stages on maps of 224, 112, 56, 28 and 14."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]] = {"levels": LARGE_LEVELS}

    name: Literal["vgg"] = "vgg"
    variant: Literal["vgg16", "vgg19", "vgg_b"]
    levels: Levels | None = None
    """Levels of a spatial pyramid in place of pool5; [7, 3, 2, 1] gives the authors' own VGG-19 (section 2.3). [7] is
    pool5 itself on maps of 14, as a pyramid whose windows can slide in a dense test."""
    pixels: Literal["levels", "torchvision"] = "levels"
    """Units of pixels. levels: those of the data, less the mean; torchvision: these, turned into the units in which
    torchvision's weights were learned."""

    @property
    def last_map(self) -> str | None:
        """The layer on whose maps windows slide in a dense test; None without a pyramid."""
        return f"conv5_{self.STAGES[self.variant][-1][0]}.activation" if self.levels else None

    def _maps(self) -> Iterator[Layer]:
        if self.pixels == "torchvision":
            yield torchvision_units("pixels")
        for stage, (count, filters) in enumerate(self.STAGES[self.variant], 1):
            for index in range(1, count + 1):
                yield from self._conv(f"conv{stage}_{index}", filters, 3, SAME_3)
            if stage < 5 or self.levels is None:
                yield MaxPool(f"pool{stage}", 2, 2)
        if self.levels is not None:
            yield PyramidPool("spp", self.levels)
