"""GoogLeNet (Szegedy et al., "Going deeper with convolutions", 2014) as printed, and as torchvision has it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from harness.models.geometry import Stem, scaled
from harness.models.layers import (
    Activation,
    Auxiliary,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dropout,
    GlobalAveragePool,
    Inputs,
    Layer,
    Linear,
    MaxPool,
    Padding,
    PerMapScale,
    ResponseNorm,
    Traced,
    trace,
    without,
)
from harness.models.registered import Net
from harness.models.torchvision_pixels import MEAN

FULL_INPUT: tuple[int, int, int] = (3, 224, 224)  # Table 1

FULL_STEM = Stem(kernel=7, stride=2, pad=(3, 3, 3, 3))  # Table 1; the zeros follow from the maps of 112

MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Filters of each inception module (Table 1): #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj."""

AUXILIARY = {"4a": "aux1", "4d": "aux2"}
"""Auxiliary classifiers by the module whose output they take (section 5)."""


class Inception(Net, ABC):
    """Base class of both forms: a stem, nine inception modules with pools between them, and one linear layer."""

    width: float = Field(1.0, gt=0, le=100)
    """Factor for the filters of every layer but the last; each result is rounded to an even number."""
    stem: Stem = FULL_STEM
    """Geometry of conv1."""
    without_pools: tuple[str, ...] = ()
    """Pooling layers between the modules to leave out, for images so small that a map would vanish."""

    hidden_feature: ClassVar[str] = "pool5"
    """The means of the last maps."""
    last_map: ClassVar[None] = None
    """None: no spatial pyramid follows the last maps."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """Always empty: no layer with weights can be left out."""
    LARGE_KERNEL: ClassVar[int] = 5
    """Side of the kernels of the branch that Table 1 calls 5 x 5."""
    LAST_POOL: ClassVar[int] = 3
    """Side of the windows of pool4, two positions apart."""

    def layers(self, classes: int) -> tuple[Layer, ...]:
        """Return the graph from image to logits. Raises ValueError if `without_pools` names no pooling layer."""
        graph = (
            *self._first(),
            *self._modules(classes),
            GlobalAveragePool("pool5"),
            *self._dropout(),
            Linear("fc", classes),
        )
        pools = [f"pool{number}" for number in range(1, 5)]
        if unknown := sorted(set(self.without_pools) - set(pools)):
            raise ValueError(f"without_pools: no pooling layer {', '.join(unknown)}; there are {', '.join(pools)}")
        return without(graph, lambda layer: layer.name in self.without_pools)

    def full_size(self, classes: int) -> tuple[Traced, ...]:
        """Return the net at the paper's own width, geometry and input."""
        full = self.model_copy(update={"width": 1.0, "without_pools": (), "stem": FULL_STEM})
        return tuple(trace(full.layers(classes), FULL_INPUT))

    @abstractmethod
    def _first(self) -> Iterator[Layer]:
        """Yield the layers before the first module."""

    @abstractmethod
    def _rectified(self, conv: Conv) -> Iterator[Layer]:
        """Yield a convolution and what follows it, up to its ReLU."""

    @abstractmethod
    def _dropout(self) -> Iterator[Layer]:
        """Yield the dropout before the last layer."""

    def _beside(self, _module: str, _classes: int) -> Iterator[Layer]:
        """Yield the auxiliary classifier on a module's output, if there is one."""
        yield from ()

    def _conv(self, name: str, filters: int, kernel: int, inputs: Inputs = ()) -> Iterator[Layer]:
        side = kernel // 2
        pad: Padding = (side, side, side, side)
        yield from self._rectified(Conv(name, scaled(filters, self.width), kernel, 1, pad, inputs=inputs))

    def _conv1(self) -> Iterator[Layer]:
        stem = self.stem
        yield from self._rectified(Conv("conv1", scaled(64, self.width), stem.kernel, stem.stride, stem.pad))

    def _modules(self, classes: int) -> Iterator[Layer]:
        before = "pool2"
        for module, filters in MODULES.items():
            name = f"inception_{module}"
            yield from self._module(name, before, filters)
            yield from self._beside(module, classes)
            before = name
            if module in ("3b", "4e"):
                before = "pool3" if module == "3b" else "pool4"
                yield MaxPool(before, 3 if module == "3b" else self.LAST_POOL, 2, cover=True, inputs=(name,))

    def _module(self, name: str, before: str, filters: tuple[int, int, int, int, int, int]) -> Iterator[Layer]:
        """Yield an inception module "with dimension reductions" (Figure 2b)."""
        one, reduce3, three, reduce5, five, project = filters
        yield from self._conv(f"{name}.conv1", one, 1, (before,))
        yield from self._conv(f"{name}.reduce3", reduce3, 1, (before,))
        yield from self._conv(f"{name}.conv3", three, 3)
        yield from self._conv(f"{name}.reduce5", reduce5, 1, (before,))
        yield from self._conv(f"{name}.conv5", five, self.LARGE_KERNEL)
        yield MaxPool(f"{name}.pool", 3, 1, pad=1, inputs=(before,))
        yield from self._conv(f"{name}.project", project, 1)
        yield Concat(name, inputs=tuple(f"{name}.{part}.relu" for part in ("conv1", "conv3", "conv5", "project")))


class GoogLeNet(Inception):
    """GoogLeNet as printed: Table 1 and section 5, with both auxiliary classifiers in training.

    What the paper leaves open: padding keeps the sides of Table 1, pools round up; normalisation has AlexNet's printed
    constants; dropout has AlexNet's form.
    """

    name: Literal["googlenet"] = "googlenet"
    dropout: float = Field(0.4, ge=0, lt=1)  # Table 1
    auxiliary: bool = True
    """Whether training has the auxiliary classifiers."""
    auxiliary_weight: float = Field(0.3, gt=0, le=1)  # section 5
    """Weight of each auxiliary classifier's loss."""

    def _first(self) -> Iterator[Layer]:
        yield from self._conv1()
        yield MaxPool("pool1", 3, 2, cover=True)
        yield _response_norm("norm1")
        yield from self._conv("conv2.reduce", 64, 1)
        yield from self._conv("conv2", 192, 3)
        yield _response_norm("norm2")
        yield MaxPool("pool2", 3, 2, cover=True)

    def _rectified(self, conv: Conv) -> Iterator[Layer]:
        yield conv
        yield Activation("relu", f"{conv.name}.relu")

    def _dropout(self) -> Iterator[Layer]:
        if self.dropout:
            yield Dropout("dropout", self.dropout)

    def _beside(self, module: str, classes: int) -> Iterator[Layer]:
        """Yield an average pool of 5 x 5 / 3, 128 filters of 1 x 1, 1024 units, dropout of 70% and logits."""
        name = AUXILIARY.get(module)
        if name is None or not self.auxiliary:
            return
        yield AveragePool(f"{name}.pool", 5, 3, inputs=(f"inception_{module}",))
        yield from self._conv(f"{name}.conv", 128, 1)
        yield Linear(f"{name}.fc1", scaled(1024, self.width))
        yield Activation("relu", f"{name}.fc1.relu")
        yield Dropout(f"{name}.dropout", 0.7)
        yield Linear(f"{name}.fc2", classes)
        yield Auxiliary(name, self.auxiliary_weight)


class GoogLeNetTorchvision(Inception):
    """The form that torchvision trains, a net other than the paper's; for weights imported from there.

    It differs by batch normalisation without biases, by 3 x 3 kernels in the branch of 5 x 5, by windows of 2 x 2 in
    pool4, by dropout of 20% in torch's form, and by having no response normalisation. Its auxiliary classifiers are
    left out, as torchvision does outside training.
    """

    name: Literal["googlenet_torchvision"] = "googlenet_torchvision"
    pixels: Literal["levels", "torchvision"] = "torchvision"
    """Units of pixels. torchvision: a first layer turns levels less torchvision's mean colour into the units of its
    `transform_input`, level / 127.5 - 1; levels: those of the data, less the mean, for a training of one's own."""

    LARGE_KERNEL: ClassVar[int] = 3
    LAST_POOL: ClassVar[int] = 2

    def _first(self) -> Iterator[Layer]:
        if self.pixels == "torchvision":
            yield PerMapScale("pixels", (1 / 127.5,) * 3, tuple(2 * mean - 1 for mean in MEAN))
        yield from self._conv1()
        yield MaxPool("pool1", 3, 2, cover=True)
        yield from self._conv("conv2.reduce", 64, 1)
        yield from self._conv("conv2", 192, 3)
        yield MaxPool("pool2", 3, 2, cover=True)

    def _rectified(self, conv: Conv) -> Iterator[Layer]:
        yield Conv(conv.name, conv.filters, conv.kernel, conv.stride, conv.pad, bias=False, inputs=conv.inputs)
        yield BatchNorm(f"{conv.name}.bn", eps=0.001)
        yield Activation("relu", f"{conv.name}.relu")

    def _dropout(self) -> Iterator[Layer]:
        yield Dropout("dropout", 0.2, rescaled=True)


def _response_norm(name: str) -> ResponseNorm:
    return ResponseNorm(name, k=2.0, n=5, alpha=1e-4, beta=0.75)  # AlexNet section 3.3
