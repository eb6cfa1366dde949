"""The files of recorded scores: what was replaced is kept, what is damaged is refused, what a score is of decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.plan.job import Job
from harness.report.recorded import SCORED, RecordFile, counts, outdated, record_file, recorded_scores
from harness.store.store import Store

JOB = Job("evaluate", {"a": 1})


def record(value: float, **more: Any) -> dict[str, Any]:
    """A score of some predictions."""
    return {"value": value, "from": "server", "date": "2026-01-05", "predictions_sha256": "p" * 64} | more


def written(store: Store, *values: float, metric: str = "top5_error") -> RecordFile:
    """The file after so many scores."""
    file = record_file(store, JOB, metric)
    for value in values:
        file.write(JOB.key, metric, record(value))
    return file


def test_errors_in_percent_can_be_scored() -> None:
    """And nothing else."""
    assert SCORED == ("top1_error", "top5_error")


def test_the_last_score_stands_and_none_is_lost(tmp_path: Path) -> None:
    """Newest first among those that were replaced."""
    document = written(Store(tmp_path), 1, 2, 3).read()
    assert document is not None
    assert document["score"]["value"] == 3
    assert [one["value"] for one in document["superseded"]] == [2, 1]


def test_scores_are_found_by_job_and_metric(tmp_path: Path) -> None:
    """Each metric has a file of its own, and a job that nobody scored has none."""
    store = Store(tmp_path)
    written(store, 1)
    written(store, 2, metric="top1_error")
    found = recorded_scores(store, [JOB, Job("evaluate", {"a": 2})])
    assert {place: one["value"] for place, one in found.items()} == {
        (JOB.key, "top5_error"): 1,
        (JOB.key, "top1_error"): 2,
    }


def test_an_empty_store_has_no_scores(tmp_path: Path) -> None:
    """And looking makes nothing."""
    assert recorded_scores(Store(tmp_path / "none"), [JOB]) == {}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"score": {"value": 1}}'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    """With a remedy."""
    file = written(Store(tmp_path), 1)
    file.path.write_text(content)
    with pytest.raises(HarnessError, match="enter the score again"):
        recorded_scores(Store(tmp_path), [JOB])


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [({"predictions.npz": "p" * 64}, True), ({"predictions.npz": "q" * 64}, False), ({}, False), (None, False)],
)
def test_a_score_counts_for_the_predictions_it_was_given_for(outputs: dict[str, str] | None, *, expected: bool) -> None:
    """And for no others."""
    assert counts(record(1), None if outputs is None else {"outputs": outputs}) is expected


def test_why_a_score_no_longer_counts() -> None:
    """Whose it was, and what has become of its predictions."""
    assert outdated(2, record(1.5), None).startswith("the score of seed 2 (1.5%: server, 2026-01-05) is of predictions")
    assert "`record --replace`" in outdated(2, record(1.5), {"outputs": {}})
