"""Checkpoints of trainings: written atomically, sealed by a digest, with the previous one kept as a fallback.

The module also stores the weights of trained nets and copies weights from one net to another.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Collection, Iterator
from typing import Any

import torch

from harness.errors import UsageError
from harness.jobs.ranks import joined
from harness.progress import Progress
from harness.store.store import JobFolder, write_atomically

UNREADABLE = (OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError, pickle.UnpicklingError)
"""Exceptions of `torch.load` for files that are damaged, no checkpoints, or hold more than tensors and plain values."""

_DIGEST_BYTES = hashlib.sha256().digest_size


def save(folder: JobFolder, state: dict[str, Any]) -> None:
    """Write `state` (tensors and plain values) as the newest checkpoint and keep the previous one.

    Of several processes that share a job only the first writes.
    """
    if not joined().first:
        return
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0, io.SEEK_END)
    buffer.write(hashlib.sha256(buffer.getbuffer()).digest())
    if folder.checkpoint.exists():
        folder.checkpoint.replace(folder.earlier_checkpoint)
    write_atomically(folder.checkpoint, buffer.getbuffer())


def load(folder: JobFolder, progress: Progress) -> dict[str, Any] | None:
    """Return the newest sound checkpoint, or None if there is none.

    A damaged checkpoint is reported through `progress` and skipped.
    """
    damaged = False
    for path in (folder.checkpoint, folder.earlier_checkpoint):
        if not path.exists():
            continue
        content = memoryview(path.read_bytes())
        payload, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if hashlib.sha256(payload).digest() == digest:
            try:
                state: dict[str, Any] = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
            except UNREADABLE:  # not damaged, by its digest: it holds code or is no checkpoint
                progress.say(f"{path} is no checkpoint of this program and passed over; nothing of it was run")
                damaged = True
                continue
            return state
        damaged = True
        progress.say(f"{path} is damaged and passed over")
    if damaged:
        progress.say(f"{progress.label}: no sound checkpoint is left; starting anew")
    return None


def save_weights(folder: JobFolder, weights: dict[str, torch.Tensor]) -> None:
    """Write the tensors of a trained net. Of several processes that share a job only the first writes."""
    if not joined().first:
        return
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    write_atomically(folder.weights, buffer.getbuffer())


def load_weights(folder: JobFolder) -> dict[str, torch.Tensor]:
    """Read the tensors of a trained net. Raises UsageError with the file's name if they cannot be read."""
    try:
        weights: dict[str, torch.Tensor] = torch.load(folder.weights, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        said = (str(error).splitlines() or [""])[0]
        raise UsageError(f"{folder.weights} cannot be read ({said}); move {folder.path} away to train again") from None
    return weights


def start_from(
    network: torch.nn.Module, weights: dict[str, torch.Tensor], takes: Collection[str] | None = None
) -> None:
    """Copy every tensor of `weights` whose name and shape match one of `network`; the others keep their first weights.

    With `takes`, only tensors of the layers named there are copied.
    """
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    if takes is not None:
        fitting = {name: tensor for name, tensor in fitting.items() if name.rpartition(".")[0] in takes}
    network.load_state_dict(own | fitting)


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """List the settings that differ between two machines, as `name theirs -> mine`.

    The settings are those of `harness.jobs.device.repeats_on` and of the caller: a run repeats bit for bit only if all
    are equal.

    >>> list(differences({"device": "cpu", "threads": 2}, {"device": "cpu", "threads": 1}))
    ['threads 1 -> 2']
    """
    names = [*mine, *(name for name in theirs if name not in mine)]
    changed = (name for name in names if theirs.get(name) != mine.get(name))
    return (f"{name} {theirs.get(name)!r} -> {mine.get(name)!r}" for name in changed)
