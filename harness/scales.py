"""Chooses the scale of a run that names none: the largest whose data are on disk and that ends in half an hour."""

from __future__ import annotations

from dataclasses import dataclass

from harness.data import DATASETS
from harness.data.locate import Locations, Missing
from harness.errors import DataMissing
from harness.estimate import device_name, estimate
from harness.plan import Plan, make_plan
from harness.progress import duration
from harness.runtime import Runtime
from harness.scale_names import SCALES, ScaleName
from harness.status import statuses
from harness.store import Store
from harness.suite import Suite

LONGEST_UNASKED_S = 30 * 60


@dataclass(frozen=True, slots=True)
class Choice:
    """The scale of a run, why it is that one, and what would unlock the next larger."""

    scale: ScaleName
    reason: str
    unlock: str


def choose_scale(suite: Suite, store: Store, runtime: Runtime, asked: ScaleName | None = None) -> Choice:
    """The scale asked for, or the largest that this machine can run unasked; raises DataMissing when there is none."""
    if asked is not None:
        return Choice(asked, f"--scale {asked} was asked for", "")
    passed_over: list[str] = []
    for scale in (name for name in SCALES if name in suite.file.scales):
        obstacle = _obstacle(make_plan(suite, scale, device_name(runtime)), store, runtime)
        if obstacle is None:
            reason = f"{scale} is the largest scale whose data are on disk and that ends within 30 minutes here"
            return Choice(scale, reason, " ".join(passed_over))
        passed_over.append(f"{scale}: {obstacle}.")
    raise DataMissing(f"no scale of {suite.name} can run here unasked. " + " ".join(passed_over))


def _obstacle(plan: Plan, store: Store, runtime: Runtime) -> str | None:
    """What stands between this machine and a scale, and what would remove it."""
    for name in plan.datasets:
        if isinstance(runtime.locations.find(DATASETS[name]), Missing):
            return f"{name} is not on disk ({DATASETS[name].unlock})"
    standing = statuses(plan, store, runtime.locations)
    todo = [job for key, job in plan.jobs.items() if standing[key].state == "to do"]
    time = estimate(todo, store, runtime)
    if time.seconds > LONGEST_UNASKED_S:
        return f"would take about {duration(time.seconds)} ({time.basis}); --scale {plan.scale} runs it"
    return None


def data_missing(plan: Plan, locations: Locations) -> str | None:
    """What to tell a user whose plan needs data that are not there: what was looked for, where, and the layout."""
    for name in plan.datasets:
        found = locations.find(DATASETS[name])
        if isinstance(found, Missing):
            return found.message()
    return None
