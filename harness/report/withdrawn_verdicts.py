"""Writes the records of cells and claims that were declared, had a result, and are judged no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic import ValidationError

from harness.judge.cells import judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.plan.withdrawn import TAKEN_OUT, Withdrawn
from harness.report.results.document import Results
from harness.report.results.record import Json
from harness.report.results.verdict_records import CellRecord, ClaimRecord, FormVerdict, PastVerdict, WithdrawnRecord
from harness.suite.cells import Cell, places_in
from harness.suite.claims import Claim


def withdrawn_records(found: Iterable[Withdrawn], evidence: Evidence) -> list[WithdrawnRecord]:
    """The record of each: its form, the verdicts that reports gave it, and the verdict of today by its form.

    The last is None where its numbers are no longer measured, or where it was declared by a version whose forms this
    one does not know.
    """
    return [
        WithdrawnRecord(
            kind="cell" if one.kind == "cells" else "claim",
            id=one.id,
            why=one.why,
            form=dict(one.form),
            came_to=[PastVerdict.model_validate(dict(verdict)) for verdict in one.came_to],
            today=_today(one, evidence),
        )
        for one in found
    ]


def left_out(before: Results, cells: Sequence[CellRecord], claims: Sequence[ClaimRecord]) -> list[WithdrawnRecord]:
    """The withdrawn records of a report that is judged again by another suite, which gives `cells` and `claims`.

    They are those that the report has already, and one for each cell and claim of it that the suite judges no more,
    with the verdict of the report.
    """
    known = {(one.kind, one.id) for one in before.withdrawn}
    there = {*(("cell", one.id) for one in cells), *(("claim", one.id) for one in claims)}
    gone = [_as_reported("cell", one, one.part("printed", "margin", "value")) for one in before.cells]
    gone += [_as_reported("claim", one, one.part("operator", "operands")) for one in before.claims]
    return [*before.withdrawn, *(one for one in gone if (one.kind, one.id) not in known | there)]


def _as_reported(kind: str, record: CellRecord | ClaimRecord, form: Json) -> WithdrawnRecord:
    verdict = record.part("outcome", "reason", "extended")
    return WithdrawnRecord.model_validate(
        {"kind": kind, "id": record.id, "why": TAKEN_OUT, "form": form, "came_to": [verdict], "today": None}
    )


def _today(one: Withdrawn, evidence: Evidence) -> FormVerdict | None:
    """The outcome and the reason by the form of then, from the results of today."""
    try:
        return _cell_today(one, evidence) if one.kind == "cells" else _claim_today(one, evidence)
    except (KeyError, ValidationError):
        return None


def _cell_today(one: Withdrawn, evidence: Evidence) -> FormVerdict:
    form = one.form
    place, *minus = places_in(form["value"])
    cell = Cell(one.id, "", "", one.id, "", form["printed"], form["number"], form["unit"], form["margin"], place,
                runs=form.get("runs"), minus=next(iter(minus), None))  # fmt: skip
    verdict = judge_cell(cell, evidence.measured[form["value"]], evidence.scale, look=evidence.look)
    return FormVerdict(outcome=verdict.outcome, reason=verdict.reason)


def _claim_today(one: Withdrawn, evidence: Evidence) -> FormVerdict:
    claim = Claim.parsed({"ref": "A00", "says": one.id, "source": one.id, **one.form["operator"]})
    then = replace(evidence, smallest_effect=one.form.get("smallest effect"))
    verdict = judge_claims({one.id: claim}, then)[0]
    return FormVerdict(outcome=verdict.outcome, reason=verdict.reason)


def in_headline(records: Sequence[WithdrawnRecord]) -> list[str]:
    """The number of the records, for the sentence that stands over a report; empty where there is none."""
    return [f"{len(records)} declared and judged no more"] if records else []
