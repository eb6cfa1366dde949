"""Reads jobs off the documents of a report, so that a report is judged without the store that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from harness.judge.cells import Measured
from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.report.results.document import Results
from harness.report.results.record import ByName, Json
from harness.report.results.run_records import AveragedTest, InspectionRecord, TestRecord, TrainingRecord
from harness.vocabulary import guessing

ABSENT = "results.json holds nothing of it"
"""Why a job that is in no document of a report cannot be weighed."""

JobResult: TypeAlias = dict[str, Any]
"""A result as jobs write it, in so far as a report holds it."""


def report_standing(plan: Plan, results: Results) -> tuple[dict[str, Status], dict[str, str]]:
    """The result of each job of a plan in so far as a report holds it, by key, and why jobs failed."""
    told = dict(_told(plan, results))
    failed = {key: reason for key, (_, reason) in told.items() if reason}
    found = {key: result for key, (result, _) in told.items() if result is not None}
    return {
        key: Status("done", "", found[key]) if key in found else Status("blocked", ABSENT) for key in plan.jobs
    }, failed


def of_cells(results: Results) -> dict[str, Measured]:
    """The values of the cells of a report by place; nothing else is known of an ensemble."""
    return {
        cell.value: Measured(
            values={int(seed): value for seed, value in sorted(_known(cell.values), key=lambda one: int(one[0]))},
            declared_seeds=len(cell.values),
            diverged=tuple(cell.diverged),
            how=cell.how,
        )
        for cell in results.cells
        if cell.value and cell.values
    }


def _known(values: ByName) -> list[tuple[str, float]]:
    return [(name, value) for name, value in values.items() if value is not None]


def device_of(results: Results) -> str:
    """The device that a report's timings ran on; empty where it has none."""
    names = [one.spec.get("device_name") for one in results.measurements.values()]
    return next((str(name) for name in names if name), "")


def with_cells(measured: Mapping[str, Measured], results: Results) -> dict[str, Measured]:
    """The numbers of jobs; for a place that no job tells of, the values of a cell."""
    cells = of_cells(results)
    return {
        place: replace(cells[place], declared_seeds=one.declared_seeds)
        if place in cells and ABSENT in one.blocked and not one.values
        else one
        for place, one in measured.items()
    }


def _told(plan: Plan, results: Results) -> Iterator[tuple[str, tuple[JobResult | None, str]]]:
    """By key, the result that a report holds of a job, and the reason where it failed."""
    for name, experiment in results.experiments.items():
        classes = plan.experiments[name].classes if name in plan.experiments else 0
        for job in experiment.jobs:
            yield job.key, (_trained(job, plan, results), job.reason)
            for test in job.evaluations.values():
                yield test.key, (_tested(job, test, classes, results) if test.values else None, "")
            for read in job.inspections.values():
                yield read.key, (_read(job, read) if read.values or read.absent else None, read.reason)
    for ensemble in results.ensembles.values():
        for whole in ensemble.tests:
            yield from ((one.key, (_averaged(one, results), "")) for one in (whole, *whole.nets) if one.outcome)
    for classified in (one for system in results.classifications.values() for one in system.tests):
        yield classified.key, (_averaged(classified, results) if classified.outcome else None, classified.reason)
    for measurement in results.measurements.values():
        for done in measurement.jobs:
            yield done.key, (_result("done", done.values) if done.values else None, done.reason)


def _result(outcome: str, values: ByName, **more: Any) -> JobResult:
    nothing: JobResult = {"data": [], "marks": [], "outputs": {}, "absent": {}}
    return {**nothing, "outcome": outcome, "values": values, **more}


def _trained(job: TrainingRecord, plan: Plan, results: Results) -> JobResult | None:
    if job.outcome not in ("done", "diverged", "imported"):
        return None
    imported = {"imported": job.imported} if job.imported else {}
    asked = plan.jobs.get(job.key)
    splits = () if asked is None else [(asked.data_name, split) for split in asked.spec["splits"]]
    data = [one.plain() for one in results.data if (one.name, one.split) in splits]
    said = {"data": data, "marks": job.marks, "weights_sha256": job.weights_sha256}
    return _result(_outcome(job), job.values, **said, **imported)


def _tested(job: TrainingRecord, test: TestRecord, classes: int, results: Results) -> JobResult:
    """The result of a test; one whose values are those of guessing is of a net that diverged."""
    guessed = classes > 0 and test.values == guessing(classes)
    outcome = "diverged" if guessed else _outcome(job)
    return _result(outcome, test.values, data=_seen(test, results), **_elsewhere(job))


def _averaged(test: AveragedTest, results: Results) -> JobResult:
    """The result of an ensemble's test, or of the test of one of its nets."""
    elsewhere = {"trained_elsewhere": test.imported} if test.imported else {}
    return _result(str(test.outcome), test.values, data=_seen(test, results), **elsewhere)


def _read(job: TrainingRecord, read: InspectionRecord) -> JobResult:
    return _result(_outcome(job), read.values, absent=read.absent, **_elsewhere(job))


def _outcome(job: TrainingRecord) -> str:
    return "diverged" if job.diverged_at is not None else "done"


def _elsewhere(job: TrainingRecord) -> dict[str, list[Json]]:
    return {"trained_elsewhere": [job.imported]} if job.imported else {}


def _seen(test: TestRecord, results: Results) -> list[Json]:
    """The split that a test saw."""
    seen = (one for one in results.data if (one.ids_sha256, one.count) == (test.ids_sha256, test.count))
    return [one.plain() for one in seen][:1]
