"""Builds a torch module from layer descriptions, and answers questions about its tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from harness.models.layers import IMAGE, PARAMETER_KINDS, Buffer, Layer, Parameter, ParameterKind, Shape, Traced, trace

Decays = Literal["weights", "all"] | Sequence[ParameterKind]
"""The kinds of parameters that decay: weights, all, or the kinds named."""


class Network(nn.Module):
    """A net of named children, each of which takes outputs of others.

    Each layer is one child, named after it with "_" for ".". Another child may come before it, such as padding by zeros
    (`<layer>_pad`) or flattening (`<layer>_flatten`). `get_submodule("conv1").weight` holds the kernels of conv1. The
    net's output is that of its last child. Auxiliary classifiers are children too; only `with_asides` applies them.
    """

    def __init__(
        self, children: Mapping[str, nn.Module], sources: Mapping[str, tuple[str, ...]], traced: Mapping[str, Traced]
    ) -> None:
        """Create the net from its children.

        `sources` names the children that each child takes, or `image`. `traced` describes the children that are layers.
        Raises ValueError if a child has the name of an attribute of torch's modules.
        """
        super().__init__()
        self.sources, self.traced = dict(sources), dict(traced)
        for name, child in children.items():
            if hasattr(self, name):
                raise ValueError(f"no module can be named {name!r}, which means something to torch; rename the layer")
            self.add_module(name, child)
        self._spent = _last_uses(self.sources)
        self.asides = {name: weight for name, one in traced.items() if (weight := one.layer.loss_weight) is not None}
        self._needed = _needed(self.sources)
        before = (IMAGE, *self.sources)
        self._chain = all(taken == (one,) for taken, one in zip(self.sources.values(), before, strict=False))

    def forward(self, images: Tensor) -> Tensor:
        """Return the output of the last child for images [N, *shape]."""
        if self._chain:
            for child in self.children():
                images = child(images)
            return images
        found = images
        for _, found in self.passing(images, only=self._needed):  # noqa: B007 - only the last output is used
            pass
        return found

    def with_asides(self, images: Tensor) -> tuple[Tensor, list[tuple[float, Tensor]]]:
        """Return the output, and (weight, logits) of each auxiliary classifier, for a step of training."""
        if not self.asides:
            return self(images), []
        found, asides = images, []
        for name, found in self.passing(images):
            if name in self.asides:
                asides.append((self.asides[name], found))
        return found, asides

    def passing(self, images: Tensor, only: Collection[str] | None = None) -> Iterator[tuple[str, Tensor]]:
        """Yield each child's name and output in turn; outputs are released once no later child needs them.

        With `only`, other children are passed over.
        """
        held = {IMAGE: images}
        for name, child in self.named_children():
            if only is not None and name not in only:
                continue
            found: Tensor = child(*[held[source] for source in self.sources[name]])
            for source in self._spent[name]:
                del held[source]
            held[name] = found
            yield name, found

    def cut(self, after: str) -> tuple[Network, Network]:
        """Return the net up to the child `after` and the net after it, which share the modules of this one.

        Raises ValueError if any output but that child's would cross the cut.
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
        """Return every parameter as (kind, name, parameter), in the order of `named_parameters`."""
        kinds = {f"{child}.{one.name}": one.kind for child, layer in self.traced.items() for one in layer.learned}
        return ((kinds[name], name, parameter) for name, parameter in self.named_parameters())

    def mixing(self) -> list[str]:
        """Return the names of the layers that mix the images of a batch."""
        return [one.name for one in self.traced.values() if one.layer.mixes_images]

    def _part(self, sources: Mapping[str, tuple[str, ...]]) -> Network:
        traced = {name: one for name, one in self.traced.items() if name in sources}
        return Network({name: self.get_submodule(name) for name in sources}, sources, traced)


def child_name(layer: str) -> str:
    """Return the name of a layer's module: "_" replaces ".", which torch does not allow.

    >>> child_name("conv1.relu")
    'conv1_relu'
    """
    return layer.replace(".", "_")


def build(layers: Iterable[Layer], input_shape: Shape) -> Network:
    """Build the net that maps float images [N, *input_shape] to logits [N, classes].

    Weights and biases are NaN until initialised or loaded, so that none can be forgotten. All other tensors have the
    value that their layer declares. Raises ValueError if `trace` does, if two layers would have one child, or if a
    layer's module holds tensors other than those it declares.
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
    """Return the output of each named layer for a batch of images, in one pass that ends at the last of them.

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


def decay_groups(
    network: Network, weight_decay: float, decays: Decays = "weights", *, by_layer: bool = False
) -> list[dict[str, Any]]:
    """Return parameter groups for an optimiser: weights, then other parameters that decay, then those that do not.

    By default only weights decay. Biases, PReLU slopes, and scales and shifts of normalisations do not: decay tends to
    push slopes to zero and so PReLU to ReLU (PReLU section 2.1). `decays="all"` lets all of them decay, a sequence the
    kinds in it. `by_layer` gives each parameter a group of its own with its `layer` and `kind`.
    """
    decaying = {"weights": ("weight",), "all": PARAMETER_KINDS}.get(decays, ()) if isinstance(decays, str) else decays
    if by_layer:
        return [
            {"params": [parameter], "weight_decay": weight_decay if kind in decaying else 0.0, "kind": kind}
            | {"layer": network.traced[name.rpartition(".")[0]].name}
            for kind, name, parameter in network.kinds()
        ]
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for kind, _, parameter in network.kinds():
        groups.setdefault((kind != "weight", kind not in decaying), []).append(parameter)
    return [{"params": groups[which], "weight_decay": 0.0 if which[1] else weight_decay} for which in sorted(groups)]


def weights_sha256(network: nn.Module) -> str:
    """Return the SHA-256 of all parameters and buffers: names in order, types, shapes and bytes; any device."""
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
    """Return, by child, the outputs that no later child takes."""
    last = {source: name for name, taken in sources.items() for source in taken}
    spent: dict[str, list[str]] = {name: [] for name in sources}
    for source, name in last.items():
        spent[name].append(source)
    return spent


def _needed(sources: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the children that the output of the last one rests on."""
    needed = set(list(sources)[-1:])
    for name, taken in reversed(list(sources.items())):
        if name in needed:
            needed.update(taken)
    return needed


def _filled(one: Traced) -> nn.Module:
    """Return a layer's module with its declared first values; torch's own would take time and draw random numbers."""
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
    """Replace the parameter or buffer called `name`."""
    owner, _, last = name.rpartition(".")
    setattr(module.get_submodule(owner), last, tensor)


def _check(one: Traced, what: str, declared: Iterable[Parameter | Buffer], there: Mapping[str, Tensor]) -> None:
    """Raise ValueError if a module holds tensors other than those its layer declares."""
    said = {each.name: each.shape for each in declared}
    held = {name: tuple(tensor.shape) for name, tensor in there.items()}
    if said != held:
        raise ValueError(f"layer {one.name}: its module holds the {what} {held}, and it declares {said}")
