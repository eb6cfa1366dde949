"""Walks a net layer by layer and yields every shape, parameter and multiply-add, and who takes whose output."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.models.layers.layer import (
    IMAGE,
    PARAMETER_KINDS,
    Buffer,
    Inputs,
    Kernels,
    Layer,
    Parameter,
    ParameterKind,
    Shape,
    size,
)
from harness.vocabulary import nearest


@dataclass(frozen=True, slots=True)
class Traced:
    """One layer in its place in a net: its inputs, shapes, parameters, and multiply-adds for one image."""

    layer: Layer
    inputs: Inputs
    """Names of layers, or `image`."""
    shapes: tuple[Shape, ...]
    """Shapes of the inputs."""
    output: Shape
    learned: tuple[Parameter, ...] = ()
    buffers: tuple[Buffer, ...] = ()
    multiply_adds: int = 0

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.layer.name

    @property
    def input(self) -> Shape:
        """Shape of the first input, which for most layers is the only one."""
        return self.shapes[0]

    @property
    def kernels(self) -> Kernels | None:
        """Kernels of a convolution; None for other layers."""
        return self.layer.kernels(*self.shapes)

    @property
    def weighted(self) -> tuple[Parameter, ...]:
        """Parameters that a rule for first weights draws."""
        return tuple(one for one in self.learned if one.kind == "weight")

    def count(self, kind: ParameterKind) -> int:
        """Return the number of learned elements of one kind."""
        return sum(one.size for one in self.learned if one.kind == kind)

    @property
    def weights(self) -> int:
        """Number of weights."""
        return self.count("weight")

    @property
    def biases(self) -> int:
        """Number of biases."""
        return self.count("bias")

    @property
    def slopes(self) -> int:
        """Number of PReLU slopes."""
        return self.count("slope")

    @property
    def parameters(self) -> int:
        """Number of all learned elements."""
        return sum(one.size for one in self.learned)

    @property
    def units(self) -> int:
        """Number of outputs for one image."""
        return size(self.output)


def trace(layers: Iterable[Layer], shape: Shape) -> Iterator[Traced]:
    """Yield the layers of a net with their shapes and counts, given images of `shape`.

    Each layer must come after those it takes. Raises ValueError that names the layer for: an object that is no layer,
    or that leaves a required question open; a name that occurs twice or does not exist; inputs of the wrong number or
    shape; a map that shrinks to nothing; an output that nothing takes, such as that of a forgotten shortcut; and an
    auxiliary classifier whose output a layer takes, or that has other logits than the last layer.

    >>> from harness.models.layers import Conv, Linear
    >>> [(one.name, one.output, one.parameters) for one in trace([Conv("conv1", 8, 3), Linear("fc", 10)], (1, 8, 8))]
    [('conv1', (8, 6, 6), 80), ('fc', (10,), 2890)]
    """
    shapes: dict[str, Shape] = {IMAGE: shape}
    untaken: dict[str, None] = {}
    asides: list[str] = []
    last = IMAGE
    for layer in layers:
        check_answers(layer)
        _check_name(layer.name, shapes)
        inputs = layer.inputs or (last,)
        _check_inputs(layer, inputs, shapes)
        traced = _traced(layer, inputs, tuple(shapes[name] for name in inputs))
        for name in inputs:
            untaken.pop(name, None)
        last = layer.name
        shapes[last], untaken[last] = traced.output, None
        asides += [last] if layer.loss_weight is not None else []
        yield traced
    _check_untaken([name for name in untaken if name not in asides], last)
    for name in asides:
        if shapes[name] != shapes[last] or name not in untaken or name == last:
            raise ValueError(f"layer {name}: an auxiliary classifier gives logits as the last layer does, for no layer")


def _check_untaken(untaken: Sequence[str], last: str) -> None:
    if left := [name for name in untaken if name != last]:
        raise ValueError(f"nothing takes the output of {', '.join(left)}; name it among the inputs of a later layer")


def _traced(layer: Layer, inputs: Inputs, shapes: tuple[Shape, ...]) -> Traced:
    output = layer.output(*shapes)
    if min(output) < 1:
        raise ValueError(f"layer {layer.name}: an input of {shapes[0]} leaves an output of {output}")
    learned = layer.parameters(*shapes)
    if strange := [one.kind for one in learned if one.kind not in PARAMETER_KINDS]:
        hint = nearest(strange[0], PARAMETER_KINDS)
        raise ValueError(f"layer {layer.name} ({_where(type(layer))}): no kind of parameter {strange[0]!r}{hint}")
    if any(one.kind == "weight" for one in learned) and type(layer).multiply_adds is Layer.multiply_adds:
        raise ValueError(f"{_kind(layer)} has weights and does not say its multiply_adds")
    return Traced(layer, inputs, shapes, output, learned, layer.buffers(*shapes), layer.multiply_adds(*shapes))


def check_answers(layer: object) -> None:
    """Raise ValueError for an object that is no layer, naming the nearest kind, or that leaves a question open."""
    if not isinstance(layer, Layer):
        known = sorted({kind.__name__ for kind in _kinds(Layer)})
        close = difflib.get_close_matches(type(layer).__name__, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
        said = f"{_kind(layer)} is no kind of layer; {hint}"
        raise ValueError(said)  # noqa: TRY004 - ValueError like the other faults of a suite's net
    kind = type(layer)
    required: tuple[tuple[str, Callable[..., Any]], ...] = (("output", Layer.output), ("module", Layer.module))
    missing = [name for name, unanswered in required if getattr(kind, name) is unanswered]
    missing += [] if hasattr(kind, "mixes_images") else ["mixes_images"]
    if missing:
        raise ValueError(f"{_kind(layer)} does not answer {' and '.join(missing)}, as every kind of layer has to")


def _kinds(above: type[Layer]) -> Iterator[type[Layer]]:
    for kind in above.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _kind(layer: object) -> str:
    name = getattr(layer, "name", None)
    return f"layer {name or ''}".strip() + f": {type(layer).__name__} ({_where(type(layer))})"


def _where(kind: type) -> str:
    """Return the file that defines a class, or else its module."""
    try:
        return inspect.getsourcefile(kind) or kind.__module__
    except (TypeError, OSError):
        return kind.__module__


def _check_name(name: str, shapes: Collection[str]) -> None:
    if name == IMAGE:
        raise ValueError(f"a layer named {IMAGE!r}: so the net's own input is called; name it otherwise")
    if name in shapes:
        raise ValueError(f"two layers are named {name!r}; name each once")


def _check_inputs(layer: Layer, inputs: Inputs, shapes: Collection[str]) -> None:
    for name in inputs:
        if name not in shapes:
            raise ValueError(f"layer {layer.name}: no layer {name!r} before it{nearest(name, shapes)}")
    if layer.several and len(inputs) < 2:
        raise ValueError(f"layer {layer.name}: it takes two inputs or more; name them in `inputs`")
    if not layer.several and len(inputs) > 1:
        raise ValueError(f"layer {layer.name}: it takes one input, not {len(inputs)}")


def require_chain(traced: Iterable[Traced], what: str) -> None:
    """Raise ValueError unless every layer takes exactly the one before it; `what` begins the message."""
    before = IMAGE
    for one in traced:
        if one.inputs != (before,):
            raise ValueError(f"{what} a chain of layers, and {one.name} takes {' and '.join(one.inputs)}")
        before = one.name


def without(layers: Iterable[Layer], gone: Callable[[Layer], bool]) -> tuple[Layer, ...]:
    """Return the net without the single-input layers for which `gone` is true.

    A layer that took the output of one of these takes that layer's input instead.
    """
    left: list[Layer] = []
    instead: dict[str, str] = {}
    before = IMAGE
    for layer in layers:
        inputs = tuple(instead.get(name, name) for name in layer.inputs or (before,))
        if gone(layer):
            instead[layer.name] = inputs[0]
        else:
            last = left[-1].name if left else IMAGE
            left.append(replace(layer, inputs=() if inputs == (last,) else inputs))
        before = layer.name
    return tuple(left)


def nearest_levels(traced: Sequence[Traced], name: str, *, back: bool) -> Iterator[list[Traced]]:
    """Yield the layers one step away from the layer `name`, then those two steps away, and so on; each layer once.

    `back` walks against the flow from image to logits.
    """
    by_name = {one.name: one for one in traced}
    takers: dict[str, list[str]] = {}
    for one in traced:
        for source in one.inputs:
            takers.setdefault(source, []).append(one.name)
    seen, level = {name}, [name]
    while level:
        steps = (by_name[one].inputs if back else takers.get(one, ()) for one in level)
        level = list(dict.fromkeys(two for one in steps for two in one if two in by_name and two not in seen))
        seen.update(level)
        if level:
            yield [by_name[one] for one in level]
