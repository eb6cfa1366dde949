"""Turns a chain of layer descriptions into a torch module, and answers what one may ask of its weights."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn

from harness.models import modules
from harness.models.layers import (
    Activation,
    AveragePool,
    Conv,
    Dropout,
    Layer,
    Linear,
    Local,
    MaxPool,
    PyramidPool,
    ResponseNorm,
    Shape,
    Traced,
    trace,
)

Weighted = nn.Conv2d | modules.Local | nn.Linear
"""The modules that have weights; all of them have biases too."""

Network = nn.Sequential
"""One child for each layer, by its name with "_" for "."; `network.get_submodule("conv1").weight` is its kernels."""


def child_name(layer: str) -> str:
    """The name of a layer's module: its own with "_" for ".", which torch does not allow there."""
    return layer.replace(".", "_")


def build(layers: Iterable[Layer], input_shape: Shape) -> Network:
    """The net that maps float images [N, *input_shape] to logits [N, classes].

    Maps reach a fully connected layer flattened as maps, rows, columns, by a child named `<layer>_flatten`; zeros that
    differ by side are added by one named `<layer>_pad`. Weights and biases are NaN until initialised or loaded, so that
    none can be forgotten. Raises ValueError where a map shrinks to nothing.
    """
    children = OrderedDict(child for traced in trace(layers, input_shape) for child in _children(traced))
    return nn.Sequential(children)


def activations(network: Network, images: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
    """What comes out of each named layer for a batch of images, in one pass that ends at the last of them.

    Raises ValueError for a name that is no layer of the net.
    """
    wanted = {child_name(layer): layer for layer in layers}
    unknown = wanted.keys() - dict(network.named_children()).keys()
    if unknown:
        names = ", ".join(name for name, _ in network.named_children())
        raise ValueError(f"no layer {', '.join(sorted(wanted[name] for name in unknown))}; there are {names}")
    found: dict[str, Tensor] = {}
    for name, child in network.named_children():
        if len(found) == len(wanted):
            break
        images = child(images)
        if name in wanted:
            found[wanted[name]] = images
    return found


def decay_groups(
    network: nn.Module, weight_decay: float, decays: Literal["weights", "all"] = "weights"
) -> list[dict[str, Any]]:
    """Parameter groups for an optimiser: weights of convolutions, local and fully connected layers decay, the rest not.

    The rest are biases and PReLU slopes; decay tends to push slopes to zero and so PReLU to ReLU (PReLU section 2.1).
    With `decays="all"` they decay too.
    """
    weights = [module.weight for module in network.modules() if isinstance(module, Weighted)]
    known = {id(weight) for weight in weights}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in known]
    rest_decay = weight_decay if decays == "all" else 0.0
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": rest, "weight_decay": rest_decay}]
    return [group for group in groups if group["params"]]


def weights_sha256(network: nn.Module) -> str:
    """The SHA-256 of every parameter and buffer, on whatever device: names in order, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _children(traced: Traced) -> Iterator[tuple[str, nn.Module]]:
    layer, name = traced.layer, child_name(traced.layer.name)
    match layer:
        case Conv() | Local():
            yield from _convolution(layer, traced)
        case Linear():
            if len(traced.input) > 1:
                yield f"{name}_flatten", nn.Flatten()
            yield name, _blank(nn.Linear, traced.weights // layer.units, layer.units)
        case Activation():
            yield name, _activation(layer, traced.input[0])
        case ResponseNorm(k=k, n=n, alpha=alpha, beta=beta, per_group=groups):
            yield name, modules.ResponseNorm(k=k, n=n, alpha=alpha, beta=beta, groups=groups)
        case MaxPool(size=size, stride=stride, cover=cover):
            yield name, nn.MaxPool2d(size, stride, ceil_mode=cover)
        case AveragePool(size=size, stride=stride, cover=cover):
            yield name, nn.AvgPool2d(size, stride, ceil_mode=cover)
        case PyramidPool(levels=levels):
            yield name, modules.PyramidPool(levels)
        case Dropout(p=p):
            yield name, modules.PaperDropout(p)


def _convolution(layer: Conv | Local, traced: Traced) -> Iterator[tuple[str, nn.Module]]:
    left, right, top, bottom = layer.pad
    name, padding = child_name(layer.name), (top, left)
    if (left, top) != (right, bottom):
        yield f"{name}_pad", nn.ZeroPad2d(layer.pad)
        padding = (0, 0)
    sizes = traced.input[0], layer.filters, layer.kernel
    if isinstance(layer, Conv):
        yield name, _blank(nn.Conv2d, *sizes, stride=layer.stride, padding=padding, groups=layer.groups)
    else:
        yield name, _blank(modules.Local, *sizes, sides=traced.output[1:], stride=layer.stride, padding=padding)


def _activation(layer: Activation, channels: int) -> nn.Module:
    match layer.kind:
        case "relu":
            return nn.ReLU()
        case "tanh":
            return nn.Tanh()
        case "logistic":
            return nn.Sigmoid()
        case "leaky":
            return nn.LeakyReLU(layer.slope)
        case "prelu_shared":
            return nn.PReLU(1, init=layer.slope)
        case "prelu_channel":
            return nn.PReLU(channels, init=layer.slope)


def _blank(kind: type[nn.Module], *sizes: int, **arguments: Any) -> nn.Module:
    """A layer without torch's own first weights, which take time and draw from the global generator."""
    with torch.device("meta"):
        module = kind(*sizes, **arguments)
    for name, parameter in module.named_parameters():  # `to_empty` would import a package for symbolic algebra
        setattr(module, name, nn.Parameter(torch.full(parameter.shape, float("nan"))))
    return module
