"""Observation of a suite for a check: run its probes and measurements, and read or run its trainings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from harness.data import DATASETS
from harness.jobs.measures import MEASURES
from harness.machine.runtime import Runtime
from harness.plan.division import at_once
from harness.plan.estimate import estimate
from harness.plan.graph import Plan, make_plan
from harness.plan.job import Job, datasets_of
from harness.plan.preregistration import declare
from harness.plan.processors import places
from harness.plan.rates import device_name, on_gpu
from harness.plan.status import Status, Survey, statuses, surveyed
from harness.progress import Progress
from harness.regression.compare_snapshots import none_of
from harness.regression.probes import Probes, disturbed, probes_of
from harness.regression.selection import Selection
from harness.regression.snapshot import furthest, snapshot
from harness.report.judging import judged
from harness.run.execute import Execution, execute, execute_at_once
from harness.run.executors.local import Local
from harness.run.executors.pool import Pool
from harness.stop_signal import StopSignal
from harness.store.store import Store
from harness.suite.file import Suite
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.run.executors.slurm.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Stores:
    """The two stores of a check."""

    fresh: Store
    """Store of probes and measurements; it starts empty, so that each of them runs here once."""
    lasting: Store
    """Store of trainings and their evaluations; their results are taken as they are."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of a check."""

    scale: ScaleName
    runtime: Runtime
    train: bool = False
    """Run trainings that have no current result, too."""
    cluster: Cluster | None = None
    """Where jobs run; None for this machine."""

    @property
    def judges_trainings(self) -> bool:
        """Whether results of trainings are compared. The test split of ci is too small for that by default."""
        return self.train or self.scale != "ci"

    @property
    def for_a_while(self) -> Cluster | None:
        """The cluster for jobs whose store ends with the check."""
        return None if self.cluster is None else replace(self.cluster, lasting=False)

    @property
    def for_probes(self) -> Runtime:
        """Runtime of probes: one thread, and a GPU only where `device` is `cuda`."""
        return replace(self.runtime, threads=1, device="cuda" if self.runtime.device == "cuda" else "cpu")


@dataclass(frozen=True, slots=True)
class Observed:
    """The current snapshot of a suite and its failed jobs."""

    snapshot: dict[str, Any]
    failed: Mapping[str, str] = field(default_factory=dict)
    """Reason of failure by a job's label."""
    seconds: float = 0.0
    """Seconds that its probes and measurements took, one after another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a check asks of one suite."""

    plan: Plan
    probes: Probes
    """The probes of the chosen experiments."""
    jobs: dict[str, Job]
    """Probes, their inputs, and measurements, by key."""


def asked_of(suite: Suite, selection: Selection, rules: Rules) -> Asked:
    """Plan a suite and choose the jobs of its check. Raises DataMissing where a data set is not on disk."""
    plan = make_plan(suite, rules.scale, device_name(rules.runtime))
    probes = _chosen(probes_of(plan), selection)
    jobs = {**probes.jobs, **_measurements(plan, selection)}
    _require_data(jobs, rules.runtime)
    return Asked(plan, probes, jobs)


def observe(
    asked: Asked,
    rules: Rules,
    stores: Stores,
    stop: StopSignal,
    disturb: Callable[[dict[str, Any]], Collection[str]] = none_of,
    failed: Mapping[str, str] | None = None,
) -> Observed:
    """Run the jobs that a check of a suite needs, and return its snapshot.

    `disturb` maps a snapshot to the trainings whose probes are to be disturbed; jobs in `failed` are not tried again.
    Raises Interrupted where a signal stops the run.
    """
    plan, probes, jobs = asked.plan, asked.probes, asked.jobs
    ours = {key: why for key, why in (failed or {}).items() if key in jobs}
    survey = surveyed(plan.of_jobs(jobs), stores.fresh, rules.runtime.locations, ours)
    execution = _executed(survey, rules.for_probes, rules.for_a_while, stop)
    fresh = survey.standing
    if survey.jobs("to do"):
        fresh = statuses(survey.plan, stores.fresh, rules.runtime.locations)
    standing = {key: Status("to do") for key in plan.jobs}
    if rules.judges_trainings:
        standing |= _trained(plan, rules, stores.lasting, stop, execution)
    standing |= fresh
    store = stores.lasting if rules.judges_trainings else stores.fresh
    found = judged(plan, store, standing, execution.failed)
    seen = snapshot(plan, probes, standing, found, _device(jobs, stores.fresh))
    runs = disturbed(probes, [name for name in disturb(seen) if name in seen["probes"]])
    _disturb(plan, seen, runs, probes, rules, stores.fresh, stop, execution)
    labels = {key: job.label for key, job in (plan.jobs | jobs).items()}
    labels |= {job.key: job.label for jobs in runs.values() for job in jobs}
    told = {labels[key]: why for key, why in execution.failed.items()}
    return Observed(seen, told, sum(_seconds(fresh[key]) for key in jobs))


def observe_ahead(suites: Collection[Asked], rules: Rules, store: Store, stop: StopSignal) -> Mapping[str, str]:
    """Run the jobs of several suites at a time, where that is worth it; return why jobs failed, by key.

    Each suite is observed afterwards, and finds them done. Raises like `observe`.
    """
    runtime, every = rules.for_probes, {key: job for asked in suites for key, job in asked.jobs.items()}
    together = 1
    if suites and rules.cluster is None and not on_gpu(runtime):
        survey = surveyed(next(iter(suites)).plan.of_jobs(every), store, runtime.locations)
        runtime = replace(runtime, jobs=places(1)) if runtime.open_jobs else runtime
        seconds = estimate(every.values(), store, runtime).seconds
        together = at_once(every.values(), seconds, runtime)
    if together == 1:
        return {}
    progress = Progress()
    progress.say(f"{len(every)} jobs of {len(suites)} suites, {together} at a time, 1 thread each")
    with Pool(replace(runtime, jobs=together), progress, stop) as pool:
        return execute_at_once(survey, pool, progress).failed


def _seconds(status: Status) -> float:
    return 0.0 if status.result is None else float(status.result["cost"]["seconds"])


def _disturb(
    plan: Plan,
    seen: dict[str, Any],
    runs: Mapping[str, list[Job]],
    probes: Probes,
    rules: Rules,
    store: Store,
    stop: StopSignal,
    execution: Execution,
) -> None:
    """Run the disturbed probes and add their distances to the snapshot."""
    jobs = {job.key: job for name in runs for job in (probes.jobs[_pixels(probes, name)], *runs[name])}
    execution.failed |= _run(plan.of_jobs(jobs), store, rules.for_probes, rules.for_a_while, stop).failed
    for name, disturbed_jobs in runs.items():
        results = [store.folder(job.kind, job.key).read_result_of(job.key) for job in disturbed_jobs]
        found = [result["probe"] for result in results if result is not None]
        seen["probes"][name]["disturbed"] = furthest(seen["probes"][name]["found"], found)


def _pixels(probes: Probes, name: str) -> str:
    """Return the key of the pixel statistics that a training's probe needs."""
    return probes.jobs[probes.trainings[name]].inputs["pixel_statistics"]


def _chosen(probes: Probes, selection: Selection) -> Probes:
    """Return the probes of the chosen experiments, with their inputs."""
    trainings = {name: key for name, key in probes.trainings.items() if name in selection.experiments}
    tests = {place: key for place, key in probes.tests.items() if place[0] in selection.experiments}
    wanted = {*trainings.values(), *tests.values()}
    wanted |= {key for one in wanted for key in probes.jobs[one].inputs.values()}
    return Probes({key: job for key, job in probes.jobs.items() if key in wanted}, trainings, tests)


def _measurements(plan: Plan, selection: Selection) -> dict[str, Job]:
    """Return the measurements of the chosen experiments, except timings, which take long."""
    keys = {key for (name, _), key in plan.measurements.items() if name in selection.experiments}
    return {key: plan.jobs[key] for key in plan.jobs if key in keys and not MEASURES[plan.jobs[key].spec["what"]].timed}


def _require_data(jobs: Mapping[str, Job], runtime: Runtime) -> None:
    for name in datasets_of(jobs):
        runtime.locations.require(DATASETS[name])


def _run(
    plan: Plan,
    store: Store,
    runtime: Runtime,
    cluster: Cluster | None,
    stop: StopSignal,
) -> Execution:
    return _executed(surveyed(plan, store, runtime.locations), runtime, cluster, stop)


def _executed(survey: Survey, runtime: Runtime, cluster: Cluster | None, stop: StopSignal) -> Execution:
    progress = Progress()
    if cluster is not None:
        return cluster.execute(survey, runtime, progress, stop)
    return execute(survey, Local(runtime, progress, stop), progress)


def _trained(plan: Plan, rules: Rules, store: Store, stop: StopSignal, execution: Execution) -> dict[str, Status]:
    """Return the status of trainings in the store, run first under `train`; a stale result counts as missing."""
    if rules.train:
        store.prepare()
        declare(plan, store)
        execution.failed.update(_run(plan, store, rules.runtime, rules.cluster, stop).failed)
    found = statuses(plan, store, rules.runtime.locations)
    return {key: Status("blocked", f"stale: {s.why}") if s.state == "stale" else s for key, s in found.items()}


def _device(jobs: Mapping[str, Job], store: Store) -> dict[str, Any]:
    """Return the device of the probes, or of another job where no probe used one; empty where no job did."""
    for key, job in sorted(jobs.items(), key=lambda item: item[1].kind != "probe"):
        folder = store.folder(job.kind, key)
        if folder.result.exists() and (device := folder.read_environment()["job"]):
            return dict(device)
    return {}
