"""Declares every prepared copy of a data set as a deviation, in the words of its manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.data import DATASETS
from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.report.results.document import DeviationRecord


def copy_deviations(plan: Plan, standing: Mapping[str, Status]) -> list[DeviationRecord]:
    """One deviation for every prepared copy that a result was made from, with the experiments it touches."""
    touched: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for name, key in _jobs(plan):
        for record in (standing[key].result or {"data": []})["data"]:
            if (copy := record.get("prepared")) is not None:
                _, experiments = touched.setdefault(copy["manifest_sha256"], (record, []))
                experiments.extend([name] if name not in experiments else [])
    many = len(touched) > 1
    return [
        _deviation(f"prepared_copy_{number}" if many else "prepared_copy", record, experiments)
        for number, (record, experiments) in enumerate(touched.values(), start=1)
    ]


def _jobs(plan: Plan) -> Iterator[tuple[str, str]]:
    """(experiment, key) of every job that sees data."""
    for keys in (plan.trainings, plan.evaluations, plan.inspections):
        yield from ((place[0], key) for place, key in keys.items())


def _deviation(name: str, record: Mapping[str, Any], experiments: list[str]) -> DeviationRecord:
    copy, title = record["prepared"], DATASETS[record["name"]].title
    return DeviationRecord(
        id=name,
        paper=f"The images of {title} as they were released",
        ours=f"{title} from {copy['says']}",
        why="Smaller files take less room and are decoded sooner",
        expected=copy["differs"],
        affects=experiments,
        scales=None,
    )
