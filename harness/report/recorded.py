"""Scores that a test server gave, entered by hand: one sealed file a job and metric, beside the results of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.plan.job import Job
from harness.store.documents import RESULT_FORMAT, read_sealed, seal
from harness.store.provenance import said
from harness.store.store import KEY_LETTERS, Store, write_json
from harness.vocabulary import METRICS

SCORED = tuple(name for name, metric in METRICS.items() if metric.unit == "%")
"""The metrics that a server's score can be of."""

PREDICTIONS = "predictions.npz"

Record = Mapping[str, Any]
"""One score: `value` in percent, `from`, `date`, `url`, `entered_at`, the digests of what was scored; and `replaced`,
the scores in whose place it stands, newest first, each with whether it is of the same predictions."""

Scores = Mapping[tuple[str, str], Record]
"""By the key of the job whose predictions were scored, and metric."""


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The file of one job's score in one metric: the score that stands, and those that were replaced, newest first."""

    path: Path

    def read(self) -> dict[str, Any] | None:
        """The whole document, or None before anything was recorded; raises HarnessError when it is damaged."""
        return read_sealed(self.path, "enter the score again after moving the file away")

    def write(self, key: str, metric: str, record: Record) -> None:
        """Let a score stand; the one before it, if there is one, stays in the file as superseded."""
        before = self.read() or {"superseded": []}
        superseded = [*([before["score"]] if "score" in before else []), *before["superseded"]]
        document = {"key": key, "metric": metric, "score": dict(record), "superseded": superseded}
        write_json(self.path, seal({"format": RESULT_FORMAT, **document}))


def record_file(store: Store, job: Job, metric: str) -> RecordFile:
    """The file that keeps the score of a job's predictions in a metric."""
    return RecordFile(store.recorded / f"{job.kind}-{job.key[:KEY_LETTERS]}-{metric}.json")


def recorded_scores(store: Store, jobs: Iterable[Job]) -> dict[tuple[str, str], Record]:
    """The scores that stand of these jobs' predictions, each with those that it replaced."""
    found: dict[tuple[str, str], Record] = {}
    for job in jobs if store.recorded.is_dir() else ():
        for metric in SCORED:
            document = record_file(store, job, metric).read()
            if document is not None and document["key"] == job.key:
                found[job.key, metric] = _with_replaced(document["score"], document["superseded"])
    return found


def _with_replaced(score: Record, superseded: Iterable[Record]) -> dict[str, Any]:
    """A score with the earlier ones; those of other predictions are of a test that has run again since."""
    before = [
        {**one, "same_predictions": one["predictions_sha256"] == score["predictions_sha256"]} for one in superseded
    ]
    return {**score, "replaced": before} if before else dict(score)


def replacement(seed: int, record: Record) -> str:
    """What a reader has to know of a score in whose place others stood; empty where it is the first."""
    before = [
        f"{one['value']}% of {'the same' if one['same_predictions'] else 'other'} predictions ({_entered(one)})"
        for one in record.get("replaced", ())
    ]
    if not before:
        return ""
    which = f"the score of seed {seed}, {record['value']}% ({_entered(record)}),"
    return f"{which} took the place of {', and before it of '.join(before)}"


def _entered(record: Record) -> str:
    """Whose word a score is, and when it was entered."""
    when = record.get("entered_at")
    return f"{said(record)}, entered {when}" if when else said(record)


def counts(record: Record, result: Mapping[str, Any] | None) -> bool:
    """Whether a score is of the predictions that a job has now."""
    return result is not None and result["outputs"].get(PREDICTIONS) == record["predictions_sha256"]


def outdated(seed: int, record: Record, result: Mapping[str, Any] | None) -> str:
    """Why a score no longer counts."""
    what = f"the score of seed {seed} ({record['value']}%: {said(record)})"
    if result is None:
        return f"{what} is of predictions that are no longer in the store"
    return (
        f"{what} is of other predictions: the test has run again since; `record --replace` enters that of the new ones"
    )
