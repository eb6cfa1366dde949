"""Networks as data: a chain of layer descriptions that can be counted, sized and drawn without torch.

A paper's network is a tuple of these descriptions. `trace` walks it once and yields every shape, weight count and
multiply-add, so that plans, cost estimates and the papers' own arithmetic claims need no tensor library; `network.py`
turns the same tuple into a torch module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]
"""(channels, height, width) of a map, or (units,) of a vector."""

Padding = tuple[int, int, int, int]
"""Zeros added (left, right, top, bottom), in torch's order."""


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution with bias: `filters` square kernels, each seeing 1/`groups` of the input maps."""

    name: str
    filters: int
    kernel: int
    stride: int = 1
    pad: Padding = (0, 0, 0, 0)
    groups: int = 1

    def output(self, shape: Shape) -> Shape:
        """The (channels, height, width) that comes out, by floor division."""
        return _convolved(self, shape)

    def fan_in(self, shape: Shape) -> int:
        """Connections of one response: kernel area times the input maps it sees."""
        return self.kernel**2 * shape[0] // self.groups


@dataclass(frozen=True, slots=True)
class Local:
    """A convolution without shared weights: at every position its own `filters` kernels and biases, over all maps."""

    name: str
    filters: int
    kernel: int
    stride: int = 1
    pad: Padding = (0, 0, 0, 0)

    def output(self, shape: Shape) -> Shape:
        """The (channels, height, width) that comes out, by floor division."""
        return _convolved(self, shape)

    def fan_in(self, shape: Shape) -> int:
        """Connections of one response: kernel area times the input maps."""
        return self.kernel**2 * shape[0]


@dataclass(frozen=True, slots=True)
class Linear:
    """A fully connected layer with bias."""

    name: str
    units: int

    def output(self, _shape: Shape) -> Shape:
        """A vector of `units`."""
        return (self.units,)

    def fan_in(self, shape: Shape) -> int:
        """Every input."""
        return _size(shape)


@dataclass(frozen=True, slots=True)
class Activation:
    """A pointwise nonlinearity; `slope` is the (initial) coefficient of the negative part where there is one."""

    kind: Literal["relu", "tanh", "logistic", "leaky", "prelu_shared", "prelu_channel"]
    name: str
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class ResponseNorm:
    """Local response normalisation across maps, by AlexNet's printed formula (section 3.3).

    `per_group` > 1 stops the neighbourhood at the borders of that many groups of maps.
    """

    name: str
    k: float
    n: int
    alpha: float
    beta: float
    per_group: int = 1


@dataclass(frozen=True, slots=True)
class MaxPool:
    """Max-pooling over `size` x `size` windows `stride` apart, without padding.

    With `cover`, a last window that hangs over the edge sees what there is of it, so that every position is in one;
    without, positions that fill no window are left out. The stride is at most the size.
    """

    name: str
    size: int
    stride: int
    cover: bool = False

    def output(self, shape: Shape) -> Shape:
        """Maps of (side - size) / stride + 1, the quotient rounded up with `cover`, else down."""
        return _pooled(self, shape)


@dataclass(frozen=True, slots=True)
class AveragePool:
    """The same windows as `MaxPool`, each giving the mean of the positions of the map that it sees."""

    name: str
    size: int
    stride: int
    cover: bool = False

    def output(self, shape: Shape) -> Shape:
        """As `MaxPool`."""
        return _pooled(self, shape)


@dataclass(frozen=True, slots=True)
class PyramidPool:
    """Spatial pyramid max-pooling into level x level bins for each level, concatenated."""

    name: str
    levels: tuple[int, ...]

    @property
    def bins(self) -> int:
        """Bins of all levels together."""
        return sum(level**2 for level in self.levels)

    def output(self, shape: Shape) -> Shape:
        """A vector of channels x bins."""
        return (shape[0] * self.bins,)


@dataclass(frozen=True, slots=True)
class Dropout:
    """Dropout in AlexNet's form (section 4.2): zero with probability `p` in training, multiply by 1 - p at test."""

    name: str
    p: float


Layer = Conv | Local | Linear | Activation | ResponseNorm | MaxPool | AveragePool | PyramidPool | Dropout


@dataclass(frozen=True, slots=True)
class Traced:
    """One layer with its place in a net: shapes, counts of weights, biases and slopes, and multiply-adds an image."""

    layer: Layer
    input: Shape
    output: Shape
    weights: int = 0
    biases: int = 0
    slopes: int = 0
    multiply_adds: int = 0

    @property
    def parameters(self) -> int:
        """Everything learned in the layer."""
        return self.weights + self.biases + self.slopes

    @property
    def units(self) -> int:
        """Numbers that come out for one image."""
        return _size(self.output)


def trace(layers: Iterable[Layer], shape: Shape) -> Iterator[Traced]:
    """Walk a chain from an input of `shape`; ValueError where a map shrinks to nothing or groups do not divide."""
    for layer in layers:
        traced = _traced(layer, shape)
        if min(traced.output) < 1:
            raise ValueError(f"layer {layer.name}: an input of {shape} leaves an output of {traced.output}")
        yield traced
        shape = traced.output


def _traced(layer: Layer, shape: Shape) -> Traced:
    match layer:
        case Conv() | Local() | Linear():
            return _learned(layer, shape)
        case MaxPool() | AveragePool() | PyramidPool():
            return Traced(layer, shape, layer.output(shape))
        case Activation(kind="prelu_channel"):
            return Traced(layer, shape, shape, slopes=shape[0])
        case Activation(kind="prelu_shared"):
            return Traced(layer, shape, shape, slopes=1)
        case _:
            return Traced(layer, shape, shape)


def _learned(layer: Conv | Local | Linear, shape: Shape) -> Traced:
    if isinstance(layer, Conv):
        _check_groups(layer, shape)
    output, fan_in = layer.output(shape), layer.fan_in(shape)
    kernels = layer.filters if isinstance(layer, Conv) else _size(output)
    return Traced(layer, shape, output, fan_in * kernels, kernels, 0, fan_in * _size(output))


def _check_groups(layer: Conv, shape: Shape) -> None:
    if shape[0] % layer.groups or layer.filters % layer.groups:
        raise ValueError(
            f"layer {layer.name}: {layer.groups} groups do not divide {shape[0]} input maps and {layer.filters} filters"
        )


def _convolved(layer: Conv | Local, shape: Shape) -> Shape:
    _, height, width = shape
    left, right, top, bottom = layer.pad
    rows = (height + top + bottom - layer.kernel) // layer.stride + 1
    columns = (width + left + right - layer.kernel) // layer.stride + 1
    return (layer.filters, rows, columns)


def _pooled(layer: MaxPool | AveragePool, shape: Shape) -> Shape:
    spare = layer.stride - 1 if layer.cover else 0
    channels, *sides = shape
    return (channels, *((side - layer.size + spare) // layer.stride + 1 for side in sides))


def _size(shape: Shape) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
