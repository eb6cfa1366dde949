"""Chooses the scale of a run that names none: the largest whose data are on disk and that ends in half an hour."""

from __future__ import annotations

from dataclasses import dataclass

from harness.data import DATASETS
from harness.data.locate import Locations, Missing
from harness.errors import DataMissing, UsageError
from harness.machine.environment import clocked_device
from harness.machine.runtime import Runtime
from harness.plan.estimate import estimate
from harness.plan.job import Graph
from harness.plan.outline import Outline
from harness.plan.status import statuses
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


def choose_scale(outline: Outline, store: Store, runtime: Runtime, asked: ScaleName | None = None) -> Choice:
    """The scale asked for, or the largest that this machine can run unasked.

    Raises UsageError for a scale that the suite has not, DataMissing when none can run.
    """
    if asked is not None:
        if asked not in outline.scales:
            raise UsageError(f"{outline.path} has no scale {asked!r}; it has {', '.join(outline.scales)}")
        return Choice(asked, f"--scale {asked} was asked for", "")
    passed_over: list[str] = []
    for scale in (name for name in SCALES if name in outline.scales):
        obstacle = _obstacle(outline.graph(scale, clocked_device(runtime.device, runtime.threads)), store, runtime)
        if obstacle is None:
            reason = f"{scale} is the largest scale whose data are on disk and that ends within 30 minutes here"
            return Choice(scale, reason, " ".join(passed_over))
        passed_over.append(f"{scale}: {obstacle}.")
    raise DataMissing(f"no scale of {outline.name} can run here unasked. " + " ".join(passed_over))


def choose_reported(outline: Outline, store: Store, runtime: Runtime, asked: ScaleName | None = None) -> Choice:
    """The scale to report on: the one asked for, the largest that has a result here, or else as for a run."""
    device = clocked_device(runtime.device, runtime.threads)
    for scale in SCALES:
        if asked is None and scale in outline.scales and _has_result(outline.graph(scale, device), store):
            return Choice(scale, f"{scale} is the largest scale with results here", "")
    return choose_scale(outline, store, runtime, asked)


def _has_result(graph: Graph, store: Store) -> bool:
    """Whether a job of its own has a result: not one that every scale shares, as what follows from definitions."""
    kinds = {job.kind for job in graph.jobs.values()}
    jobs = (job for job in graph.jobs.values() if job.kind != "measure" or kinds == {"measure"})
    return any(store.folder(job.kind, job.key).result.exists() for job in jobs)


def _obstacle(graph: Graph, store: Store, runtime: Runtime) -> str | None:
    """What stands between this machine and a scale, and what would remove it."""
    for name in graph.datasets:
        if isinstance(runtime.locations.find(DATASETS[name]), Missing):
            return f"{name} is not on disk ({DATASETS[name].unlock})"
    standing = statuses(graph, store, runtime.locations)
    todo = [job for key, job in graph.jobs.items() if standing[key].state == "to do"]
    time = estimate(todo, store, runtime, graph.jobs)
    if time.seconds > LONGEST_UNASKED_S:
        return f"would take about {duration(time.seconds)} ({time.basis}); --scale {graph.scale} runs it"
    return None


def data_missing(graph: Graph, locations: Locations) -> str | None:
    """What to tell a user whose plan needs data that are not there: what was looked for, where, and the layout."""
    for name in graph.datasets:
        found = locations.find(DATASETS[name])
        if isinstance(found, Missing):
            return found.message()
    return None
