"""Walks a plan, inputs first, and has an executor run each job without a result; a failure stops only what needs it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic

from harness.errors import HarnessError, Interrupted, JobFailed, OutOfMemory, UsageError
from harness.plan.job import Job
from harness.plan.status import Status, Survey
from harness.progress import Progress
from harness.run.executors import Executor, Places
from harness.run.time_left import TimeLeft
from harness.store.store import JobFolder, Store, write_json


@dataclass(slots=True)
class Execution:
    """The keys of the jobs that ran, and why others failed or were left out."""

    ran: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    put_off: list[str] = field(default_factory=list)
    """The keys of jobs that ran out of memory beside others, and of those that need them: left for a run alone."""

    def followed_by(self, later: Execution) -> Execution:
        """Give both as one, after which nothing is put off."""
        return Execution([*self.ran, *later.ran], self.failed | later.failed)


def execute(
    survey: Survey, executor: Executor, progress: Progress, *, timed: bool | None = None, time: TimeLeft | None = None
) -> Execution:
    """Run every job that has no result and is not blocked; raises Interrupted when a signal asked to stop.

    With `timed`, run only jobs that measure time, or only those that do not. A job that failed before is not tried
    again. `time` tells how long the rest takes.
    """
    time = time or TimeLeft()
    execution, store = Execution(failed=dict(survey.failed)), survey.store
    waiting = [job for job in _todo(survey) if timed is None or job.takes_time == timed]
    for number, job in enumerate(waiting, start=1):
        missing = [execution.failed[key] for key in job.inputs.values() if key in execution.failed]
        if missing:
            execution.failed[job.key] = f"its input failed: {missing[0]}"
            continue
        progress.begin(f"[{number}/{len(waiting)}] {job.label}")
        after = [one.key for one in waiting[number:]]
        progress.rest_s, began = time.of(after), monotonic()
        try:
            executor.run(written(store, job))
        except Interrupted:
            raise
        except JobFailed as error:
            execution.failed[job.key] = str(error)
            progress.say(f"{job.label}: FAILED: {error}")
        else:
            execution.ran.append(job.key)
            time.done(job.key, monotonic() - began)
            time.say(progress, after)
    return execution


def execute_at_once(
    survey: Survey,
    places: Places,
    progress: Progress,
    *,
    time: TimeLeft | None = None,
    timed: bool = False,
    put_off: bool = False,
) -> Execution:
    """Run jobs on several places: a job begins as soon as its inputs are there and a place is free.

    A job that measures time is left for when the machine is idle, or it would measure the others; with `timed`, it is
    not, because the places keep it alone. With `put_off`, a job that runs out of memory has not failed: it is put off
    with all that need it. Raises as `execute` does.
    """
    execution, at_work, store = Execution(failed=dict(survey.failed)), dict[str, Job](), survey.store
    waiting = {job.key: job for job in _todo(survey) if timed or not job.takes_time}
    whole, time = len(waiting), time or TimeLeft()
    while waiting or at_work:
        for job in list(waiting.values()):
            if missing := [execution.failed[key] for key in job.inputs.values() if key in execution.failed]:
                execution.failed[job.key] = f"its input failed: {missing[0]}"
                del waiting[job.key]
            elif any(key in execution.put_off for key in job.inputs.values()):
                execution.put_off.append(waiting.pop(job.key).key)
            elif places.free and not any(key in waiting or key in at_work for key in job.inputs.values()):
                at_work[job.key] = waiting.pop(job.key)
                places.begin(written(store, job), f"[{whole - len(waiting)}/{whole}] {job.label}")
        progress.begin(f"[{whole - len(waiting) - len(at_work)}/{whole} over]")
        progress.rest_s = time.of(waiting)
        for folder, error in places.ended():
            job = at_work.pop(folder.read_job()["key"])
            if put_off and isinstance(error, OutOfMemory):
                _put_off(execution, job, progress)
            else:
                _note(execution, job, error, progress)
    execution.ran.sort(key=list(survey.plan.jobs).index)
    return execution


def _todo(survey: Survey) -> list[Job]:
    return [job for job in survey.jobs("to do") if job.key not in survey.failed]


def _note(execution: Execution, job: Job, error: HarnessError | None, progress: Progress) -> None:
    if error is None:
        execution.ran.append(job.key)
    elif isinstance(error, JobFailed):
        execution.failed[job.key] = str(error)
        progress.say(f"{job.label}: FAILED: {error}")
    else:
        raise error


def _put_off(execution: Execution, job: Job, progress: Progress) -> None:
    if not execution.put_off:  # one line for all of them; the log of each job has its own
        progress.say(f"{job.label}: out of memory beside other jobs; it runs again alone, as any other that does")
    execution.put_off.append(job.key)


def written(store: Store, job: Job) -> JobFolder:
    """The job's directory with its `job.json`, all that an executor needs; UsageError if it holds another job."""
    folder = store.folder(job.kind, job.key)
    document = {**job.address(), "key": job.key, "label": job.label, "work": job.work}
    try:
        standing = folder.read_job()
    except FileNotFoundError:
        write_json(folder.job, document)
        return folder
    if standing["key"] != job.key:
        raise UsageError(f"{folder.path} holds another job with a like key; use another store")
    return folder


def set_aside(survey: Survey) -> Survey:
    """Move every stale result aside, within the store; gives the survey with their jobs to do."""
    stale = survey.jobs("stale")
    for job in stale:
        folder = survey.store.folder(job.kind, job.key).path
        number = sum(1 for _ in folder.parent.glob(f"{folder.name}.stale-*")) + 1
        try:
            folder.rename(folder.with_name(f"{folder.name}.stale-{number}"))
        except OSError as error:
            raise HarnessError(f"{folder} cannot be moved aside: {error.strerror}") from None
    return replace(survey, standing={**survey.standing, **{job.key: Status("to do") for job in stale}})
