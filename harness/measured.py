"""What a plan's finished jobs measured: every value by seed, with what stands in the way of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from harness.measures import MEASURES, MeasureSpec
from harness.metric_names import METRICS, guessing
from harness.plan import Plan
from harness.provenance import trained_elsewhere
from harness.recorded import SCORED, Scores, counts, outdated
from harness.status import Status
from harness.verdict import How, Measured


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
        for evaluation, test in experiment.evaluate.items():
            if not test.taken_at(plan.scale):
                why = f"this test is taken at {' and '.join(test.scales or ())} scale only"
                absent = Measured(declared_seeds=len(plan.seeds), blocked=why)
                yield from ((f"{name}.{evaluation}.{metric}", absent) for metric in METRICS)
                continue
            keys = {seed: plan.evaluations[name, evaluation, seed] for seed in plan.seeds}
            guesses = guessing(plan.classes(name))
            for metric in METRICS:
                measured = _one_measured(keys, metric, standing, failed, scores)
                yield f"{name}.{evaluation}.{metric}", replace(measured, guessing=guesses[metric])
        for inspection, spec in experiment.inspect.items():
            resolved = plan.experiments[name]
            keys = {seed: plan.inspections[name, inspection, seed] for seed in plan.seeds}
            for quantity in spec.quantities(resolved.traced(), resolved.classes):
                yield f"{name}.{inspection}.{quantity}", _one_measured(keys, quantity, standing, failed)


def _quantities(
    plan: Plan, name: str, spec: MeasureSpec, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> Iterator[tuple[str, Measured]]:
    kind = MEASURES[spec.what]
    how: How = "timed" if kind.timed else "drawn" if kind.random else "exact"
    keys = {seed: plan.measurements[name, seed] for seed in plan.seeds if (name, seed) in plan.measurements}
    for quantity in spec.quantities():
        measured = _one_measured(keys, quantity, standing, failed)
        yield f"{name}.{quantity}", replace(measured, how=how, device=plan.device if kind.timed else "")


def _one_measured(
    keys: Mapping[int, str],
    metric: str,
    standing: Mapping[str, Status],
    failed: Mapping[str, str],
    scores: Scores = MappingProxyType({}),
) -> Measured:
    found = {seed: result for seed, key in keys.items() if (result := standing[key].result) is not None}
    seen = [record for result in found.values() for record in result["data"]]
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
        unofficial=next((reason for record in seen if (reason := _why_unofficial(record))), ""),
        images=min((record["count"] for record in seen), default=0),
        stale="; ".join(dict.fromkeys(standing[key].why for key in keys.values() if standing[key].state == "stale")),
        marks=tuple(dict.fromkeys(mark for result in found.values() for mark in result["marks"])),
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


def _why_unofficial(record: Mapping[str, Any]) -> str:
    if not record["official"]:
        return f"{record['name']} is not the official data: {record['official_reason']}"
    if not record["whole"]:
        return f"{record['count']:,} samples of {record['name']}/{record['split']} were seen, not the whole split"
    return ""
