"""What a report says of cells and claims that were declared, had a result, and are judged no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from harness.judge.cells import judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.plan.withdrawn import TAKEN_OUT, Withdrawn
from harness.suite.cells import Cell
from harness.suite.claims import Claim

Record = dict[str, Any]


def withdrawn_records(found: Iterable[Withdrawn], evidence: Evidence) -> list[Record]:
    """Each as plain data: its form, the verdicts that reports gave it, and that of today by its form.

    The last is None where what it was judged on is no longer measured, or was declared by a version whose forms this
    one does not know.
    """
    return [
        {
            "kind": one.kind.removesuffix("s"),
            "id": one.id,
            "why": one.why,
            "form": dict(one.form),
            "came_to": [dict(verdict) for verdict in one.came_to],
            "today": _today(one, evidence),
        }
        for one in found
    ]


def left_out(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Record]:
    """What a report's documents judged and, judged again by another suite, do not, with what they said of it then."""
    known = {(one["kind"], one["id"]) for one in before.get("withdrawn") or ()}
    found: list[Record] = list(before.get("withdrawn") or ())
    for kind in ("cells", "claims"):
        single, there = kind.removesuffix("s"), {one["id"] for one in after[kind]}
        gone = [one for one in before[kind] if one["id"] not in there and (single, one["id"]) not in known]
        found += [_of_document(single, one) for one in gone]
    return found


def _of_document(kind: str, record: Mapping[str, Any]) -> Record:
    verdict = {name: record.get(name) for name in ("outcome", "reason", "extended")}
    names = ("printed", "margin", "value") if kind == "cell" else ("operator", "operands")
    form = {name: record.get(name) for name in names}
    return {"kind": kind, "id": record["id"], "why": TAKEN_OUT, "form": form, "came_to": [verdict], "today": None}


def _today(one: Withdrawn, evidence: Evidence) -> Record | None:
    """The outcome and the reason by the form of then, from the results of today."""
    try:
        return _cell_today(one, evidence) if one.kind == "cells" else _claim_today(one, evidence)
    except (KeyError, ValidationError):
        return None


def _cell_today(one: Withdrawn, evidence: Evidence) -> Record:
    form = one.form
    place = tuple(form["value"].split("."))
    cell = Cell(one.id, "", "", one.id, "", form["printed"], form["number"], form["unit"], form["margin"], place,
                runs=form.get("runs"))  # fmt: skip
    verdict = judge_cell(cell, evidence.measured[form["value"]], evidence.scale, look=evidence.look)
    return {"outcome": verdict.outcome, "reason": verdict.reason}


def _claim_today(one: Withdrawn, evidence: Evidence) -> Record:
    claim = Claim.parsed({"ref": "A00", "says": one.id, "source": one.id, **one.form["operator"]})
    then = replace(evidence, smallest_effect=one.form.get("smallest effect"))
    verdict = judge_claims({one.id: claim}, then)[0]
    return {"outcome": verdict.outcome, "reason": verdict.reason}


def in_headline(records: list[Record]) -> list[str]:
    """How many there are, for the sentence that stands over a report; empty without one."""
    return [f"{len(records)} declared and judged no more"] if records else []
