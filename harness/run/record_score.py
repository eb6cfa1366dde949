"""Enters a score that a test server gave, where the predictions that it is of are known."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.data import DATASETS
from harness.errors import HarnessError, UsageError
from harness.plan.graph import Plan, make_plan
from harness.plan.job import Job
from harness.report.recorded import PREDICTIONS, SCORED, Record, RecordFile, record_file
from harness.store.provenance import address, day, line, said
from harness.store.store import JobFolder, Store, file_sha256
from harness.suite.cells import Cell
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path
from harness.vocabulary import ScaleName, nearest

_DIGITS = re.compile(r"\d+(\.\d+)?|\.\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Score:
    """The score that a person says a server gave, as it was typed, and the file that was sent to the server."""

    value: str
    source: str
    date: str
    url: str | None = None
    submission: Path | None = None
    kit: Path | None = None


def record_score(
    suite_file: str, cell_id: str, score: Score, scale: ScaleName, seed: int, store: Store, *, replace: bool
) -> Path:
    """Enter a score of a cell's test with one seed; return the file that keeps it.

    Raises UsageError where the score cannot be one, where the cell points to no test of a split without labels, where
    that test has no predictions, where the submission was not made from them, and where a score stands already.
    """
    suite = load_suite(suite_path(suite_file))
    if scale not in suite.file.scales:
        raise UsageError(f"{suite.path} has no scale {scale!r}; it has {', '.join(suite.file.scales)}")
    plan = make_plan(suite, scale)
    cell = _cell(plan, cell_id)
    job, metric = _unlabelled_test(plan, cell, seed)
    record = _stated(score) | {"cell": f"{suite.name} {cell.id}", "seed": seed}
    folder = store.folder(job.kind, job.key)
    _predictions(folder, job)  # before a folder is made for the lock
    with folder.locked():
        digest = _predictions(folder, job)
        file = record_file(store, job, metric)
        _refuse_second(file, replace=replace)
        record |= {"predictions_sha256": digest, "submission": _submitted(score, folder)}
        record |= {"entered_at": datetime.now(UTC).isoformat(timespec="seconds")}
        file.write(job.key, metric, record)
    return file.path


def percentage(text: str) -> float:
    """A percentage as typed, with or without its sign; raises UsageError for anything else.

    A server may give fractions, so a number between 0 and 1 needs the sign to be taken for so few percent.
    """
    signed = text.strip().endswith("%")
    digits = text.strip().removesuffix("%").strip()
    value = float(digits) if _DIGITS.fullmatch(digits) else math.inf
    if value > 100:
        raise UsageError(f"{text!r} is not a percentage from 0 to 100")
    if 0 < value < 1 and not signed:
        raise UsageError(
            f"{text!r}: if that is a fraction, enter it as {100 * value:g}; if it is a percentage, as '{value:g}%'"
        )
    return value


def _stated(score: Score) -> dict[str, Any]:
    return {
        "value": percentage(score.value),
        "from": line("--from", score.source),
        "date": day("--date", score.date),
        "url": None if score.url is None else address("--url", score.url),
    }


def _cell(plan: Plan, cell_id: str) -> Cell:
    cells = {cell.id: cell for cell in plan.suite.cells()}
    if cell_id not in cells:
        raise UsageError(f"{plan.suite.path} has no cell {cell_id!r}{nearest(cell_id, cells)}")
    return cells[cell_id]


def _unlabelled_test(plan: Plan, cell: Cell, seed: int) -> tuple[Job, str]:
    """The job whose predictions a server would score for a cell, and the metric of that score."""
    place = () if cell.minus is not None else cell.place or ()
    tests = {parts[:2] for parts in plan.evaluations}
    if len(place) != 3 or place[:2] not in tests:
        raise UsageError(f"cell {cell.id!r} points to no test at {plan.scale} scale, so no score can be entered for it")
    key = plan.evaluations.get((place[0], place[1], seed))
    if key is None or seed not in plan.seeds:
        raise UsageError(
            f"--seed {seed}: the {plan.scale} scale declares the seeds {plan.seeds[0]} to {plan.seeds[-1]}"
        )
    if place[2] not in SCORED:
        raise UsageError(f"cell {cell.id!r} is of {place[2]}, which a server gives no percentage of")
    tested = job = plan.jobs[key]
    if job.kind == "ensemble":
        tested = plan.jobs[next(iter(job.inputs.values()))]
    split = tested.spec["splits"][0]
    if split not in DATASETS[tested.spec["data"]["name"]].unlabelled:
        raise UsageError(f"cell {cell.id!r} is of {split} images whose labels are known; `run` works its value out")
    return job, place[2]


def _predictions(folder: JobFolder, job: Job) -> str:
    """The digest of a finished test's predictions; raises HarnessError where the file is not what the test left."""
    result = folder.read_result()
    if result is None:
        raise UsageError(f"{job.label}: has no result in {folder.path.parent} yet, so no predictions were scored")
    digest = result["outputs"].get(PREDICTIONS)
    if digest is None:
        raise UsageError(f"{job.label}: {folder.path} holds no predictions, for the net diverged or an earlier version "
                         "of this program kept none")  # fmt: skip
    if not folder.predictions.is_file() or file_sha256(folder.predictions) != digest:
        raise HarnessError(f"{folder.predictions} is missing or damaged; move {folder.path} away to run the test again")
    return str(digest)


def _refuse_second(file: RecordFile, *, replace: bool) -> None:
    before = file.read()
    if before is not None and not replace:
        stands = before["score"]
        raise UsageError(
            f"{file.path}: {stands['value']}% is recorded already ({said(stands)}); --replace keeps it as superseded"
        )


def _submitted(score: Score, folder: JobFolder) -> Record | None:
    """The digest of the file that was sent to the server; UsageError where it was not made from these predictions."""
    if score.submission is None:
        if score.kit is not None:
            raise UsageError("--kit says how the classes of a --submission are numbered; name that file too")
        return None
    from harness.run.submission import check_submission  # noqa: PLC0415 - numpy

    check_submission(score.submission, folder.predictions, score.kit)
    return {"sha256": file_sha256(score.submission), "checked": "numbers of the kit" if score.kit else "ranks"}
