"""Measures how far two results of one job lie apart: their numbers, curves, predictions and weights."""

from __future__ import annotations

import json
import math
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.store.store import JobFolder

ANSWERS = "probabilities"
"""The array of `predictions.npz` whose largest entry in a row is a net's answer."""


_UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, zipfile.BadZipFile, pickle.UnpicklingError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a result that is another in the second run."""

    what: str
    says: str
    largest: float | None = None
    """The largest absolute difference, where numbers can be set beside each other."""

    def document(self) -> dict[str, Any]:
        """The difference as plain data, for `--json`."""
        return asdict(self)


def result_differences(stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare the outcomes and numbers of two results; where, when and how long they ran is left aside."""
    for name in ("outcome", "diverged_at", "steps", "absent"):
        if stored.get(name) != again.get(name):
            yield Difference(name, f"{stored.get(name)!r} was stored, {again.get(name)!r} came out")
    values = stored["values"], again["values"]
    for name in sorted({*values[0], *values[1]}):
        before, now = (one.get(name) for one in values)
        if before != now:
            apart = abs(now - before) if before is not None and now is not None else None
            yield Difference(name, f"{before} was stored, {now} came out", apart)


def file_differences(name: str, stored: JobFolder, again: JobFolder) -> Iterator[Difference]:
    """Compare two output files of one name that are not the same bytes; each is read only as data."""
    before, now = stored.path / name, again.path / name
    if not (before.exists() and now.exists()):
        missing = "is not in the store" if not before.exists() else "did not come out again"
        yield Difference(name, f"the file {missing}, so only its digest can be compared, and that differs")
        return
    try:
        compare = {".pt": _tensors, ".npz": _arrays, ".jsonl": _curves}[before.suffix]
        found = list(compare(before, now))
    except _UNREADABLE as error:
        found = [Difference(name, f"cannot be compared number by number ({type(error).__name__})")]
    yield from found or [Difference(name, "the same numbers in other bytes", 0.0)]


def _tensors(before: Path, now: Path) -> Iterator[Difference]:
    import torch  # noqa: PLC0415 - seconds, and only of use where weights differ

    one, other = (torch.load(path, map_location="cpu", weights_only=True) for path in (before, now))
    arrays = [{name: tensor.double().numpy() for name, tensor in each.items()} for each in (one, other)]
    yield from _apart(before.name, *arrays)


def _arrays(before: Path, now: Path) -> Iterator[Difference]:
    import numpy as np  # noqa: PLC0415

    with np.load(before, allow_pickle=False) as one, np.load(now, allow_pickle=False) as other:
        arrays = [{name: each[name] for name in each.files} for each in (one, other)]
    yield from _apart(before.name, *arrays)
    answers = [each[ANSWERS].argmax(1) for each in arrays if ANSWERS in each]
    if len(answers) == 2 and answers[0].shape == answers[1].shape:
        changed = int((answers[0] != answers[1]).sum())
        if changed:
            yield Difference(before.name, f"another answer to {changed} of {len(answers[0])} images")


def _apart(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare the arrays of one name in two files, those that differ most first."""
    for missing in sorted(set(before) ^ set(now)):
        yield Difference(f"{name}: {missing}", "is in one of the two only")
    found = [_array_apart(f"{name}: {key}", before[key], now[key]) for key in before if key in now]
    yield from sorted((one for one in found if one), key=lambda one: -(one.largest or math.inf))


def _array_apart(what: str, before: Any, now: Any) -> Difference | None:
    import numpy as np  # noqa: PLC0415

    if before.shape != now.shape:
        return Difference(what, f"of shape {before.shape} in the store, {now.shape} again")
    if before.dtype.kind not in "biuf":
        changed = int((before != now).sum())
        return Difference(what, f"{changed} of {before.size} differ") if changed else None
    apart = np.abs(now.astype(np.float64) - before.astype(np.float64))
    if not apart.size or np.array_equal(before, now, equal_nan=before.dtype.kind == "f"):
        return None
    largest = float(apart.max())
    return Difference(what, f"max |difference| {largest:.3g}, mean {apart.mean():.3g}", largest)


def _curves(before: Path, now: Path) -> Iterator[Difference]:
    rows = [[json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in (before, now)]
    if len(rows[0]) != len(rows[1]):
        yield Difference(before.name, f"{len(rows[0])} epochs in the store, {len(rows[1])} again")
    for name in sorted({name for row in rows[0] for name in row}):
        pairs = [(one["epoch"], abs(one[name] - other[name])) for one, other in zip(*rows, strict=False)]
        apart = [(epoch, by) for epoch, by in pairs if by]
        if apart:
            largest = max(by for _, by in apart)
            says = f"max |difference| {largest:.3g}, the first in epoch {apart[0][0]}"
            yield Difference(f"{before.name}: {name}", says, largest)
