"""The jobs of a plan as a report's documents know them, so that a report is judged without the store it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.judge.cells import Measured
from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.vocabulary import guessing

Record = Mapping[str, Any]
ABSENT = "results.json holds nothing of it"
"""Why a job that is in no document of a report cannot be weighed."""


def report_standing(plan: Plan, results: Record) -> tuple[dict[str, Status], dict[str, str]]:
    """By key, what a report holds of each job of a plan, and why jobs failed."""
    told = dict(_told(plan, results))
    failed = {key: reason for key, (_, reason) in told.items() if reason}
    found = {key: result for key, (result, _) in told.items() if result is not None}
    return {
        key: Status("done", "", found[key]) if key in found else Status("blocked", ABSENT) for key in plan.jobs
    }, failed


def of_cells(results: Record) -> dict[str, Measured]:
    """By place, what the cells of a report hold; it is all that is known of an ensemble."""
    return {
        cell["value"]: Measured(
            values={int(seed): value for seed, value in sorted(cell["values"].items(), key=lambda one: int(one[0]))},
            declared_seeds=len(cell["values"]),
            diverged=tuple(cell.get("diverged") or ()),
            how=cell.get("how") or "trained",
        )
        for cell in results["cells"]
        if cell.get("value") and cell.get("values")
    }


def device_of(results: Record) -> str:
    """The device that a report's timings ran on; empty where it has none."""
    specs = [one.get("spec") or {} for one in (results.get("measurements") or {}).values()]
    return next((spec["device_name"] for spec in specs if spec.get("device_name")), "")


def with_cells(measured: Mapping[str, Measured], results: Record) -> dict[str, Measured]:
    """What jobs measured, and of the places that no job tells of, what a cell says of them."""
    cells = of_cells(results)
    return {
        place: replace(cells[place], declared_seeds=one.declared_seeds)
        if place in cells and ABSENT in one.blocked and not one.values
        else one
        for place, one in measured.items()
    }


def _told(plan: Plan, results: Record) -> Iterator[tuple[str, tuple[dict[str, Any] | None, str]]]:
    """By key, the result that a report holds of a job, and the reason where it failed."""
    for name, experiment in (results.get("experiments") or {}).items():
        for job in experiment["jobs"]:
            yield job["key"], (_trained(job), job.get("reason") or "")
            classes = plan.experiments[name].classes if name in plan.experiments else 0
            for test in (job.get("evaluations") or {}).values():
                yield test["key"], (_tested(job, test, classes, results) if test["values"] else None, "")
            for read in (job.get("inspections") or {}).values():
                known = read["values"] or read.get("absent")
                yield read["key"], (_read(job, read) if known else None, read.get("reason") or "")
    for ensemble in (results.get("ensembles") or {}).values():
        for test in ensemble["tests"]:
            yield from ((one["key"], (_averaged(one, results), "")) for one in (test, *test["nets"]) if one["outcome"])
    for experiment in (results.get("measurements") or {}).values():
        for job in experiment["jobs"]:
            result = {"outcome": "done", "values": job["values"], **_nothing()} if job["values"] else None
            yield job["key"], (result, job.get("reason") or "")


def _nothing() -> dict[str, Any]:
    return {"data": [], "marks": [], "outputs": {}, "absent": {}}


def _trained(job: Record) -> dict[str, Any] | None:
    if job["outcome"] not in ("done", "diverged", "imported"):
        return None
    imported = {"imported": job["imported"]} if job.get("imported") else {}
    outcome = "diverged" if job.get("diverged_at") is not None else "done"
    digest = {"weights_sha256": job.get("weights_sha256")}
    return {**_nothing(), "outcome": outcome, "values": job["values"], "marks": job["marks"], **digest, **imported}


def _tested(job: Record, test: Record, classes: int, results: Record) -> dict[str, Any]:
    """The result of a test; one whose values are those of guessing is of a net that diverged."""
    guessed = classes > 0 and test["values"] == guessing(classes)
    seen = [one for one in results["data"] if one["ids_sha256"] == test["ids_sha256"] and one["count"] == test["count"]]
    elsewhere = {"trained_elsewhere": [job["imported"]]} if job.get("imported") else {}
    outcome = "diverged" if guessed or job.get("diverged_at") is not None else "done"
    return {**_nothing(), "outcome": outcome, "values": test["values"], "data": seen[:1], **elsewhere}


def _averaged(test: Record, results: Record) -> dict[str, Any]:
    """The result of an ensemble's test, or of the test of one of its nets."""
    seen = [one for one in results["data"] if one["ids_sha256"] == test["ids_sha256"] and one["count"] == test["count"]]
    elsewhere = {"trained_elsewhere": test["imported"]} if test.get("imported") else {}
    return {**_nothing(), "outcome": test["outcome"], "values": test["values"], "data": seen[:1], **elsewhere}


def _read(job: Record, read: Record) -> dict[str, Any]:
    outcome = "diverged" if job.get("diverged_at") is not None else "done"
    elsewhere = {"trained_elsewhere": [job["imported"]]} if job.get("imported") else {}
    return {**_nothing(), "outcome": outcome, "values": read["values"], "absent": read.get("absent") or {}, **elsewhere}
