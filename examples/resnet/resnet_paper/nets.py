"""Residual and plain nets for CIFAR-10: section 4.2 of He et al., "Deep Residual Learning for Image Recognition"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from harness.models import Net
from harness.models.layers import (
    Activation,
    Add,
    BatchNorm,
    Conv,
    GlobalAveragePool,
    Layer,
    Linear,
    ZeroPadded,
)

MAPS = (16, 32, 64)
"""Filters of the three stages, on maps of 32, 16 and 8 (section 4.2)."""


class ResNet(Net):
    """6n + 2 layers with weights: a convolution, three stages of n blocks of two, a mean over positions, a classifier.

    "The first layer is 3 x 3 convolutions. Then we use a stack of 6n layers with 3 x 3 convolutions on the feature maps
    of sizes {32, 16, 8} respectively, with 2n layers for each feature map size. The numbers of filters are {16, 32, 64}
    respectively. The subsampling is performed by convolutions with a stride of 2. The network ends with a global
    average pooling, a 10-way fully-connected layer, and softmax." (section 4.2)
    """

    name: Literal["resnet"] = "resnet"
    blocks: int = Field(3, ge=1, le=200)
    """n: 3, 5, 7, 9, 18 and 200 make 20, 32, 44, 56, 110 and 1202 layers (section 4.2)."""
    shortcuts: bool = True
    """Identity shortcuts around each block, zeros where maps grow: option A (section 4.2); without them, a plain net of
    "exactly the same depth, width, and number of parameters"."""
    width: float = Field(1.0, gt=0, le=100)
    """Multiplies the filters, for small scales."""

    hidden_feature: ClassVar[str] = "mean"
    """The layer whose output the classifier sees."""

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """From image to logits."""
        return tuple(self._layers(classes))

    def _layers(self, classes: int) -> Iterator[Layer]:
        yield from self._conv("conv1", MAPS[0])
        yield Activation("relu", "conv1.relu")
        before = "conv1.relu"
        for stage, maps in enumerate(MAPS, start=1):
            for block in range(1, self.blocks + 1):
                name = f"stage{stage}.block{block}"
                yield from self._block(name, maps, before, halves=stage > 1 and block == 1)
                before = f"{name}.relu2"
        yield GlobalAveragePool("mean")
        yield Linear("fc", classes)

    def _block(self, name: str, maps: int, before: str, *, halves: bool) -> Iterator[Layer]:
        """Two convolutions, each with batch normalisation right after it (section 3.4), and the sum before a ReLU."""
        stride = 2 if halves else 1
        yield from self._conv(f"{name}.conv1", maps, stride, (before,))
        yield Activation("relu", f"{name}.relu1")
        yield from self._conv(f"{name}.conv2", maps)
        if self.shortcuts:
            if halves:
                yield ZeroPadded(f"{name}.shortcut", self._scaled(maps), stride, inputs=(before,))
            yield Add(f"{name}.add", inputs=(f"{name}.conv2.norm", f"{name}.shortcut" if halves else before))
        yield Activation("relu", f"{name}.relu2")

    def _conv(self, name: str, maps: int, stride: int = 1, inputs: tuple[str, ...] = ()) -> Iterator[Layer]:
        """A convolution without biases, for a shift follows it, and its normalisation."""
        yield Conv(name, self._scaled(maps), 3, stride, (1, 1, 1, 1), bias=False, inputs=inputs)
        yield BatchNorm(f"{name}.norm")

    def _scaled(self, maps: int) -> int:
        return max(1, round(maps * self.width))
