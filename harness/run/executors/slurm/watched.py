"""One job as its driver watches it: from its submission, through all that is seen of it, to the next one."""

from __future__ import annotations

import time
from dataclasses import dataclass

from harness.plan.job import Job
from harness.run.executors.slurm.outlook import MAY_RETURN, RUNNING, WAITING, Seen
from harness.run.executors.slurm.queue import Answer, is_in
from harness.run.executors.slurm.request import Request
from harness.run.executors.slurm.submissions import Submission, read_anew, seal_of
from harness.store.fences import standing
from harness.store.store import JobFolder

Task = tuple[Submission, int]
"""A submission, and the index of a job in it."""


def is_open(task: Task, answer: Answer, accepted_within_s: float) -> bool:
    """Say whether a task is not over, or has ended well so lately that its result may not be visible here yet."""
    (record, index), state = task, answer.of(task[0].name, task[1])
    if state is None:
        return record.array is None and time.time() - record.at < accepted_within_s
    if state.name != "COMPLETED":
        return state.name in WAITING | RUNNING | MAY_RETURN
    word = record.word(index)
    # A directory that was moved away to do the job again has another token.
    stands = standing(record.job_folder(index).path) >= record.token(index, 0)
    return word is not None and word.says == "done" and stands


@dataclass
class Watched:
    """A job that a driver has begun and that is not over."""

    folder: JobFolder
    job: Job
    request: Request
    task: Task | None = None
    """Its newest submission; None while it waits for one."""
    running_since: float | None = None
    over_since: float | None = None
    tries: int = 0
    """Submissions that got no further."""

    @property
    def got_further(self) -> bool:
        """Whether its checkpoint is another than when it was submitted."""
        return self.task is not None and seal_of(self.folder) != self.task[0].jobs[self.task[1]].came_from

    def take(self, task: Task) -> None:
        """Watch the job under this submission from now on."""
        self.task, self.running_since, self.over_since = task, None, None

    def let_go(self) -> None:
        """Have the job wait for another submission; one that Slurm never accepted is no try."""
        assert self.task is not None
        self.tries = 0 if self.got_further else self.tries + bool(self.task[0].array)
        self.task = None

    def seen(self, answer: Answer, start_within_s: float) -> Seen:
        """Tell all that is known of it now. Its words are read only where they matter."""
        assert self.task is not None
        (record, index), now = self.task, time.monotonic()
        state = answer.of(record.name, index)
        running, waiting = is_in(state, RUNNING), is_in(state, WAITING)
        self.running_since = (self.running_since or now) if running else None
        self.over_since = None if running or waiting else (self.over_since or now)
        running_s = now - (self.running_since or now)
        word = None
        if self.over_since is not None or running_s >= start_within_s:
            read_anew(record.folder)
            word = record.word(index)
        return Seen(
            state,
            has_number=record.array is not None,
            word=word,
            age_s=time.time() - record.at,
            running_s=running_s,
            over_s=now - (self.over_since or now),
            got_further=self.over_since is not None and self.got_further,
            tries=self.tries + 1,
        )
