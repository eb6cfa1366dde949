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

FULL_INPUT: tuple[int, int, int] = (3, 224, 224)  # section 3

Rectifier = Literal["relu", "leaky", "prelu_shared", "prelu_channel"]

SLOPES: dict[Rectifier, float] = {"relu": 0.0, "leaky": 0.01, "prelu_shared": 0.25, "prelu_channel": 0.25}
"""Of the negative part, for PReLU at the start (section 2.1); relu has none."""

NO_PAD: Padding = (0, 0, 0, 0)
SAME_3: Padding = (1, 1, 1, 1)

SMALL_STEM = Stem(kernel=7, stride=2, pad=NO_PAD)  # Table 1
LARGE_STEM = Stem(kernel=7, stride=2, pad=(3, 3, 3, 3))  # Table 3
SMALL_LEVELS = (6, 3, 2, 1)  # Table 1
LARGE_LEVELS = (7, 3, 2, 1)  # Table 3


class _Rectified(Net, ABC):
    """What the nets of the paper share: one kind of rectifier after every layer but the last, and three last layers."""

    width: float = Field(1.0, gt=0, le=100)
    """Multiplies the filters and units of every layer but the last; each is rounded to an even number."""
    activation: Rectifier = "relu"
    """prelu_shared learns a slope for each layer, prelu_channel for each filter or unit (section 2.1)."""
    slope: float | None = None
    """The slope of leaky, the first slope of PReLU; the paper's 0.01 and 0.25 when left out (section 2.1)."""
    dropout: float = Field(0.5, ge=0, lt=1)  # section 3, on fc1 and fc2
    without_pools: tuple[str, ...] = ()
    """Pooling layers left out, for images so small that a map would vanish."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]]
    """The geometry at the paper's own size, of the fields that a net has."""
    hidden_feature: ClassVar[str] = "fc2.activation"
    """The last hidden layer."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """No layer with weights can be left out."""

    @field_validator("slope")
    @classmethod
    def _relu_has_no_slope(cls, slope: float | None, info: ValidationInfo) -> float | None:
        if slope is not None and info.data.get("activation") == "relu":
            raise ValueError("relu has no slope; leaky, prelu_shared and prelu_channel have one")
        return slope

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """The chain from image to logits; raises ValueError where `without_pools` names no pooling layer."""
        chain = (*self._maps(), *self._hidden("fc1"), *self._hidden("fc2"), Linear("fc3", classes))
        pools = [layer.name for layer in chain if layer.kind_name == "max_pool"]
        unknown = sorted(set(self.without_pools) - set(pools))
        if unknown:
            raise ValueError(f"without_pools: no pooling layer {', '.join(unknown)}; there are {', '.join(pools)}")
        return tuple(layer for layer in chain if layer.name not in self.without_pools)

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """The same net at the paper's own width, geometry and input."""
        printed = {name: value for name, value in self.PRINTED.items() if getattr(self, name) is not None}
        full = self.model_copy(update={"width": 1.0, "without_pools": (), **printed})
        return tuple(trace(full.layers(classes), FULL_INPUT))

    @abstractmethod
    def _maps(self) -> Iterator[Layer]:
        """The convolutions and what lies between them, up to the vector that fc1 sees."""

    def _conv(self, name: str, filters: int, kernel: int, pad: Padding, *, stride: int = 1) -> Iterator[Layer]:
        yield Conv(name, scaled(filters, self.width), kernel, stride, pad)
        yield self._rectifier(name)

    def _hidden(self, name: str) -> Iterator[Layer]:
        yield Linear(name, scaled(4096, self.width))  # Tables 1 and 3
        yield self._rectifier(name)
        if self.dropout:
            yield Dropout(f"{name}.dropout", self.dropout)

    def _rectifier(self, name: str) -> Activation:
        slope = SLOPES[self.activation] if self.slope is None else self.slope
        return Activation(self.activation, f"{name}.activation", slope)


class PreluSmall(_Rectified):
    """Model E, the small model of Table 1: eleven convolutions and three fully connected layers, or more or fewer."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]] = {"stem": SMALL_STEM, "levels": SMALL_LEVELS}

    name: Literal["prelu_small"] = "prelu_small"
    stem: Stem = SMALL_STEM
    """Of conv1. Without padding its maps are 109 and, after pool1, 36 wide, as the paper's reference says."""
    padding: Literal["alternate", "one_side"] = "alternate"
    """Of the 2 x 2 convolutions; the paper leaves it open. alternate: a zero on every side of a stage's first, third,
    ... layer, none for the others, so that maps are 37, 36, 37, 36 wide; one_side: one on the right and below."""
    stage2: int = Field(4, ge=1, le=4)
    """Layers conv2_1, conv2_2, ...; the paper's is 4, fewer make a shallower net."""
    stage3: int = Field(6, ge=1, le=6)
    """Layers conv3_1, conv3_2, ...; the paper's is 6, fewer make a shallower net."""
    extra: int = Field(0, ge=0, le=16)
    """Further layers like conv3_6, up to the 30-layer net of section 2.2; that they follow conv3_6 is a guess."""
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


class PreluLarge(_Rectified):
    """Models A, B and C of Table 3: a wide first layer, three stages of 3 x 3 convolutions, a spatial pyramid."""

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
    """Of conv1; the padding follows from the maps of 112."""
    extra: Literal[0, 3, 6, 9] = 0
    """Layers added to model B (section 2.3); that each stage gets a third of them is a guess."""
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


class Vgg(_Rectified):
    """The nets of the VGG team that the paper speaks of: VGG-19 (Table 3) and their model B (section 2.2)."""

    STAGES: ClassVar[dict[str, tuple[tuple[int, int], ...]]] = {
        "vgg19": ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)),
        "vgg_b": ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)),
    }
    """Layers and filters of the stages on maps of 224, 112, 56, 28 and 14."""

    PRINTED: ClassVar[dict[str, Stem | tuple[int, ...]]] = {"levels": LARGE_LEVELS}

    name: Literal["vgg"] = "vgg"
    variant: Literal["vgg19", "vgg_b"]
    levels: Levels | None = None
    """A spatial pyramid in the place of pool5; [7, 3, 2, 1] gives the authors' reproduction of VGG-19 (section 2.3)."""

    @property
    def last_map(self) -> str | None:
        """The layer on whose maps windows slide in a dense test; none without a pyramid."""
        return f"conv5_{self.STAGES[self.variant][-1][0]}.activation" if self.levels else None

    def _maps(self) -> Iterator[Layer]:
        for stage, (count, filters) in enumerate(self.STAGES[self.variant], 1):
            for index in range(1, count + 1):
                yield from self._conv(f"conv{stage}_{index}", filters, 3, SAME_3)
            if stage < 5 or self.levels is None:
                yield MaxPool(f"pool{stage}", 2, 2)
        if self.levels is not None:
            yield PyramidPool("spp", self.levels)
