"""Checkpoints that are whole or not taken: sealed by a digest, written atomically, the one before kept."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Iterator
from typing import Any

import torch

from harness.errors import UsageError
from harness.jobs.ranks import joined
from harness.progress import Progress
from harness.store.store import JobFolder, write_atomically

UNREADABLE = (OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError, pickle.UnpicklingError)
"""What torch raises for a file that is damaged, no checkpoint, or asks for more than tensors and plain values."""

_DIGEST_BYTES = hashlib.sha256().digest_size


def save(folder: JobFolder, state: dict[str, Any]) -> None:
    """Write `state` (tensors and plain values), keeping the checkpoint before it; of several processes, the first."""
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
    """The newest sound checkpoint, or None; a damaged one is reported and passed over."""
    damaged = False
    for path in (folder.checkpoint, folder.earlier_checkpoint):
        if not path.exists():
            continue
        content = memoryview(path.read_bytes())
        payload, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if hashlib.sha256(payload).digest() == digest:
            try:
                state: dict[str, Any] = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
            except UNREADABLE:  # its digest fits, so it was written so: it asks for code, or is none of ours
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
    """Write a trained net's tensors; of several processes, the first."""
    if not joined().first:
        return
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    write_atomically(folder.weights, buffer.getbuffer())


def load_weights(folder: JobFolder) -> dict[str, torch.Tensor]:
    """Read a trained net's tensors; raises UsageError naming the file when it cannot be read."""
    try:
        weights: dict[str, torch.Tensor] = torch.load(folder.weights, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        said = (str(error).splitlines() or [""])[0]
        raise UsageError(f"{folder.weights} cannot be read ({said}); move {folder.path} away to train again") from None
    return weights


def start_from(network: torch.nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Take over every tensor of another net that has the same name and shape; the rest keep their first weights."""
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in weights.items() if name in own and own[name].shape == tensor.shape}
    network.load_state_dict(own | fitting)


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """What differs between two machines that would have to be alike for a run to repeat bit for bit."""
    names = [*mine, *(name for name in theirs if name not in mine)]
    changed = (name for name in names if theirs.get(name) != mine.get(name))
    return (f"{name} {theirs.get(name)!r} -> {mine.get(name)!r}" for name in changed)
