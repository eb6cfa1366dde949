"""Tells where the results of a report were made: on one machine, or on several, each with what was run on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.report.results.record import Json
from harness.store.documents import canonical
from harness.store.provenance import IMPORTED
from harness.store.store import Store

COMPUTES = ("train", "evaluate", "inspect", "measure", "vocabulary", "encode", "fit", "classify")
"""Kinds of jobs whose numbers may depend on the machine."""


def environment_of(plan: Plan, store: Store, standing: Mapping[str, Status]) -> Json:
    """The environment of every result where they are alike; else each of them as `place N`, with what `ran` there."""
    places: dict[str, Json] = {}
    labels: dict[str, list[str]] = {}
    for key, status in standing.items():
        job = plan.jobs[key]
        if status.result is not None and job.kind in COMPUTES and IMPORTED not in status.result:
            place = store.folder(job.kind, key).read_environment()
            places[canonical(place)] = place
            labels.setdefault(canonical(place), []).append(job.label)
    if len(places) < 2:
        return next(iter(places.values()), {})
    order = enumerate(sorted(places), start=1)
    return {f"place {number}": {**places[text], "ran": by_seeds(labels[text])} for number, text in order}


def by_seeds(labels: Iterable[str]) -> list[str]:
    """Labels that differ in their seed alone as one: `train cnn, seeds 0 1 4`."""
    seeds: dict[str, list[str]] = {}
    for label in labels:
        what, _, seed = label.partition(", seed ")
        seeds.setdefault(what, []).extend([seed] if seed else [])
    return [
        f"{what}, seed{'s' if len(found) > 1 else ''} {' '.join(found)}" if found else what
        for what, found in seeds.items()
    ]
