"""The question sheet of the vocabulary: all that the rest of the program may ask of a layer, whatever its kind.

A kind of layer is one file with one class. What it answers here is everything that anyone knows of it: `trace` its
shapes and counts, the builder its module, rules for first weights and decay its parameters, checkpoints its buffers,
measures and drawings the rest. Nobody outside asks for its class. An answer without which a net could be wrong in
silence has no default, and `trace` refuses a kind that lacks one.
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
"""(channels, height, width) of a map, or (units,) of a vector."""

Padding = tuple[int, int, int, int]
"""Zeros added (left, right, top, bottom), in torch's order."""

Inputs = tuple[str, ...]
"""The names of the layers whose outputs a layer takes, `image` for the net's own input; empty for the one before it."""

IMAGE = "image"
"""What a layer names that takes the images themselves."""

ParameterKind = Literal["weight", "bias", "slope", "scale", "shift"]
"""weight: of connections, drawn by a rule; bias: added to responses; slope: of a PReLU; scale and shift: of a
normalisation."""

PARAMETER_KINDS: tuple[ParameterKind, ...] = ("weight", "bias", "slope", "scale", "shift")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One learned tensor of a layer, by the name that its module has for it."""

    name: str
    kind: ParameterKind
    shape: Shape
    first: float | None = None
    """The value it starts at; None where a rule for first weights gives it one."""
    fan_in: int = 0
    """Connections of one response, n_l in PReLU's notation; of weights only."""
    fan_out: int = 0
    """Connections of one input, nhat_l, away from the borders and for a stride of one; likewise."""

    @property
    def size(self) -> int:
        """How many numbers."""
        return size(self.shape)


@dataclass(frozen=True, slots=True)
class Buffer:
    """One tensor that training changes without learning it, such as a running mean: as much state as a weight."""

    name: str
    shape: Shape
    first: float
    """The value it starts at."""
    whole: bool = False
    """Whether it counts in whole numbers (int64), or holds float32."""

    @property
    def bytes(self) -> int:
        """That it takes."""
        return (8 if self.whole else 4) * size(self.shape)


class Kernels(NamedTuple):
    """The square kernels of a convolution."""

    filters: int
    side: int
    stride: int
    groups: int


class Named:
    """What every layer has."""

    __slots__ = ()
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Named):
    """One layer of a net. Every method takes the shapes of its inputs, in their order.

    A kind is a frozen dataclass with a `name`; it has to answer `output`, `module` and `mixes_images`, and, where it
    has weights, `multiply_adds`.
    """

    mixes_images: ClassVar[bool]
    """Whether what comes of an image in training depends on the others of its batch, so that none may be divided."""
    several: ClassVar[bool] = False
    """Whether it takes two inputs or more, in the place of one."""
    family: ClassVar[Literal["convolution", "local", "dense", ""]] = ""
    """The group in which counts speak of a layer with weights: with kernels, with kernels of each place, connected to
    every input; any other is only counted among the learned layers."""
    in_equations: ClassVar[Literal["weights", "rectifier", "passes", "unknown"]] = "unknown"
    """What PReLU's equations 8 to 14 know of it: a factor by its weights, a factor by its slope, something that they
    leave out, or nothing, so that they do not hold."""
    noise: ClassVar[bool] = False
    """Whether it is noise of training alone, which measurements of first weights leave out."""
    overwrites: ClassVar[bool] = False
    """Whether its output can stand in the place of its input, so that training keeps one of the two."""

    inputs: Inputs = ()

    def output(self, *shapes: Shape) -> Shape:
        """The shape that comes out; raises ValueError where such inputs make no sense."""
        raise NotImplementedError

    def module(self, *shapes: Shape) -> nn.Module:
        """A torch module of float tensors [N, *shape], one an input; whatever it holds is declared below.

        It is made without memory, on torch's `meta` device, and filled by the declarations.
        """
        raise NotImplementedError

    def before(self, *_shapes: Shape) -> Mapping[str, nn.Module]:
        """Modules without parameters that the one input goes through first, by what is added to the layer's name."""
        return {}

    def parameters(self, *_shapes: Shape) -> tuple[Parameter, ...]:
        """What is learned."""
        return ()

    def buffers(self, *_shapes: Shape) -> tuple[Buffer, ...]:
        """What training changes otherwise."""
        return ()

    def multiply_adds(self, *_shapes: Shape) -> int:
        """Of one image, forward."""
        return 0

    def kernels(self, *_shapes: Shape) -> Kernels | None:
        """Those of a convolution."""
        return None

    @property
    def activation(self) -> Activation | None:
        """The pointwise nonlinearity that it is."""
        return None

    @property
    def pyramid(self) -> tuple[int, ...] | None:
        """Of the spatial pyramid that it is: such a layer makes one vector of any window of a map."""
        return None

    @property
    def constants(self) -> Mapping[str, float]:
        """Numbers of it that a paper prints and no recipe says, by name; an empty one stands for the kind's own."""
        return {}

    @property
    def kind_name(self) -> str:
        """The kind in small letters: `response_norm`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


def size(shape: Shape) -> int:
    """How many numbers a shape holds."""
    count = 1
    for side in shape:
        count *= side
    return count


def map_of(name: str, shape: Shape) -> tuple[int, int, int]:
    """A shape as (channels, height, width); raises ValueError for a vector."""
    if len(shape) != 3:
        raise ValueError(f"layer {name}: it takes maps, and its input is a vector of {shape[0]}")
    return shape[0], shape[1], shape[2]
