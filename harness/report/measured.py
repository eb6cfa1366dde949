"""Reads off every value that the finished jobs of a plan measured, by seed, with all that forbids a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from statistics import fmean
from types import MappingProxyType
from typing import Any

from harness.data import DATASETS
from harness.jobs.measures import MEASURES, MeasureSpec
from harness.jobs.measures.arithmetic import Arithmetic
from harness.jobs.measures.configuration import Configuration
from harness.judge.cells import Measured, Stated
from harness.judge.outcomes import How
from harness.plan.graph import Plan
from harness.plan.job import Job
from harness.plan.status import Status
from harness.report.inspection_steps import step_of
from harness.report.recorded import SCORED, Scores, counts, outdated, replacement
from harness.report.results.verdict_records import STATED
from harness.store.provenance import trained_elsewhere
from harness.suite.known_metrics import RANKED
from harness.vocabulary import MEMBERS, METRICS, guessing


def measured_values(
    plan: Plan, standing: Mapping[str, Status], failed: Mapping[str, str], scores: Scores = MappingProxyType({})
) -> Iterator[tuple[str, Measured]]:
    """Every `experiment.evaluation.metric`, `experiment.inspection.quantity` and `experiment.quantity` by seed.

    `scores` are those entered by hand; one that is of a job's predictions is its value.
    """
    for name, experiment in plan.suite.file.experiments.items():
        if experiment.measure is not None:
            yield from _quantities(plan, name, experiment.measure, standing, failed)
            continue
        members = MEMBERS.values() if experiment.ensemble else ()
        metrics = RANKED if experiment.classify else METRICS
        for evaluation, test in experiment.evaluate.items():
            if not test.taken_at(plan.scale):
                why = f"this test is taken at {' and '.join(test.scales or ())} scale only"
                absent = Measured(declared_seeds=len(plan.seeds), blocked=why)
                yield from ((f"{name}.{evaluation}.{metric}", absent) for metric in [*metrics, *members])
                continue
            keys = {seed: plan.evaluations[name, evaluation, seed] for seed in plan.seeds}
            guesses = guessing(plan.classes(name))
            for metric in metrics:
                measured = _one_measured(plan, keys, metric, standing, failed, scores)
                measured = replace(measured, guessing=guesses[metric])
                yield f"{name}.{evaluation}.{metric}", measured
                if experiment.ensemble:
                    means = _means_of_members(plan, keys, metric, standing)
                    yield f"{name}.{evaluation}.{MEMBERS[metric]}", replace(measured, values=means, recorded={})
        for inspection, spec in experiment.inspect.items():
            resolved = plan.experiments[name]
            keys = {seed: plan.inspections[name, inspection, seed] for seed in plan.seeds}
            for quantity in spec.quantities(resolved.traced(), resolved.classes):
                measured = _one_measured(plan, keys, quantity, standing, failed)
                step = step_of(spec, quantity, resolved)
                yield f"{name}.{inspection}.{quantity}", replace(measured, steps_of=step)


def _means_of_members(
    plan: Plan, keys: Mapping[int, str], metric: str, standing: Mapping[str, Status]
) -> dict[int, float]:
    """By seed of the ensemble, the mean of its nets' own values; a net that diverged has those of guessing."""
    means = {}
    for seed, key in keys.items():
        results = [standing[one].result for one in plan.jobs[key].inputs.values()]
        values = [result["values"].get(metric) for result in results if result is not None]
        if standing[key].result is not None and len(values) == len(results) and None not in values:
            means[seed] = fmean(values)
    return means


def trainings(plan: Plan, standing: Mapping[str, Status], failed: Mapping[str, str]) -> dict[str, Measured]:
    """By experiment, the last training error of every finished seed; one that diverged has that of guessing."""
    found = {}
    for name, experiment in plan.trained.items():
        keys = {seed: plan.trainings[name, seed] for seed in plan.seeds}
        measured = _one_measured(plan, keys, "train_error", standing, failed)
        guessing = dict.fromkeys(measured.diverged, 100 * (1 - 1 / experiment.classes))
        found[name] = replace(measured, values={**measured.values, **guessing})
    return found


def _quantities(
    plan: Plan, name: str, spec: MeasureSpec, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> Iterator[tuple[str, Measured]]:
    kind = MEASURES[spec.what]
    how: How = "timed" if kind.timed else "drawn" if kind.random else "exact"
    keys = {seed: plan.measurements[name, seed] for seed in plan.seeds if (name, seed) in plan.measurements}
    for quantity in spec.quantities():
        measured = _one_measured(plan, keys, quantity, standing, failed)
        marks = (STATED, *measured.marks) if isinstance(spec, Arithmetic) else measured.marks
        device = plan.device if kind.timed else ""
        yield f"{name}.{quantity}", replace(measured, how=how, device=device, marks=marks, stated=_stated(spec))


def _stated(spec: MeasureSpec) -> Stated:
    """Which of a suite's own files a measurement repeats; empty where it measures something."""
    match spec:
        case Arithmetic():
            return "arithmetic"
        case Configuration():
            return "configuration"
        case _:
            return ""


def _one_measured(
    plan: Plan,
    keys: Mapping[int, str],
    metric: str,
    standing: Mapping[str, Status],
    failed: Mapping[str, str],
    scores: Scores = MappingProxyType({}),
) -> Measured:
    found = {seed: result for seed, key in keys.items() if (result := standing[key].result) is not None}
    seen = [(plan.jobs[keys[seed]], record) for seed, result in found.items() for record in result["data"]]
    entered = {seed: scores[key, metric] for seed, key in keys.items() if (key, metric) in scores}
    recorded = {seed: record for seed, record in entered.items() if counts(record, found.get(seed))}
    lost = [outdated(seed, entered[seed], found.get(seed)) for seed in entered if seed not in recorded]
    values = {seed: result["values"][metric] for seed, result in found.items() if metric in result["values"]}
    scored = {seed: record["value"] for seed, record in recorded.items()}
    return Measured(
        values=dict(sorted((scored | values).items())),
        declared_seeds=len(keys),
        diverged=tuple(seed for seed, result in found.items() if result["outcome"] == "diverged"),
        failed={seed: failed[key] for seed, key in keys.items() if key in failed},
        blocked="; ".join(lost)
        or next(_obstacles(keys, metric, standing), "")
        or _why_no_value(metric, found.values()),
        unofficial=next((reason for job, record in seen if (reason := _why_unofficial(job, record))), ""),
        doubtful=_why_doubtful(found),
        images=min((record["count"] for _, record in seen), default=0),
        stale="; ".join(dict.fromkeys(standing[key].why for key in keys.values() if standing[key].state == "stale")),
        marks=tuple(dict.fromkeys([*_marks(seen, found.values()), *_replaced(recorded)])),
        recorded=recorded,
        elsewhere=tuple(trained_elsewhere(found.values())),
    )


def _why_no_value(metric: str, results: Iterable[Mapping[str, Any]]) -> str:
    """A test of a split without labels leaves predictions, and nothing to compare until a server has scored them."""
    unlabelled = next((result for result in results if not result["values"] and result["data"]), None)
    if unlabelled is None:
        return ""
    if unlabelled["outcome"] == "diverged":
        return "a net diverged and left no predictions that a server could score"
    data = unlabelled["data"][0]
    remedy = "; `record` enters the server's score" if metric in SCORED else ""
    return f"the labels of {data['name']}/{data['split']} were never published{remedy}"


def _obstacles(keys: Mapping[int, str], metric: str, standing: Mapping[str, Status]) -> Iterator[str]:
    """Why a seed has no value and did not fail: its job is blocked, or found that there is no such number."""
    for seed, key in keys.items():
        if standing[key].state == "blocked":
            yield standing[key].why
        if (why := (standing[key].result or {}).get("absent", {}).get(metric)) is not None:
            yield f"seed {seed}: {why}"


def _why_unofficial(job: Job, record: Mapping[str, Any]) -> str:
    """Why a record is not of the whole official split that the job was to see."""
    name, split, dataset = record["name"], record["split"], DATASETS.get(record["name"])
    own = job.data_name is None or (name == job.data_name and split in job.spec["splits"])  # an ensemble has no data
    if not own or dataset is None:
        return f"{name}/{split} was seen, which is not what was to be"
    if not record["official"]:
        return f"{name} is not the official data: {record['official_reason']}"
    if not record["whole"] or record["count"] != dataset.splits.get(split):
        return f"{record['count']:,} samples of {name}/{split} were seen, not the whole split"
    return ""


def _why_doubtful(found: Mapping[int, Mapping[str, Any]]) -> str:
    """Two seeds that left the same bytes are one seed and a copy of it."""
    seen: dict[str, int] = {}
    for seed, result in found.items():
        digest = result.get("weights_sha256") or result["outputs"].get("predictions.npz")
        if digest is not None and seen.setdefault(digest, seed) != seed:
            return f"seeds {seen[digest]} and {seed} left the same bytes, so one is a copy of the other"
    return ""


def _replaced(recorded: Mapping[int, Mapping[str, Any]]) -> Iterator[str]:
    """Of scores that were entered by hand, those that took the place of others."""
    return filter(None, (replacement(seed, record) for seed, record in recorded.items()))


def _marks(seen: Iterable[tuple[Job, Mapping[str, Any]]], results: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The facts of how a number came about that a reader needs."""
    for job, record in seen:
        if job.kind in ("evaluate", "classify") and record["split"] == "train":
            yield f"measured on the training images of {record['name']}"
    yield from (mark for result in results for mark in result["marks"])
