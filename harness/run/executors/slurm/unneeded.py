"""Tells `store gc` which submissions nobody needs any more, and which jobs Slurm still has."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError
from harness.run.executors.slurm import queue
from harness.run.executors.slurm.queue import Answer
from harness.run.executors.slurm.submissions import PREFIX, Submission, Submissions
from harness.run.executors.slurm.submitted import LIVE_STATES
from harness.store.garbage import Garbage
from harness.store.inventory import bytes_of
from harness.store.store import KEY_LETTERS, Store

RECENT_S = 3600.0
"""Seconds after its last sign of life for which a submission with a job that is not done stays: its driver may read it,
and its user may look for the log."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What of a store's submissions may go, and what must not."""

    garbage: list[Garbage] = field(default_factory=list)
    needed: frozenset[str] = frozenset()
    """How the keys begin of jobs that Slurm has or may have, and of their inputs, as in the names of directories."""
    silent: str = ""
    """Why Slurm could not be asked, so that whatever is not done counts as needed; empty where it answered."""

    def without_needed(self, gone: Iterable[Garbage]) -> list[Garbage]:
        """Leave out directories that jobs in Slurm's queue need."""
        return [one for one in gone if one.job is None or one.path != one.job.path or not self._needs(one.path)]

    def _needs(self, folder: Path) -> bool:
        return folder.name.rpartition("-")[2] in self.needed


def handed(store: Store) -> Handed:
    """Look through the submissions of a store; asks Slurm where there are any."""
    records = Submissions(store)
    records.refresh()
    broken = [] if not store.slurm.is_dir() else list(_broken(store.slurm, records))
    if not records.known:
        return Handed(broken)
    answer, silent = _asked()
    live = [record for record in records if _is_live(record, answer)]
    unfinished = {record.name: list(_unfinished(record, records)) for record in records}
    stays = {record.name for record in live}
    stays |= {record.name for record in records if unfinished[record.name] and (silent or _is_recent(record.folder))}
    gone = [_garbage(record, unfinished[record.name]) for record in records if record.name not in stays]
    waiting = [(record, index) for record in records for index in unfinished[record.name] if silent or record in live]
    return Handed([*broken, *gone], frozenset(_with_inputs(waiting)), silent)


def _asked() -> tuple[Answer, str]:
    """Slurm's answer, or why there is none."""
    try:
        return queue.ask(PREFIX), ""
    except FileNotFoundError:
        return Answer({}, {}), "squeue is not on this machine"
    except (OSError, subprocess.SubprocessError):
        return Answer({}, {}), "squeue does not answer"


def _is_live(record: Submission, answer: Answer) -> bool:
    return any(state.name in LIVE_STATES for state in answer.tasks.get(record.name, {}).values())


def _unfinished(record: Submission, records: Submissions) -> Iterator[int]:
    """Yield the jobs of a submission, by index, that have no result and were not submitted again since."""
    for key, index in record.index.items():
        newest = records.newest(key)
        if newest is not None and newest[0] is record:
            try:
                done = record.job_folder(index).read_result_of(key) is not None
            except HarnessError:  # damaged, so its log may tell why
                done = False
            if not done:
                yield index


def _is_recent(folder: Path) -> bool:
    signs = [path.stat().st_mtime for path in (folder, *folder.iterdir())]
    return time.time() - max(signs) < RECENT_S


def _garbage(record: Submission, unfinished: list[int]) -> Garbage:
    why = f"{len(unfinished)} of its {len(record.jobs)} jobs are not done" if unfinished else "its jobs are done"
    why = f"a submission with its logs that Slurm no longer has, {why}"
    return Garbage(record.folder, why, bytes_of(record.folder))


def _broken(folder: Path, records: Submissions) -> Iterator[Garbage]:
    """Yield what a driver left that was stopped before it had written a submission, or while it removed one."""
    for path in sorted(folder.glob(f"{PREFIX}*")):
        if path.name not in records.known and not _is_recent(path):
            yield Garbage(path, "left by a process that was stopped", bytes_of(path))


def _with_inputs(tasks: Iterable[tuple[Submission, int]]) -> Iterator[str]:
    for record, index in tasks:
        yield record.jobs[index].key[:KEY_LETTERS]
        with suppress(OSError, KeyError, HarnessError):
            yield from (key[:KEY_LETTERS] for key in record.job_folder(index).read_job()["inputs"].values())
