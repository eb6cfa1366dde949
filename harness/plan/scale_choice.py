"""Chooses the scale of a run that names none: the largest whose data are on disk and that ends in half an hour."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.data import DATASETS
from harness.data.locate import Locations, Missing
from harness.errors import DataMissing, UsageError
from harness.machine.environment import clocked_device
from harness.machine.runtime import Runtime
from harness.plan.division import at_once, divided, elapsed_s
from harness.plan.estimate import estimate
from harness.plan.outline import Outline
from harness.plan.plan import Plan
from harness.plan.status import Survey, surveyed
from harness.progress import duration
from harness.store.store import Store
from harness.vocabulary import SCALES, ScaleName

LONGEST_UNASKED_S = 30 * 60


@dataclass(frozen=True, slots=True)
class Choice:
    """The scale of a run, why it is that one, and what would unlock the next larger."""

    scale: ScaleName
    reason: str
    unlock: str
    survey: Survey | None = field(default=None, repr=False, compare=False)
    """The survey that the choice rests on; None for a scale that was asked for."""


def choose_scale(outline: Outline, store: Store, runtime: Runtime, asked: ScaleName | None = None) -> Choice:
    """Choose the scale asked for, or the largest that this machine can run unasked.

    Raises UsageError for a scale that the suite has not, DataMissing when none can run.
    """
    if asked is not None:
        if asked not in outline.scales:
            raise UsageError(f"{outline.path} has no scale {asked!r}; it has {', '.join(outline.scales)}")
        return Choice(asked, f"--scale {asked} was asked for", "")
    passed_over: list[str] = []
    for scale in (name for name in SCALES if name in outline.scales):
        plan = outline.plan(scale, clocked_device(runtime.device, runtime.threads))
        if (obstacle := _data_obstacle(plan, runtime)) is None:
            survey = surveyed(plan, store, runtime.locations)
            if (obstacle := _time_obstacle(survey, runtime)) is None:
                reason = f"{scale} is the largest scale whose data are on disk and that ends within 30 minutes here"
                return Choice(scale, reason, " ".join(passed_over), survey)
        passed_over.append(f"{scale}: {obstacle}.")
    raise DataMissing(f"no scale of {outline.name} can run here unasked. " + " ".join(passed_over))


def choose_reported(outline: Outline, store: Store, runtime: Runtime, asked: ScaleName | None = None) -> Choice:
    """Choose the scale to report on: the one asked for, the largest that has a result here, or else as for a run."""
    device = clocked_device(runtime.device, runtime.threads)
    for scale in SCALES:
        if asked is None and scale in outline.scales and _has_result(outline.plan(scale, device), store):
            return Choice(scale, f"{scale} is the largest scale with results here", "")
    return choose_scale(outline, store, runtime, asked)


def _has_result(plan: Plan, store: Store) -> bool:
    """Say whether a job of this scale alone has a result; every scale shares what follows from definitions."""
    kinds = {job.kind for job in plan.jobs.values()}
    jobs = (job for job in plan.jobs.values() if job.kind != "measure" or kinds == {"measure"})
    return any(store.folder(job.kind, job.key).result.exists() for job in jobs)


def _data_obstacle(plan: Plan, runtime: Runtime) -> str | None:
    """Name a data set that a scale lacks on this machine, and what would bring it; None where none is lacking."""
    for name in plan.datasets:
        if isinstance(runtime.locations.find(DATASETS[name]), Missing):
            return f"{name} is not on disk ({DATASETS[name].unlock})"
    return None


def _time_obstacle(survey: Survey, runtime: Runtime) -> str | None:
    """Say how long a scale would take where that is too long to run it unasked; None where it is not."""
    shared, todo = divided(survey.plan, runtime), survey.jobs("to do")
    time = estimate(todo, survey.store, shared, survey.plan.jobs)
    seconds = elapsed_s(time.seconds, at_once(todo, time.seconds, shared), shared)
    if seconds > LONGEST_UNASKED_S:
        return f"would take about {duration(seconds)} ({time.basis}); --scale {survey.plan.scale} runs it"
    return None


def data_missing(plan: Plan, locations: Locations) -> str | None:
    """Tell a user whose plan lacks data what was looked for, where, and its layout; None where none is lacking."""
    for name in plan.datasets:
        found = locations.find(DATASETS[name])
        if isinstance(found, Missing):
            return found.message()
    return None
