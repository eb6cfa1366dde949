"""Removal of files that a store no longer needs.

`garbage` lists them and `remove` deletes them, except where a process is at work.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.store.inventory import bytes_of, contents
from harness.store.locks import held, is_held
from harness.store.store import JobFolder, Store


@dataclass(frozen=True, slots=True)
class Garbage:
    """A file or folder that may be removed, with the reason and its size."""

    path: Path
    why: str
    bytes: int
    job: JobFolder | None = None
    """The job that this is or belongs to; its lock guards the removal."""

    def document(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return {"path": str(self.path), "why": self.why, "bytes": self.bytes}


def garbage(store: Store, *, stale: bool, unfinished: bool, wanted: Collection[str] | None = None) -> list[Garbage]:
    """List what may be removed from a store.

    Left-over temporary files and the checkpoints of finished jobs are always listed. `stale` adds stale results that
    were set aside, `unfinished` adds unfinished jobs. `wanted` names the folders of jobs to keep; with it, every other
    job is listed. A damaged result is never listed. Raises UsageError for a store that does not exist.
    """
    found = contents(store)
    gone = [Garbage(path, "left by a process that was stopped", bytes_of(path)) for path in found.leftovers]
    for job in found.jobs:
        gone += [] if is_held(job.path) else _of_job(job, unfinished=unfinished, wanted=wanted)
    if stale:
        gone += [_whole(job, "a stale result that was set aside") for job in found.set_aside]
    return sorted(gone, key=lambda one: one.path)


def _of_job(job: JobFolder, *, unfinished: bool, wanted: Collection[str] | None) -> Iterator[Garbage]:
    try:
        result = job.read_result()
    except HarnessError:  # damaged: it may be all that is left of a long run, so a person has to decide
        return
    if wanted is not None and job.path.name not in wanted:
        yield _whole(job, "no named suite needs it")
    elif result is None:
        if unfinished:
            yield _whole(job, "unfinished")
    else:
        for path in (job.checkpoint, job.earlier_checkpoint):
            if path.exists():
                yield Garbage(path, "the checkpoint of a finished job", bytes_of(path), job)


def _whole(job: JobFolder, why: str) -> Garbage:
    return Garbage(job.path, why, bytes_of(job.path), job)


def remove(store: Store, gone: Iterable[Garbage]) -> tuple[list[Garbage], list[Garbage]]:
    """Remove the listed files; return those removed, and those kept because a process has started to work on them."""
    removed: list[Garbage] = []
    stayed: list[Garbage] = []
    for one in gone:
        (removed if _removed(store, one) else stayed).append(one)
    return removed, stayed


def _removed(store: Store, one: Garbage) -> bool:
    if one.job is None:
        if is_held(one.path):
            return False
        _delete(one.path)
        return True
    with held(one.job.path) as ours:
        if not ours or _has_changed(one):
            return False
        if one.path != one.job.path:
            one.path.unlink(missing_ok=True)
        else:  # one rename takes the whole job away, so a kill in the middle leaves no half of it
            bin_ = Path(tempfile.mkdtemp(dir=store.root, prefix=".removed-"))
            one.path.rename(bin_ / one.path.name)
            shutil.rmtree(bin_)
    return True


def _has_changed(one: Garbage) -> bool:
    """Check whether an unfinished job has finished since it was listed."""
    return one.why == "unfinished" and one.path.joinpath("result.json").exists()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
