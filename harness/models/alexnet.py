"""AlexNet (2012), sections 3 and 4.2, as data; scaled to small images by declared parameters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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
from harness.strict import Strict

FULL_INPUT: tuple[int, int, int] = (3, 224, 224)  # section 3.5


class Stem(Strict):
    """The geometry of conv1, the one layer that depends on the size of the image."""

    kernel: int = Field(11, ge=1)  # section 3.5
    stride: int = Field(4, ge=1)  # section 3.5
    pad: tuple[int, int, int, int] = (0, 3, 0, 3)
    """Zeros (left, right, top, bottom). The paper's 224, 11 and 4 do not give its 55 x 55 maps without padding; the
    authors' library rounds up, which reads three missing pixels as zero on one side."""


class AlexNet(Strict):
    """The eight-layer net of the paper: five convolutions, three fully connected layers (section 3.5)."""

    name: Literal["alexnet"] = "alexnet"
    width: float = Field(1.0, gt=0)
    """Multiplies the kernels and units of every layer but the last; each is rounded to an even number."""
    stem: Stem = Stem()
    groups: Literal[1, 2] = 2
    """2: conv2, conv4 and conv5 see the maps of their own half, as on the paper's two GPUs (section 3.2)."""
    response_norm: bool = True
    dropout: float = Field(0.5, ge=0, lt=1)  # section 4.2
    pool_size: Literal[2, 3] = 3  # section 3.4, z
    pool_stride: Literal[2] = 2  # section 3.4, s

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """The chain from image to logits."""
        return (
            *self._conv(
                "conv1", 96, self.stem.kernel, stride=self.stem.stride, pad=self.stem.pad, norm=True, pool=True
            ),
            *self._conv("conv2", 256, 5, pad=(2, 2, 2, 2), groups=self.groups, norm=True, pool=True),
            *self._conv("conv3", 384, 3, pad=(1, 1, 1, 1)),
            *self._conv("conv4", 384, 3, pad=(1, 1, 1, 1), groups=self.groups),
            *self._conv("conv5", 256, 3, pad=(1, 1, 1, 1), groups=self.groups, pool=True),
            *self._hidden("fc6", 4096),
            *self._hidden("fc7", 4096),
            Linear("fc8", classes),
        )

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """The same net at the paper's own width, geometry and input, whose fan-ins the printed std belongs to."""
        full = self.model_copy(update={"width": 1.0, "stem": Stem()})
        return tuple(trace(full.layers(classes), FULL_INPUT))

    def _scaled(self, units: int) -> int:
        return max(2, 2 * round(units * self.width / 2))

    def _conv(
        self, name: str, filters: int, kernel: int, *, stride: int = 1, pad: Padding = (0, 0, 0, 0),
        groups: int = 1, norm: bool = False, pool: bool = False,
    ) -> tuple[Layer, ...]:  # fmt: skip
        """One convolution in the paper's order: conv, ReLU, normalisation, pooling (sections 3.1 to 3.5)."""
        chain: list[Layer] = [
            Conv(name, self._scaled(filters), kernel, stride, pad, groups),
            Activation("relu", f"{name}.relu"),
        ]
        if norm and self.response_norm:
            chain.append(ResponseNorm(f"{name}.norm", k=2.0, n=5, alpha=1e-4, beta=0.75))  # section 3.3
        if pool:
            chain.append(MaxPool(f"{name}.pool", self.pool_size, self.pool_stride))
        return tuple(chain)

    def _hidden(self, name: str, units: int) -> tuple[Layer, ...]:
        chain: list[Layer] = [Linear(name, self._scaled(units)), Activation("relu", f"{name}.relu")]
        if self.dropout:
            chain.append(Dropout(f"{name}.dropout", self.dropout))
        return tuple(chain)
