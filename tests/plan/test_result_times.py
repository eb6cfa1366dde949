"""When results ended: the earliest of several, and nothing where no result tells."""

from __future__ import annotations

from pathlib import Path

from fabricated import finish
from filled_store import flip, table1

from harness.plan.result_times import ResultTimes
from harness.store.store import Store


def test_the_earliest_result_counts(tmp_path: Path) -> None:
    """In UTC, whatever zone it was written in; a job without a result has no time."""
    store, jobs = Store(tmp_path), list(table1().jobs.values())
    for job, when in zip(jobs[:2], ("2026-01-05T10:00:00+00:00", "2026-01-05T10:30:00+02:00"), strict=True):
        finish(store, job, cost={"seconds": 1.0, "finished_at": when})
    places = [(job.kind, job.key) for job in jobs[:3]]
    assert ResultTimes(store).earliest(places) == "2026-01-05T08:30:00+00:00"
    assert ResultTimes(store).earliest(places[2:]) == ""


def test_a_result_that_cannot_be_read_has_no_time(tmp_path: Path) -> None:
    """Whoever judges it refuses it, by its name."""
    store, job = Store(tmp_path), next(iter(table1().jobs.values()))
    flip(finish(store, job).result)
    assert ResultTimes(store).earliest([(job.kind, job.key)]) == ""


def test_a_result_without_a_time_has_none(tmp_path: Path) -> None:
    """As of weights that were trained elsewhere."""
    store, job = Store(tmp_path), next(iter(table1().jobs.values()))
    finish(store, job, cost=None)
    assert ResultTimes(store).earliest([(job.kind, job.key)]) == ""
