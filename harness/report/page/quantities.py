"""Tables of measured numbers: one row a number, with what it means and its value for each seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.report.page.curves import by_seed

Record = Mapping[str, Any]
ONE_SEED = "-"
"""Stands for the seed of what is not drawn at random."""


def rows(labels: Iterable[Sequence[str]], results: Mapping[str, Record]) -> list[dict[str, Any]]:
    """One row for each number, in the order of `labels`, (name, unit, label); unlabelled ones follow by name.

    `results` holds by seed the `values` and, by name, why some are `absent`. A row has `name`, `unit`, `label`, the
    `values` as (seed, value) pairs, their `mean` where there are several, and `why` some are not there.
    """
    known = {name: (unit, label) for name, unit, label in labels}
    found = [name for result in results.values() for name in (*result["values"], *result["absent"])]
    return [_row(name, *known.get(name, ("", "")), results) for name in [*known, *sorted({*found} - {*known})]]


def _row(name: str, unit: str, label: str, results: Mapping[str, Record]) -> dict[str, Any]:
    values = [(seed, result["values"].get(name)) for seed, result in by_seed(results)]
    numbers = [value for _, value in values if value is not None]
    reasons = [(seed, result["absent"][name]) for seed, result in by_seed(results) if name in result["absent"]]
    mean = math.fsum(numbers) / len(numbers) if 1 < len(numbers) == len(values) else None
    shown = [pair for pair in values if pair[1] is not None]
    return {
        "name": name,
        "unit": unit,
        "label": label,
        "values": shown,
        "mean": mean,
        "why": _why(reasons, len(values)),
    }


def _why(reasons: Sequence[tuple[str, str]], seeds: int) -> str:
    """Once, where every seed has the same reason."""
    said = {why for _, why in reasons}
    if len(said) == 1 and len(reasons) == seeds:
        return said.pop()
    return "; ".join(f"seed {seed}: {why}" for seed, why in reasons)


def of_measurement(record: Record) -> list[dict[str, Any]]:
    """The numbers of one measurement, whose jobs are told apart by seed; of one job alone, by nothing."""
    jobs = record["jobs"]
    alone = len(jobs) == 1 and jobs[0]["seed"] in (None, 0)
    return rows(record["quantities"], {ONE_SEED if alone else str(job["seed"]): job for job in jobs})


def of_inspections(jobs: Iterable[Record]) -> dict[str, list[dict[str, Any]]]:
    """By inspection, the numbers read off the net of every job."""
    found: dict[str, dict[str, Record]] = {}
    for job in jobs:
        for name, inspection in (job["inspections"] or {}).items():
            found.setdefault(name, {})[str(job["seed"])] = inspection
    return {name: rows(next(iter(seeds.values()))["quantities"], seeds) for name, seeds in found.items()}
