"""Weights that were trained elsewhere: reads a checkpoint as tensors only and fits it to a net name by name.

The command `import` uses it.
"""

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


def take_over(
    folder: JobFolder, content: bytes, what: str, spec: Mapping[str, Any], names: Mapping[str, str | None]
) -> tuple[str, list[str]]:
    """Store the tensors of a checkpoint as the trained net of a train job.

    Returns the digest of the weights, and the names of the tensors that were left out.

    `content` holds the bytes of the checkpoint; `what` names it in error messages. `spec` is that of the train job.
    `names` maps their tensor names to ours where they differ, and to None where a tensor is left out. Raises UsageError
    if the file is not a state dict, or if tensors are missing, unexpected or of another shape; the message lists all of
    them.
    """
    network = build(parse_model(spec["model"]).layers(spec["classes"]), tuple(spec["input"]))
    theirs = state_dict(content, what)
    fitting = fitted(network, renamed(theirs, what, names), what)
    network.load_state_dict(fitting)
    save_weights(folder, {name: tensor.contiguous() for name, tensor in network.state_dict().items()})
    return weights_sha256(network), [name for name in theirs if names.get(name, name) is None]


def state_dict(content: bytes, what: str) -> Tensors:
    """Return the tensors in the bytes of a file written by `torch.save`, without running any code in it.

    Raises UsageError if the file holds anything but a state dict.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old formats; such a file loads or is refused below
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UsageError(
            f"{what}: holds more than tensors and plain values, or is no file of torch.save; nothing of it was run. "
            "Save its state dict alone: torch.save(net.state_dict(), FILE)"
        ) from None
    except Exception as error:  # a damaged or hostile file can raise any exception
        raise UsageError(f"{what}: cannot be read as a file of torch.save ({_first_line(error)})") from error
    if not isinstance(found, Mapping) or not found:
        raise UsageError(f"{what}: holds {type(found).__name__}, not a state dict: a mapping of names to tensors")
    strangers = [name for name, value in found.items() if not (isinstance(name, str) and _plain(value))]
    if strangers:
        within = [name for name in strangers if isinstance(found[name], Mapping)]
        hint = f"; if {within[0]!r} is the state dict, save that alone" if within else ""
        raise UsageError(f"{what}: not a state dict: {_listed(strangers)} is no plain tensor of numbers{hint}")
    return dict(found)


def renamed(tensors: Tensors, what: str, names: Mapping[str, str | None]) -> Tensors:
    """Rename tensors by `names` ({theirs: ours}), and leave out those whose name becomes None.

    Raises UsageError if a name that becomes another does not exist among theirs, or if two tensors get the same name.
    """
    absent = [theirs for theirs, name in names.items() if theirs not in tensors and name is not None]
    if absent:
        raise UsageError(f"--names: {what} has no {_listed(absent)}")
    ours = {theirs: name for theirs in tensors if (name := names.get(theirs, theirs)) is not None}
    twice = [name for name, count in Counter(ours.values()).items() if count > 1]
    if twice:
        raise UsageError(f"--names: more than one tensor of {what} becomes {_listed(twice)}")
    return {name: tensors[theirs] for theirs, name in ours.items()}


def fitted(network: Network, tensors: Tensors, what: str) -> Tensors:
    """Return `tensors` if they fit the net. Raises UsageError that lists every tensor that does not fit."""
    faults = list(misfits(network.state_dict(), tensors))
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        hint = _prefix_hint(network.state_dict(), tensors)
        raise UsageError(
            f"{what} does not fit the experiment's net:{lines}\n--names maps other names to those of ours{hint}"
        )
    return tensors


def _prefix_hint(own: Mapping[str, torch.Tensor], tensors: Tensors) -> str:
    """Return a hint if names match ours behind a prefix: `module.` of DataParallel, `_orig_mod.` of compiled nets."""
    for prefix in ("module.", "_orig_mod."):
        if any(name.removeprefix(prefix) in own for name in tensors if name.startswith(prefix)):
            return f"; these have the prefix {prefix!r} of a wrapped net: save net.{prefix}state_dict() instead"
    return ""


def misfits(own: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]) -> Iterator[str]:
    """Yield a line for each tensor that is missing, unexpected, of another shape or type, or not finite."""
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
    """Return whether a value is an ordinary dense tensor on the CPU."""
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
    """Return a name from the file in a form that cannot send control characters to a terminal."""
    return name if name.isprintable() else repr(name)


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


def _listed(names: list[Any]) -> str:
    shown = ", ".join(map(repr, names[:10]))
    return shown + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
