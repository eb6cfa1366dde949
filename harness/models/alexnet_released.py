"""AlexNet as its authors ran it, by the source code that they released in 2025; `alexnet.py` has the printed form.

FILE:LINE beside a number is a place in github.com/computerhistory/AlexNet-Source-Code at commit 2f8b81f. A pair of
layers on two GPUs is one layer of two groups here, with the same arithmetic.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from harness.models.alexnet import FULL_INPUT, FULL_STEM
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
    SpatialNorm,
    Traced,
    trace,
)
from harness.models.registered import Net

Run = Literal["145", "145-half", "147", "148", "146", "146-2011"]
"""The authors' number of a net. 145: the paper's; 145-half: its one-GPU form; 147: plain pooling; 148: no
normalisation; 146: with a sixth convolution; 146-2011: the same with the last layer factored in two."""


class AlexNetReleased(Net):
    """The nets behind the printed numbers, with switches that turn the released normalisation into the printed one."""

    name: Literal["alexnet_released"] = "alexnet_released"
    run: Run = "145"
    width: float = Field(1.0, gt=0, le=100)
    """Factor for the kernels and units of every layer but the last; each result is rounded to an even number."""
    stem: Stem = FULL_STEM
    """Geometry of conv1: 11 x 11 at stride 4, padding 0 (layers-145.cfg:14-16). Sizes are rounded up
    (layer.py:1004), and three missing pixels on the right and below read as zero."""
    alpha: Literal["over_n", "printed"] = "over_n"
    """over_n: alpha is divided by the size of the window (layer.py:1183); printed: alpha as in section 3.3."""
    norm_groups: Literal[1, 2] = 2
    """2: neighbours of a map are on its own GPU only (layers-145.cfg:38, :98); 1: among all maps of the layer. The
    one-GPU form always has one group."""
    first_norm: Literal["before_relu", "after_relu"] = "before_relu"
    """before_relu: conv1 is linear, its responses are normalised, and the ReLU follows pooling
    (layers-145.cfg:35-63); after_relu: ReLU, normalisation and pooling, as printed."""
    spatial_norm: bool = True
    """Whether a second normalisation follows that of conv2, within each map (layers-145.cfg:107-117)."""

    hidden_feature: ClassVar[str] = "fc7.relu"
    """The layer whose output is the feature vector of an image (section 6.1)."""
    last_map: ClassVar[None] = None
    """None: the nets are tested on fixed views only."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Layers that this net lacks, sixth convolution or factored last layer; one recipe may name them for all."""
        own = {"146": ("fc8a",), "146-2011": ()}
        return own.get(self.run, ("conv6", "fc8a"))

    @property
    def groups(self) -> int:
        """2: conv2, conv4 and conv5 see their own half (layers-145.cfg:67, :165, :194); 1 on one GPU."""
        return 1 if self.run == "145-half" else 2

    def conv1_halves(self) -> tuple[slice, slice]:
        """Return the kernels of conv1 on the first and on the second GPU, 48 each (layers-145.cfg:13, :26).

        Raises ValueError for the one-GPU net.
        """
        if self.groups == 1:
            raise ValueError("the kernels of conv1 have no halves in the net of one GPU")
        filters = scaled(96, self.width)
        return slice(0, filters // 2), slice(filters // 2, filters)

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the chain of layers from image to logits."""
        two, same = self.groups, (1, 1, 1, 1)
        plain = self.run == "147"
        return (
            Conv("conv1", self._filters("conv1", 96), self.stem.kernel, self.stem.stride, self.stem.pad),
            *self._first_block(),
            *self._conv("conv2", 256, 5, (1, 1, 1, 1) if plain else (2, 2, 2, 2), two),  # layers-147.cfg:69, -145:69
            *self._second_norms(),
            self._pool("conv2"),
            *self._conv("conv3", 384, 3, same, 1),  # layers-145.cfg:135-161, sees both halves
            *self._conv("conv4", 384, 3, same, two),  # layers-145.cfg:163-189
            Conv(
                "conv5", self._filters("conv5", 256), 3, 1, (0, 0, 0, 0) if plain else same, two
            ),  # layers-147.cfg:195
            self._pool("conv5"),
            Activation("relu", "conv5.relu"),  # layers-145.cfg:220-236, after pooling
            *(
                self._conv("conv6", 256, 3, same, 1) if self.run.startswith("146") else ()
            ),  # layers-146-2011.cfg:258-288
            *self._hidden("fc6"),
            *self._hidden("fc7"),
            *(
                (Linear("fc8a", scaled(2048, self.width)),) if self.run == "146-2011" else ()
            ),  # layers-146-2011.cfg:344-357
            Linear("fc8", classes),
        )

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at the authors' own width, geometry and input, for which the released stds are meant."""
        full = self.model_copy(update={"width": 1.0, "stem": FULL_STEM})
        return tuple(trace(full.layers(classes), FULL_INPUT))

    def _filters(self, name: str, filters: int) -> int:
        """Return the number of filters: half in the one-GPU net, except in conv5 (layers-145-half.cfg:103).

        So both forms have about as many parameters.
        """
        halved = self.run == "145-half" and name in {"conv1", "conv2", "conv3", "conv4"}
        return scaled(filters // 2 if halved else filters, self.width)

    def _conv(self, name: str, filters: int, kernel: int, pad: Padding, groups: int) -> tuple[Layer, ...]:
        conv = Conv(name, self._filters(name, filters), kernel, 1, pad, groups)
        return conv, Activation("relu", f"{name}.relu")

    def _first_block(self) -> tuple[Layer, ...]:
        relu, pool = Activation("relu", "conv1.relu"), self._pool("conv1")
        if self.run == "148":  # layers-148.cfg:38
            return pool, relu
        if self.first_norm == "before_relu":
            return self._norm("conv1"), pool, relu
        return relu, self._norm("conv1"), pool

    def _second_norms(self) -> tuple[Layer, ...]:
        if self.run == "148":  # layers-148.cfg:83-97 has none of the three
            return ()
        # Scale 0.001 over 5 x 5 positions, pow 0.75 (layer-params-145.cfg:157-163), constant always 1
        # (src/layer.cu:1569).
        within = SpatialNorm("conv2.spatial_norm", k=1.0, size=5, alpha=0.001 / 25, beta=0.75)
        return (self._norm("conv2"), within) if self.spatial_norm else (self._norm("conv2"),)

    def _norm(self, name: str) -> ResponseNorm:
        """Return normalisation with size 5, scale 0.0001, pow 0.75, minDiv 2 (layer-params-145.cfg:137-155)."""
        alpha = 0.0001 / 5 if self.alpha == "over_n" else 0.0001
        groups = min(self.norm_groups, self.groups)
        return ResponseNorm(f"{name}.norm", k=2.0, n=5, alpha=alpha, beta=0.75, per_group=groups)

    def _pool(self, name: str) -> MaxPool:
        """Return pooling over windows of 3, or 2 in 147 (layers-147.cfg:51), two apart.

        Sizes are rounded up (layer.py:1139).
        """
        return MaxPool(f"{name}.pool", 2 if self.run == "147" else 3, 2, cover=True)

    def _hidden(self, name: str) -> tuple[Layer, ...]:
        """Return a hidden layer of 4096 units, 2048 a GPU (layers-145.cfg:238-292).

        Its dropout has the form of src/layer.cu:1126-1135.
        """
        units = Linear(name, scaled(4096, self.width))
        return units, Activation("relu", f"{name}.relu"), Dropout(f"{name}.dropout", 0.5)
