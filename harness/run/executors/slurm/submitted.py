"""Lists what a store has handed to Slurm, each job by its newest submission, and ends what is left of it there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, UsageError
from harness.run.executors.slurm import queue
from harness.run.executors.slurm.outlook import MAY_RETURN, RUNNING, WAITING
from harness.run.executors.slurm.queue import Answer
from harness.run.executors.slurm.submissions import PREFIX, Submission, Submissions
from harness.store.store import Store

LIVE = ("running", "waiting")
"""States of jobs that Slurm still has."""
LIVE_STATES = {**dict.fromkeys(WAITING | MAY_RETURN, "waiting"), **dict.fromkeys(RUNNING, "running")}
"""The same by what Slurm calls it."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One job as `jobs` lists it."""

    state: str
    """One of running, waiting, done, failed, stopped (the next run goes on) and not known (squeue is silent)."""
    number: str
    """Slurm's number, such as `1234_5`."""
    label: str
    key: str
    why: str
    """What it waits for, where it runs, or why it failed."""
    log: Path | None
    submissions: int
    """How often it was submitted."""

    def document(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {**asdict(self), "log": None if self.log is None else str(self.log)}


def submitted(store: Store) -> list[Submitted]:
    """List every job that was handed to Slurm from a store, earliest submission first.

    Raises UsageError where there is no store, or where Slurm's commands are not on this machine.
    """
    if not store.root.is_dir():
        raise UsageError(f"there is no store at {store.root}; name one with --store DIR")
    records = Submissions(store)
    records.refresh()
    return list(_listed(records, _answer() if records.known else Answer({}, {})))


def _answer() -> Answer | None:
    queue.require_slurm()
    try:
        return queue.ask(PREFIX)
    except (OSError, subprocess.SubprocessError):
        return None


def _listed(records: Submissions, answer: Answer | None) -> Iterator[Submitted]:
    for record in records:
        for key, index in record.index.items():
            newest = records.newest(key)
            if newest is not None and newest[0] is record:
                yield _of(record, index, answer)


def _of(record: Submission, index: int, answer: Answer | None) -> Submitted:
    job = record.jobs[index]
    state, why = _state(record, index, answer)
    log = None if state == "waiting" else record.log(index)
    return Submitted(state, f"{record.array or '?'}_{index}", job.label, job.key, why, log, job.number)


def _state(record: Submission, index: int, answer: Answer | None) -> tuple[str, str]:
    job, word = record.jobs[index], record.word(index)
    try:
        if record.job_folder(index).read_result_of(job.key) is not None:
            return "done", ""
    except HarnessError as error:
        return "failed", str(error)
    there = None if answer is None else answer.of(record.name, index)
    if there is not None and there.name in LIVE_STATES:
        return LIVE_STATES[there.name], f"on {there.nodes}" if there.name in RUNNING else there.reason or there.name
    if word is not None and word.says in ("failed", "stopped"):
        return word.says, word.why
    if answer is None:
        return "not known", "squeue does not answer"
    return "stopped", f"Slurm says {there.name}" if there else "it is no longer in Slurm's queue"


def cancel(listed: list[Submitted]) -> list[Submitted]:
    """End the jobs of these that Slurm still has, in one call; give them. Raises HarnessError where Slurm does not."""
    live = [one for one in listed if one.state in LIVE]
    try:
        queue.end(one.number for one in live)
    except (OSError, subprocess.SubprocessError) as error:
        raise HarnessError(f"scancel does not answer, and the jobs run on ({error}); try again") from None
    return live
