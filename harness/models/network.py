"""Turns layer descriptions into a torch module, and answers what one may ask of its tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from harness.models.layers import IMAGE, PARAMETER_KINDS, Buffer, Layer, Parameter, ParameterKind, Shape, Traced, trace

Decays = Literal["weights", "all"] | Sequence[ParameterKind]
"""Which kinds of parameters decay: weights, every one, or those named."""


class Network(nn.Module):
    """A net of named children, each of which takes the outputs of others.

    There is one child for each layer, by its name with "_" for ".", and one for what comes before it, such as the
    zeros around a map (`<layer>_pad`) or the making of a vector (`<layer>_flatten`). `get_submodule("conv1").weight` is
    the kernels of conv1. The net's output is that of its last child.
    """

    def __init__(
        self, children: Mapping[str, nn.Module], sources: Mapping[str, tuple[str, ...]], traced: Mapping[str, Traced]
    ) -> None:
        """`sources` names the children that each child takes, or `image`; `traced` describes those that are layers."""
        super().__init__()
        self.sources, self.traced = dict(sources), dict(traced)
        for name, child in children.items():
            if hasattr(self, name):
                raise ValueError(f"no module can be named {name!r}, which means something to torch; rename the layer")
            self.add_module(name, child)
        self._spent = _last_uses(self.sources)
        before = (IMAGE, *self.sources)
        self._chain = all(taken == (one,) for taken, one in zip(self.sources.values(), before, strict=False))

    def forward(self, images: Tensor) -> Tensor:
        """What comes out of the last child for images [N, *shape]."""
        if self._chain:
            for child in self.children():
                images = child(images)
            return images
        found = images
        for _, found in self.passing(images):  # noqa: B007 - the last is wanted
            pass
        return found

    def passing(self, images: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Each child's name and output in turn; an output that nobody needs any more is let go."""
        held = {IMAGE: images}
        for name, child in self.named_children():
            found: Tensor = child(*[held[source] for source in self.sources[name]])
            for source in self._spent[name]:
                del held[source]
            held[name] = found
            yield name, found

    def cut(self, after: str) -> tuple[Network, Network]:
        """The net up to a child and the net after it, of the same modules.

        Raises ValueError where something else than that child's output would cross the cut.
        """
        names = list(self.sources)
        place = names.index(after) + 1
        first, rest = names[:place], names[place:]
        for name in rest:
            if crossing := [one for one in self.sources[name] if one in (IMAGE, *first) and one != after]:
                raise ValueError(f"the net cannot be cut after {after}: {name} also takes {crossing[0]}")
        instead = {name: tuple(IMAGE if one == after else one for one in self.sources[name]) for name in rest}
        return self._part({name: self.sources[name] for name in first}), self._part(instead)

    def kinds(self) -> Iterator[tuple[ParameterKind, str, nn.Parameter]]:
        """Every parameter with its kind, as its layer declares it, and its name; in the order of `named_parameters`."""
        kinds = {f"{child}.{one.name}": one.kind for child, layer in self.traced.items() for one in layer.learned}
        return ((kinds[name], name, parameter) for name, parameter in self.named_parameters())

    def mixing(self) -> list[str]:
        """The layers that mix the images of a batch."""
        return [one.name for one in self.traced.values() if one.layer.mixes_images]

    def _part(self, sources: Mapping[str, tuple[str, ...]]) -> Network:
        traced = {name: one for name, one in self.traced.items() if name in sources}
        return Network({name: self.get_submodule(name) for name in sources}, sources, traced)


def child_name(layer: str) -> str:
    """The name of a layer's module: its own with "_" for ".", which torch does not allow there."""
    return layer.replace(".", "_")


def build(layers: Iterable[Layer], input_shape: Shape) -> Network:
    """The net that maps float images [N, *input_shape] to logits [N, classes].

    Weights and biases are NaN until initialised or loaded, so that none can be forgotten; everything else has the
    value that its layer declares. Raises ValueError where `trace` does, where two layers would have one child, and
    where a layer's module holds other tensors than it declares.
    """
    children: dict[str, nn.Module] = {}
    sources: dict[str, tuple[str, ...]] = {}
    described: dict[str, Traced] = {}
    for one in trace(layers, input_shape):
        name, inputs = child_name(one.name), tuple(child_name(source) for source in one.inputs)
        for suffix, child in one.layer.before(*one.shapes).items():
            _add(f"{name}{suffix}", child, inputs, children, sources)
            inputs = (f"{name}{suffix}",)
        _add(name, _filled(one), inputs, children, sources)
        described[name] = one
    return Network(children, sources, described)


def activations(network: Network, images: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
    """What comes out of each named layer for a batch of images, in one pass that ends at the last of them.

    Raises ValueError for a name that is no layer of the net.
    """
    wanted = {child_name(layer): layer for layer in layers}
    unknown = wanted.keys() - network.sources.keys()
    if unknown:
        names = ", ".join(network.sources)
        raise ValueError(f"no layer {', '.join(sorted(wanted[name] for name in unknown))}; there are {names}")
    found: dict[str, Tensor] = {}
    for name, output in network.passing(images) if wanted else ():
        if name in wanted:
            found[wanted[name]] = output
        if len(found) == len(wanted):
            break
    return found


def decay_groups(network: Network, weight_decay: float, decays: Decays = "weights") -> list[dict[str, Any]]:
    """Parameter groups for an optimiser: the weights, then what else decays, then the rest.

    The rest are biases, PReLU slopes, and scales and shifts of normalisations; decay tends to push slopes to zero and
    so PReLU to ReLU (PReLU section 2.1). With `decays="all"` all of them decay; or else the kinds that are named.
    """
    decaying = {"weights": ("weight",), "all": PARAMETER_KINDS}.get(decays, ()) if isinstance(decays, str) else decays
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for kind, _, parameter in network.kinds():
        groups.setdefault((kind != "weight", kind not in decaying), []).append(parameter)
    return [{"params": groups[which], "weight_decay": 0.0 if which[1] else weight_decay} for which in sorted(groups)]


def weights_sha256(network: nn.Module) -> str:
    """The SHA-256 of every parameter and buffer, on whatever device: names in order, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _add(
    name: str,
    child: nn.Module,
    inputs: tuple[str, ...],
    children: dict[str, nn.Module],
    sources: dict[str, tuple[str, ...]],
) -> None:
    if name in children:
        raise ValueError(f"two layers would have a module named {name!r}; rename one")
    children[name], sources[name] = child, inputs


def _last_uses(sources: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """By child, the outputs that none after it takes."""
    last = {source: name for name, taken in sources.items() for source in taken}
    spent: dict[str, list[str]] = {name: [] for name in sources}
    for source, name in last.items():
        spent[name].append(source)
    return spent


def _filled(one: Traced) -> nn.Module:
    """A layer's module with the first values that it declares, without torch's own, which take time and draw."""
    with torch.device("meta"):
        module = one.layer.module(*one.shapes)
    _check(one, "parameters", one.learned, dict(module.named_parameters()))
    _check(one, "buffers", one.buffers, dict(module.named_buffers()))
    for parameter in one.learned:  # `to_empty` would import a package for symbolic algebra
        first = float("nan") if parameter.first is None else parameter.first
        _put(module, parameter.name, nn.Parameter(torch.full(parameter.shape, first)))
    for buffer in one.buffers:
        kind = torch.int64 if buffer.whole else torch.float32
        _put(module, buffer.name, torch.full(buffer.shape, buffer.first, dtype=kind))
    return module


def _put(module: nn.Module, name: str, tensor: Tensor) -> None:
    """In the place of the parameter or buffer of that name."""
    owner, _, last = name.rpartition(".")
    setattr(module.get_submodule(owner), last, tensor)


def _check(one: Traced, what: str, declared: Iterable[Parameter | Buffer], there: Mapping[str, Tensor]) -> None:
    """Raises ValueError where a module holds other tensors than its layer declares."""
    said = {each.name: each.shape for each in declared}
    held = {name: tuple(tensor.shape) for name, tensor in there.items()}
    if said != held:
        raise ValueError(f"layer {one.name}: its module holds the {what} {held}, and it declares {said}")
