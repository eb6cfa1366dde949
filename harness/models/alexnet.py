"""AlexNet (2012), sections 3 and 4.2, as data: the net, its ablations, and its form for small images."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from harness.models.geometry import Stem, scaled
from harness.models.layers import (
    Activation,
    Conv,
    Dropout,
    Layer,
    Linear,
    MaxPool,
    Padding,
    ResponseNorm,
    Traced,
    trace,
)
from harness.models.registered import Net

FULL_INPUT: tuple[int, int, int] = (3, 224, 224)  # section 3.5

FULL_STEM = Stem(kernel=11, stride=4, pad=(0, 3, 0, 3))  # section 3.5; see AlexNet.stem for the zeros

MiddleLayer = Literal["conv2", "conv3", "conv4", "conv5", "fc6"]


class AlexNet(Net):
    """The eight-layer net of the paper: five convolutions and three fully connected layers (section 3.5)."""

    name: Literal["alexnet"] = "alexnet"
    width: float = Field(1.0, gt=0, le=100)
    """Factor for the kernels and units of every layer but the last; each result is rounded to an even number."""
    stem: Stem = FULL_STEM
    """Geometry of conv1. The paper's 224, 11 and 4 give its 55 x 55 maps only with padding; the authors' library
    rounds up, which reads three missing pixels as zero on one side. Views of 227 pixels need none: `pad: [0, 0, 0,
    0]`."""
    groups: Literal[1, 2] = 2
    """2: conv2, conv4 and conv5 see the maps of their own half, as on the paper's two GPUs (section 3.2)."""
    half: bool = False
    """Whether to build the one-GPU net of section 3.2, with half the kernels in conv1 to conv4. conv5, fc6 and fc7
    keep theirs, so that both nets have about as many parameters, as in the authors' released definition. Needs
    `groups: 1`."""
    response_norm: bool | Literal["scale_only"] = True
    """scale_only is a control: only the factor 2^-0.75, which the printed constants apply to a small signal."""
    norm_groups: Literal[1, 2] = 1
    """1: neighbours of a map are among all maps of the layer, the N of section 3.3; 2: among those of its own GPU."""
    dropout: float = Field(0.5, ge=0, lt=1)  # section 4.2
    pool_size: Literal[2, 3] = 3  # section 3.4, z
    pool_stride: Literal[2] = 2  # section 3.4, s
    without: tuple[MiddleLayer, ...] = ()
    """Layers to remove, each with its ReLU and dropout (section 7); the next layer sees the maps before it. The
    normalisation and pooling after conv2 and conv5 stay."""
    sixth_conv: bool = False
    """Whether to add a sixth convolution over the last pooling layer (section 6). The paper does not give its size;
    that it is like conv5, with 256 kernels of 3 x 3 in two groups, is a guess."""

    hidden_feature: ClassVar[str] = "fc7.relu"
    """The layer whose output is the feature vector of an image (section 6.1)."""
    last_map: ClassVar[None] = None
    """None: the paper tests on fixed views only, and fc6 takes maps of a single size."""

    @field_validator("without")
    @classmethod
    def _each_once(cls, without: tuple[MiddleLayer, ...]) -> tuple[MiddleLayer, ...]:
        if list(without) != sorted(set(without)):
            raise ValueError("name each layer once, in the order of the net")
        return without

    @field_validator("half")
    @classmethod
    def _half_is_not_split(cls, half: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        if half and info.data.get("groups") != 1:
            raise ValueError("the one-GPU net is not split over two; give groups: 1 with it")
        return half

    @property
    def left_out(self) -> tuple[str, ...]:
        """Layers with weights that this net lacks and that a recipe for the whole net may still name."""
        return self.without

    def conv1_halves(self) -> tuple[slice, slice]:
        """Return the kernels of conv1 whose maps belong to the first and to the second GPU (Figure 3: 48 each).

        Conv1 itself is not split: both halves see the whole image. Raises ValueError for a net in one group.
        """
        if self.groups == 1:
            raise ValueError("the kernels of conv1 have no halves in a net with groups: 1")
        filters = scaled(96, self.width)
        return slice(0, filters // 2), slice(filters // 2, filters)

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the chain of layers from image to logits."""
        one, two, same = (1, self.groups, (1, 1, 1, 1))
        chain = (
            *self._conv("conv1", 96, self.stem.kernel, self.stem.pad, one, stride=self.stem.stride),
            *self._norm_and_pool("conv1"),
            *self._conv("conv2", 256, 5, (2, 2, 2, 2), two),
            *self._norm_and_pool("conv2"),
            *self._conv("conv3", 384, 3, same, one),
            *self._conv("conv4", 384, 3, same, two),
            *self._conv("conv5", 256, 3, same, two),
            MaxPool("conv5.pool", self.pool_size, self.pool_stride),
            *(self._conv("conv6", 256, 3, same, two) if self.sixth_conv else ()),
            *self._hidden("fc6", 4096),
            *self._hidden("fc7", 4096),
            Linear("fc8", classes),
        )
        gone = {f"{name}{part}" for name in self.without for part in ("", ".relu", ".dropout")}
        return tuple(layer for layer in chain if layer.name not in gone)

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at the paper's own width, geometry and input, for which the printed std is meant."""
        full = self.model_copy(update={"width": 1.0, "stem": FULL_STEM})
        return tuple(trace(full.layers(classes), FULL_INPUT))

    def _conv(
        self, name: str, filters: int, kernel: int, pad: Padding, groups: int, *, stride: int = 1
    ) -> tuple[Layer, ...]:
        if self.half and name in {"conv1", "conv2", "conv3", "conv4"}:
            filters //= 2
        return (
            Conv(name, scaled(filters, self.width), kernel, stride, pad, groups),
            Activation("relu", f"{name}.relu"),
        )

    def _norm_and_pool(self, name: str) -> tuple[Layer, ...]:
        """Return normalisation and pooling, which follow the ReLU (section 3.5), with the constants of section 3.3."""
        alpha = 0.0 if self.response_norm == "scale_only" else 1e-4
        norm = ResponseNorm(f"{name}.norm", k=2.0, n=5, alpha=alpha, beta=0.75, per_group=self.norm_groups)
        pool = MaxPool(f"{name}.pool", self.pool_size, self.pool_stride)
        return (norm, pool) if self.response_norm else (pool,)

    def _hidden(self, name: str, units: int) -> tuple[Layer, ...]:
        chain: list[Layer] = [Linear(name, scaled(units, self.width)), Activation("relu", f"{name}.relu")]
        if self.dropout:
            chain.append(Dropout(f"{name}.dropout", self.dropout))
        return tuple(chain)
