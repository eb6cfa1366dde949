"""Says once what the specifications of several experiments share, and of each only where it differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.report.page.numbers import flattened
from harness.report.results.run_records import ExperimentRecord

Pairs = list[tuple[str, str]]
"""Dotted paths with their values."""


def shared_spec(experiments: Mapping[str, ExperimentRecord]) -> Pairs:
    """The entries that every experiment has; all of them where there is one experiment."""
    flat = [dict(flattened(one.spec)) for one in experiments.values()]
    if not flat:
        return []
    return [(path, value) for path, value in flat[0].items() if path and all(one.get(path) == value for one in flat)]


def own_spec(experiment: ExperimentRecord, shared: Pairs) -> Pairs:
    """The entries of one experiment that not all have."""
    return [pair for pair in flattened(experiment.spec) if pair[0] and pair not in shared]


def images_seen(experiment: ExperimentRecord) -> list[tuple[str, int, str | None]]:
    """The tests of an experiment with the number of images and the digest of their ids, which all seeds share."""
    found = [(name, test.count, test.ids_sha256) for job in experiment.jobs for name, test in job.evaluations.items()]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Parts:
    """The numbers that stand in the table of an experiment, by column."""

    train: list[str]
    tests: dict[str, list[str]]
    """By test, its metrics; by inspection none, for its numbers have a table of their own."""


def parts(experiment: ExperimentRecord) -> Parts:
    """The names of all numbers of an experiment's jobs, for the head of their table."""
    train = dict.fromkeys(name for job in experiment.jobs for name in job.values)
    tests: dict[str, dict[str, None]] = {}
    for job in experiment.jobs:
        for name, test in job.evaluations.items():
            tests.setdefault(name, {}).update(dict.fromkeys(test.values))
        for name in job.inspections:
            tests.setdefault(name, {})
    return Parts(list(train), {name: list(metrics) for name, metrics in tests.items()})
