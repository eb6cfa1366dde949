"""Writes the declaration of a torch module for a `TorchModule`: its tensors, their kinds, and its cost.

Use it when adding a module written in torch to a net, and paste the result into the net's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from harness.models.layers import Buffer, Parameter, Shape
from harness.models.layers.torch_module import TorchModule, builder, source_sha256

CONNECTED = (nn.Linear, nn.modules.conv._ConvNd)  # noqa: SLF001 - torch's only name of all convolutions
NORMALISING = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)  # noqa: SLF001 - torch's only name of them


def declared(
    name: str, builds: str, *shapes: Shape, parameters: Mapping[str, Parameter] = MappingProxyType({})
) -> TorchModule:
    """Return the declaration of the module that the function `builds` returns; its `repr` can be pasted into a file.

    The module is measured on torch's `meta` device. `parameters` declares parameters of layers that are not torch's
    own, by name. Raises ValueError for a parameter whose kind remains unknown, and for a buffer whose first values
    differ.
    """
    module = builder(builds)(*shapes).eval()
    learned = tuple(_parameters(module, parameters))
    state = tuple(_buffer(key, tensor) for key, tensor in module.named_buffers())
    module = module.to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        given = module(*(torch.empty(1, *shape, device="meta") for shape in shapes))
    # The counter counts one multiply-add as two operations.
    costs = counter.get_total_flops() // 2
    return TorchModule(name, builds, source_sha256(builds), tuple(given.shape[1:]), learned, state, costs)


def _parameters(module: nn.Module, told: Mapping[str, Parameter]) -> Iterator[Parameter]:
    for key, parameter in module.named_parameters():
        owner, _, last = key.rpartition(".")
        yield told[key] if key in told else _parameter(key, last, module.get_submodule(owner), parameter)


def _parameter(key: str, last: str, owner: nn.Module, parameter: Tensor) -> Parameter:
    shape = tuple(parameter.shape)
    if isinstance(owner, CONNECTED):
        area = parameter[0][0].numel() if parameter.dim() > 1 else 1
        groups = getattr(owner, "groups", 1)
        fans = (shape[1] * area, shape[0] * area // groups) if last == "weight" else (0, 0)
        return Parameter(key, "weight" if last == "weight" else "bias", shape, None, *fans)
    if isinstance(owner, NORMALISING):
        return Parameter(key, "scale", shape, 1.0) if last == "weight" else Parameter(key, "shift", shape, 0.0)
    if isinstance(owner, nn.PReLU):
        return Parameter(key, "slope", shape, float(owner.init))
    raise ValueError(
        f"nobody tells what kind of parameter {key} of a {type(owner).__name__} is; give it as `parameters`"
    )


def _buffer(key: str, tensor: Tensor) -> Buffer:
    values = sorted(set(tensor.flatten().tolist()))
    if len(values) != 1:
        raise ValueError(f"the buffer {key} begins with {len(values)} different values; compute it where it is used")
    return Buffer(key, tuple(tensor.shape), float(values[0]), whole=not tensor.is_floating_point())
