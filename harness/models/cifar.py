"""The small CIFAR-10 nets with which AlexNet's authors tried rectifiers (Figure 1) and normalisation (section 3.3).

The paper says only that both have four layers. They are example nets of the authors' library, cuda-convnet:
layers-19pct.cfg, layers-80sec.cfg and layers-conv-local-13pct.cfg as copied in github.com/dnouri/cuda-convnet, and
layers-conv-local-11pct.cfg as in github.com/stephenyan1231/cuda_convnet_plus. That the paper used these nets is a
guess, suggested by its footnote and by their names.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from harness.models.geometry import scaled
from harness.models.layers import (
    Activation,
    AveragePool,
    Conv,
    Layer,
    Linear,
    Local,
    MaxPool,
    Padding,
    ResponseNorm,
    Traced,
    trace,
)
from harness.models.registered import Net

Unit = Literal["relu", "tanh", "logistic"]

SAME_3: Padding = (1, 1, 1, 1)
SAME_5: Padding = (2, 2, 2, 2)


class CifarConv(Net):
    """Three convolutions and a fully connected layer: layers-19pct.cfg of cuda-convnet, for Figure 1."""

    name: Literal["cifar_conv"] = "cifar_conv"
    width: float = Field(1.0, gt=0, le=100)
    """Factor for the kernels and hidden units; each result is rounded to an even number."""
    activation: Unit = "relu"  # Figure 1: ReLU and tanh
    hidden: Literal[0, 64] = 0
    """Units of a fully connected layer before the last; 64 gives the five-layer net of layers-80sec.cfg."""

    last_map: ClassVar[None] = None
    """None: the net is tested on images of a single size."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """Always empty: no layer can be left out."""

    @property
    def hidden_feature(self) -> str:
        """The layer whose output the last fully connected layer sees."""
        return "fc64.activation" if self.hidden else "pool3"

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the chain of layers from image to logits; pooling windows may extend over the edge of a map."""
        hidden: tuple[Layer, ...] = (
            Linear("fc64", scaled(self.hidden, self.width)),
            Activation(self.activation, "fc64.activation"),
        )
        return (
            *_conv("conv1", scaled(32, self.width), self.activation),
            MaxPool("pool1", 3, 2, cover=True),
            *_conv("conv2", scaled(32, self.width), self.activation),
            AveragePool("pool2", 3, 2, cover=True),
            *_conv("conv3", scaled(64, self.width), self.activation),
            AveragePool("pool3", 3, 2, cover=True),
            *(hidden if self.hidden else ()),
            Linear("fc10", classes),
        )

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at full width on whole CIFAR-10 images."""
        return tuple(trace(self.model_copy(update={"width": 1.0}).layers(classes), (3, 32, 32)))


class CifarLocal(Net):
    """Two convolutions, two local layers and a fully connected one: layers-conv-local-*.cfg, for section 3.3.

    The library's two nets differ in more than normalisation: local3 has 32 kernels a position without it (13pct) and 64
    with it (11pct).
    """

    name: Literal["cifar_local"] = "cifar_local"
    width: float = Field(1.0, gt=0, le=100)
    """Factor for the kernels; each result is rounded to an even number."""
    activation: Unit = "relu"
    response_norm: bool = True
    norm_constants: Literal["library", "printed", "scale_only"] = "library"
    """library: k = 1, n = 9, alpha = 0.001 / 9 of layer-params-conv-local-11pct.cfg; printed: the constants of
    section 3.3; scale_only: those with alpha 0, which leaves the factor 2^-0.75 that they apply to a small signal."""
    local3: Literal[32, 64] = 64

    hidden_feature: ClassVar[str] = "local4.activation"
    """The layer whose output the last fully connected layer sees."""
    last_map: ClassVar[None] = None
    """None: local filters belong to the positions of a map of fixed size."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """Always empty: no layer can be left out."""

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the chain from image to logits: the first normalisation follows pooling, the second precedes it."""
        return (
            *_conv("conv1", scaled(64, self.width), self.activation),
            MaxPool("pool1", 3, 2, cover=True),
            *self._norm("norm1"),
            *_conv("conv2", scaled(64, self.width), self.activation),
            *self._norm("norm2"),
            MaxPool("pool2", 3, 2, cover=True),
            Local("local3", scaled(self.local3, self.width), 3, pad=SAME_3),
            Activation(self.activation, "local3.activation"),
            Local("local4", scaled(32, self.width), 3, pad=SAME_3),
            Activation(self.activation, "local4.activation"),
            Linear("fc10", classes),
        )

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at full width on the 24 x 24 views of the library's example."""
        return tuple(trace(self.model_copy(update={"width": 1.0}).layers(classes), (3, 24, 24)))

    def _norm(self, name: str) -> tuple[Layer, ...]:
        if not self.response_norm:
            return ()
        if self.norm_constants != "library":
            alpha = 1e-4 if self.norm_constants == "printed" else 0.0
            return (ResponseNorm(name, k=2.0, n=5, alpha=alpha, beta=0.75),)  # section 3.3
        return (ResponseNorm(name, k=1.0, n=9, alpha=0.001 / 9, beta=0.75),)  # the library divides its scale by n


def _conv(name: str, filters: int, activation: Unit) -> tuple[Layer, ...]:
    return Conv(name, filters, 5, pad=SAME_5), Activation(activation, f"{name}.activation")
