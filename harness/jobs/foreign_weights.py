"""Weights that were trained elsewhere: read as tensors and nothing else, and fitted to a net name by name."""

from __future__ import annotations

import io
import pickle
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from harness.errors import UsageError
from harness.jobs.checkpoint import save_weights
from harness.models import parse_model
from harness.models.network import Network, build, weights_sha256
from harness.store.store import JobFolder

Tensors = dict[str, torch.Tensor]


def take_over(folder: JobFolder, content: bytes, what: str, spec: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Keep the tensors of a checkpoint as the trained net of a train job of that spec; returns the weights' digest.

    `what` names the checkpoint in errors, `names` says {theirs: ours} where they differ. Raises UsageError for a file
    that is no state dict, and one that names every tensor which is missing, unexpected or misshapen.
    """
    network = build(parse_model(spec["model"]).layers(spec["classes"]), tuple(spec["input"]))
    fitting = fitted(network, renamed(state_dict(content, what), what, names), what)
    network.load_state_dict(fitting)
    save_weights(folder, {name: tensor.contiguous() for name, tensor in network.state_dict().items()})
    return weights_sha256(network)


def state_dict(content: bytes, what: str) -> Tensors:
    """The tensors of a file that torch.save wrote; raises UsageError for anything else. No code in it is ever run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old formats and types, which either load or are refused below
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UsageError(
            f"{what}: holds more than tensors and plain values, or is no file of torch.save; nothing of it was run. "
            "Save its state dict alone: torch.save(net.state_dict(), FILE)"
        ) from None
    except Exception as error:  # what a damaged or hostile file does to the reader cannot be foreseen
        raise UsageError(f"{what}: cannot be read as a file of torch.save ({_first_line(error)})") from error
    if not isinstance(found, Mapping) or not found:
        raise UsageError(f"{what}: holds {type(found).__name__}, not a state dict: a mapping of names to tensors")
    strangers = [name for name, value in found.items() if not (isinstance(name, str) and _plain(value))]
    if strangers:
        within = [name for name in strangers if isinstance(found[name], Mapping)]
        hint = f"; if {within[0]!r} is the state dict, save that alone" if within else ""
        raise UsageError(f"{what}: not a state dict: {_listed(strangers)} is no plain tensor of numbers{hint}")
    return dict(found)


def renamed(tensors: Tensors, what: str, names: Mapping[str, str]) -> Tensors:
    """The tensors under our names; raises UsageError for a name that is not theirs, or two that become one."""
    absent = [theirs for theirs in names if theirs not in tensors]
    if absent:
        raise UsageError(f"--names: {what} has no {_listed(absent)}")
    ours = {theirs: names.get(theirs, theirs) for theirs in tensors}
    twice = [name for name, count in Counter(ours.values()).items() if count > 1]
    if twice:
        raise UsageError(f"--names: more than one tensor of {what} becomes {_listed(twice)}")
    return {ours[theirs]: tensor for theirs, tensor in tensors.items()}


def fitted(network: Network, tensors: Tensors, what: str) -> Tensors:
    """The tensors as the net has them; raises UsageError listing every one that does not fit."""
    faults = list(misfits(network.state_dict(), tensors))
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        hint = _prefix_hint(network.state_dict(), tensors)
        raise UsageError(
            f"{what} does not fit the experiment's net:{lines}\n--names maps other names to those of ours{hint}"
        )
    return tensors


def _prefix_hint(own: Mapping[str, torch.Tensor], tensors: Tensors) -> str:
    """What to do about names that are ours behind a prefix: DataParallel's `module.`, a compiled net's `_orig_mod.`."""
    for prefix in ("module.", "_orig_mod."):
        if any(name.removeprefix(prefix) in own for name in tensors if name.startswith(prefix)):
            return f"; these have the prefix {prefix!r} of a wrapped net: save net.{prefix}state_dict() instead"
    return ""


def misfits(own: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]) -> Iterator[str]:
    """One line for each tensor that is missing, unexpected, misshapen, or not of finite numbers."""
    yield from (f"missing: {name} {_shape(own[name])}" for name in own if name not in tensors)
    yield from (f"unexpected: {_shown(name)} {_shape(tensors[name])}" for name in tensors if name not in own)
    for name, tensor in tensors.items():
        if name in own and tensor.shape != own[name].shape:
            yield f"misshapen: {name} {_shape(tensor)}, where the net has {_shape(own[name])}"
        elif name in own and _numbers(tensor) != _numbers(own[name]):
            yield f"not of {_numbers(own[name])} numbers: {name} ({tensor.dtype})"
        elif name in own and not bool(tensor.float().isfinite().all()):
            yield f"not finite: {name}"


def _plain(value: object) -> bool:
    """Whether a value is an ordinary tensor on the CPU, its numbers all there."""
    return (
        isinstance(value, torch.Tensor)
        and value.layout is torch.strided
        and not value.is_quantized
        and value.device.type == "cpu"
    )


def _numbers(tensor: torch.Tensor) -> str:
    if tensor.is_floating_point():
        return "real"
    return "other" if tensor.is_complex() or tensor.dtype is torch.bool else "whole"


def _shown(name: str) -> str:
    """A name out of a file, such that it can do nothing to a terminal."""
    return name if name.isprintable() else repr(name)


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


def _listed(names: list[Any]) -> str:
    shown = ", ".join(map(repr, names[:10]))
    return shown + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
