"""Sets measured numbers as tables: one row a number, with what it means and its value for each seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.report.page.curves import by_seed
from harness.report.results.record import ByName
from harness.report.results.run_records import InspectionRecord, MeasurementRecord, Quantity, TrainingRecord

ONE_SEED = "-"
"""Stands for the seed of a number that is not drawn at random."""


@dataclass(frozen=True, slots=True)
class Read:
    """The numbers of one seed."""

    values: ByName
    absent: Mapping[str, str]
    """By name, why there is no such number."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number in every seed."""

    name: str
    unit: str
    label: str
    values: list[tuple[str, float]]
    """By seed, in their order."""
    mean: float | None
    """None where there is but one seed, or a seed has no value."""
    why: str
    """Why some values are not there."""


def rows(labels: Iterable[Quantity], results: Mapping[str, Read]) -> list[Row]:
    """One row for each number, by seed of `results`: in the order of `labels`, then by name those without a label."""
    known = {name: (unit, label) for name, unit, label in labels}
    found = [name for result in results.values() for name in (*result.values, *result.absent)]
    return [_row(name, *known.get(name, ("", "")), results) for name in [*known, *sorted({*found} - {*known})]]


def _row(name: str, unit: str, label: str, results: Mapping[str, Read]) -> Row:
    values = [(seed, result.values.get(name)) for seed, result in by_seed(results)]
    shown = [(seed, value) for seed, value in values if value is not None]
    reasons = [(seed, result.absent[name]) for seed, result in by_seed(results) if name in result.absent]
    mean = math.fsum(value for _, value in shown) / len(shown) if 1 < len(shown) == len(values) else None
    return Row(name, unit, label, shown, mean, _why(reasons, len(values)))


def _why(reasons: Sequence[tuple[str, str]], seeds: int) -> str:
    """The reason once, where every seed has the same."""
    said = {why for _, why in reasons}
    if len(said) == 1 and len(reasons) == seeds:
        return said.pop()
    return "; ".join(f"seed {seed}: {why}" for seed, why in reasons)


def of_measurement(record: MeasurementRecord) -> list[Row]:
    """The numbers of one measurement, by the seeds of its jobs; a job that stands alone needs no seed."""
    jobs = record.jobs
    alone = len(jobs) == 1 and jobs[0].seed == 0
    read = {ONE_SEED if alone else str(job.seed): Read(job.values, {}) for job in jobs}
    return rows(record.quantities, read)


def of_inspections(jobs: Iterable[TrainingRecord]) -> dict[str, list[Row]]:
    """By inspection, the numbers read off the net of every job."""
    found: dict[str, dict[str, InspectionRecord]] = {}
    for job in jobs:
        for name, inspection in job.inspections.items():
            found.setdefault(name, {})[str(job.seed)] = inspection
    return {
        name: rows(
            next(iter(seeds.values())).quantities, {seed: Read(one.values, one.absent) for seed, one in seeds.items()}
        )
        for name, seeds in found.items()
    }
