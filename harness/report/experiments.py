"""Tells each experiment seed by seed: its spec, its jobs, what they measured, and why some did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.plan.graph import Plan
from harness.plan.job import Job
from harness.plan.status import Status
from harness.report.result_faults import fitting
from harness.report.results.run_records import (
    AveragedTest,
    ClassificationRecord,
    ClassifiedTest,
    EnsembleRecord,
    EnsembleTest,
    ExperimentRecord,
    InspectionRecord,
    JobOutcome,
    MeasurementJob,
    MeasurementRecord,
    TestRecord,
    TrainingRecord,
)
from harness.store.provenance import IMPORTED, TRAINED_ELSEWHERE
from harness.suite.resolve_classification import resolve_classification

JobResult = Mapping[str, Any]
"""The result.json of a finished job."""


def trained_experiment(
    plan: Plan, name: str, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> ExperimentRecord:
    """The spec of a training, its seeds left out, and each of its jobs."""
    spec = plan.jobs[plan.trainings[name, plan.seeds[0]]].spec
    return ExperimentRecord(
        says=plan.suite.file.experiments[name].says,
        spec={key: value for key, value in spec.items() if key != "seed"},
        jobs=[_training(plan, name, seed, standing, failed) for seed in plan.seeds],
    )


def ensembles(plan: Plan, standing: Mapping[str, Status]) -> dict[str, EnsembleRecord]:
    """The tests of every ensemble and of its nets, so that a report can be judged without its store."""
    found = {}
    for name, experiment in plan.suite.file.experiments.items():
        if experiment.ensemble is not None:
            tests = [_ensemble_test(plan, place, standing) for place in plan.evaluations if place[0] == name]
            found[name] = EnsembleRecord(says=experiment.says, tests=tests)
    return found


def _ensemble_test(plan: Plan, place: tuple[str, str, int], standing: Mapping[str, Status]) -> EnsembleTest:
    """One ensemble's test, with those of its nets."""
    key = plan.evaluations[place]
    nets = [_averaged(plan.jobs[one], standing[one].result) for one in plan.jobs[key].inputs.values()]
    whole = _averaged(plan.jobs[key], standing[key].result)
    return EnsembleTest(test=place[1], seed=place[2], nets=nets, **whole.plain())


def classifications(
    plan: Plan, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> dict[str, ClassificationRecord]:
    """The systems without a net: what they are at this scale, and their tests by seed."""
    found = {}
    for name, experiment in plan.suite.file.experiments.items():
        if experiment.classify is not None:
            resolved = resolve_classification(plan.suite.file, plan.scale, name)
            spec = {**resolved.system.model_dump(mode="json"), "data": resolved.data.model_dump(mode="json")}
            tests = [_classified(plan, place, standing, failed) for place in plan.evaluations if place[0] == name]
            found[name] = ClassificationRecord(says=experiment.says, spec=spec, tests=tests)
    return found


def _classified(
    plan: Plan, place: tuple[str, str, int], standing: Mapping[str, Status], failed: Mapping[str, str]
) -> ClassifiedTest:
    key = plan.evaluations[place]
    whole = _averaged(plan.jobs[key], standing[key].result)
    return ClassifiedTest(test=place[1], seed=place[2], reason=failed.get(key, ""), **whole.plain())


def _averaged(job: Job, result: JobResult | None) -> AveragedTest:
    imported = [] if result is None else [dict(one) for one in result.get(TRAINED_ELSEWHERE, ())]
    with fitting(job):
        test = _tested(job, result).plain()
        return AveragedTest(**test, outcome=(result or {}).get("outcome"), imported=imported)


def measurements(plan: Plan, standing: Mapping[str, Status], failed: Mapping[str, str]) -> dict[str, MeasurementRecord]:
    """The measurements without training: spec, and values by seed."""
    jobs: dict[str, list[MeasurementJob]] = {}
    for (name, seed), key in plan.measurements.items():
        values = (standing[key].result or {"values": {}})["values"]
        job = MeasurementJob(kind="measure", seed=seed, key=key, values=values, reason=failed.get(key, ""))
        jobs.setdefault(name, []).append(job)
    return {name: _measurement(plan, name, of_seeds) for name, of_seeds in jobs.items()}


def _measurement(plan: Plan, name: str, jobs: list[MeasurementJob]) -> MeasurementRecord:
    experiment = plan.suite.file.experiments[name]
    assert experiment.measure is not None
    return MeasurementRecord(
        says=experiment.says,
        spec={part: value for part, value in plan.jobs[jobs[0].key].spec.items() if part != "seed"},
        jobs=jobs,
        quantities=[[quantity, *said] for quantity, said in experiment.measure.quantities().items()],
    )


def _training(
    plan: Plan, name: str, seed: int, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> TrainingRecord:
    key = plan.trainings[name, seed]
    result = standing[key].result
    tests = {test: plan.evaluations[name, test, seed] for test in plan.experiments[name].evaluations}
    evaluations = {test: _tested(plan.jobs[one], standing[one].result) for test, one in tests.items()}
    inspections = _inspected(plan, name, seed, standing, failed)
    found = result or {}
    with fitting(plan.jobs[key]):
        return TrainingRecord(
            kind="train",
            seed=seed,
            key=key,
            outcome=_outcome(result) if result else ("failed" if key in failed else "not run"),
            reason=failed.get(key, ""),
            weights_sha256=found.get("weights_sha256"),
            diverged_at=found.get("diverged_at"),
            marks=found.get("marks", []),
            imported=found.get(IMPORTED),
            values=found.get("values", {}),
            evaluations=evaluations,
            inspections=inspections,
        )


def _outcome(result: JobResult) -> JobOutcome:
    outcome: JobOutcome = "imported" if IMPORTED in result else result["outcome"]
    return outcome


def _inspected(
    plan: Plan, name: str, seed: int, standing: Mapping[str, Status], failed: Mapping[str, str]
) -> dict[str, InspectionRecord]:
    """The numbers read off one net, with what each means and why some are not there."""
    resolved, found = plan.experiments[name], {}
    for inspection, spec in plan.suite.file.experiments[name].inspect.items():
        key = plan.inspections[name, inspection, seed]
        result = standing[key].result or {"values": {}, "absent": {}}
        found[inspection] = InspectionRecord(
            key=key,
            values=result["values"],
            absent=result["absent"],
            reason=failed.get(key, ""),
            quantities=[[q, *said] for q, said in spec.quantities(resolved.traced(), resolved.classes).items()],
        )
    return found


def _tested(job: Job, result: JobResult | None) -> TestRecord:
    if result is None:
        return TestRecord(key=job.key, values={}, count=0, ids_sha256=None)
    seen = result["data"][0]
    with fitting(job):
        return TestRecord(key=job.key, values=result["values"], count=seen["count"], ids_sha256=seen["ids_sha256"])
