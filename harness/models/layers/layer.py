"""The base class of layers: every question that the rest of the program may ask of a layer, whatever its kind.

A kind of layer is one file with one class. Its answers are all that anyone knows of it. `trace` asks for shapes and
counts; the builder for the module; rules for first weights and decay for the parameters; checkpoints for the buffers;
measurements and drawings for the rest. No code outside asks for the class. Questions whose answer could make a net
wrong in silence have no default, and `trace` refuses a kind that leaves one open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    from torch import nn

    from harness.models.layers.activation import Activation

Shape = tuple[int, ...]
"""Shape of a map, (channels, height, width), or of a vector, (units,)."""

Padding = tuple[int, int, int, int]
"""Zeros added on the (left, right, top, bottom), in torch's order."""

Inputs = tuple[str, ...]
"""Names of the layers that a layer takes as inputs, or `image` for the net's own input; empty for the one before it."""

IMAGE = "image"
"""Name of the net's input, the images, among a layer's inputs."""

ParameterKind = Literal["weight", "bias", "slope", "scale", "shift"]
"""weight: of connections, drawn by a rule; bias: added to responses; slope: of a PReLU; scale and shift: of a
normalisation."""

PARAMETER_KINDS: tuple[ParameterKind, ...] = ("weight", "bias", "slope", "scale", "shift")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One learned tensor of a layer, by its name in the layer's module."""

    name: str
    kind: ParameterKind
    shape: Shape
    first: float | None = None
    """First value; None if a rule for first weights sets it."""
    fan_in: int = 0
    """Connections of one response, n_l in PReLU's notation; weights only."""
    fan_out: int = 0
    """Connections of one input away from the borders at stride one, nhat_l; weights only."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return size(self.shape)


@dataclass(frozen=True, slots=True)
class Buffer:
    """One tensor that training changes without a gradient, such as a running mean. It is state like a weight."""

    name: str
    shape: Shape
    first: float
    """First value of all elements."""
    whole: bool = False
    """Whether it holds integers (int64) rather than float32."""

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return (8 if self.whole else 4) * size(self.shape)


class Kernels(NamedTuple):
    """The square kernels of a convolution."""

    filters: int
    side: int
    stride: int
    groups: int


class Named:
    """The name that every layer has."""

    __slots__ = ()
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Named):
    """One layer of a net. Every method takes the shapes of its inputs, in their order.

    A kind of layer is a frozen dataclass with a `name`. It must define `output`, `module` and `mixes_images` and, if it
    has weights, `multiply_adds`.
    """

    mixes_images: ClassVar[bool]
    """Whether an image's output in training depends on the other images of its batch. Such batches are never
    divided."""
    several: ClassVar[bool] = False
    """Whether the layer takes two or more inputs instead of one."""
    family: ClassVar[Literal["convolution", "local", "dense", ""]] = ""
    """Group of a layer with weights in counts: convolutions, convolutions without shared weights, fully connected
    layers. Other layers are counted only among the learned layers."""
    in_equations: ClassVar[Literal["weights", "rectifier", "passes", "unknown"]] = "unknown"
    """How PReLU's equations 8 to 14 treat the layer: as a factor of its weights or of its slope, as passed over, or
    as unknown, so that they do not hold."""
    noise: ClassVar[bool] = False
    """Whether the layer is noise in training only, which measurements of first weights leave out."""
    overwrites: ClassVar[bool] = False
    """Whether the output may overwrite the input in memory, so that training keeps only one of them."""

    inputs: Inputs = ()

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the output. Raises ValueError if the layer cannot take such inputs."""
        raise NotImplementedError

    def module(self, *shapes: Shape) -> nn.Module:
        """Return a torch module that takes one float tensor [N, *shape] for each input.

        The module must hold exactly the parameters and buffers declared below. It is created on torch's `meta` device,
        without memory, and filled with the declared values.
        """
        raise NotImplementedError

    def before(self, *_shapes: Shape) -> Mapping[str, nn.Module]:
        """Return modules without parameters to apply before `module`, by the suffix to the layer's name."""
        return {}

    def parameters(self, *_shapes: Shape) -> tuple[Parameter, ...]:
        """Return the learned tensors."""
        return ()

    def buffers(self, *_shapes: Shape) -> tuple[Buffer, ...]:
        """Return the tensors that training changes without a gradient."""
        return ()

    def multiply_adds(self, *_shapes: Shape) -> int:
        """Return the multiply-adds of one image, forward."""
        return 0

    def kernels(self, *_shapes: Shape) -> Kernels | None:
        """Return the kernels of a convolution; None for other layers."""
        return None

    @property
    def activation(self) -> Activation | None:
        """The layer itself if it is a pointwise nonlinearity; else None."""
        return None

    @property
    def pyramid(self) -> tuple[int, ...] | None:
        """Levels, if the layer is a spatial pyramid, which makes one vector of any window of a map; else None."""
        return None

    @property
    def loss_weight(self) -> float | None:
        """Weight of the layer's own loss in training, if its output is an auxiliary classifier's logits; else None."""
        return None

    @property
    def constants(self) -> Mapping[str, float]:
        """Printed constants that no recipe holds, by name; the empty name stands for the kind's only constant."""
        return {}

    @property
    def kind_name(self) -> str:
        """Name of the kind in small letters, such as `response_norm`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


def size(shape: Shape) -> int:
    """Return the number of elements of a shape.

    >>> size((3, 4, 5))
    60
    """
    count = 1
    for side in shape:
        count *= side
    return count


def map_of(name: str, shape: Shape) -> tuple[int, int, int]:
    """Return a shape as (channels, height, width). Raises ValueError if it is that of a vector."""
    if len(shape) != 3:
        raise ValueError(f"layer {name}: it takes maps, and its input is a vector of {shape[0]}")
    return shape[0], shape[1], shape[2]
