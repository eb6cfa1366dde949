"""Judges a report again from its own documents, by the suite and the rules of today, without the store it came from."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.judge.bounds import printed_elsewhere
from harness.judge.cells import CellVerdict
from harness.judge.claims import adjusted
from harness.judge.evidence import ClaimVerdict
from harness.judge.statistics import Interval
from harness.judge.warrants import RULES
from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import Standing, Standings
from harness.report.gather import deviations_of, headline, table_of
from harness.report.judging import Judged, judged_by
from harness.report.measured import measured_values
from harness.report.page.digests import digest_of_records
from harness.report.records import cell_record, claim_record
from harness.report.results.curves import Curves
from harness.report.results.document import DeviationRecord, JudgedAgain, Results
from harness.report.results.record import Ends, Json
from harness.report.results.verdict_records import CellRecord, ClaimRecord, FirstCell, FirstClaim
from harness.report.standing import ABSENT, device_of, report_standing, with_cells
from harness.report.withdrawn_verdicts import left_out
from harness.suite.cells import Cell
from harness.suite.claim_parts import DIRECTION, parent_of, prints_size, with_directions
from harness.suite.claims import Claim
from harness.suite.file import Suite
from harness.suite.yaml_places import yaml_data

KEPT = "not judged again: results.json does not hold what it rests on"
KEPT_CELL = "not judged again: results.json does not hold what it needs"
SINCE = "changed since the report was judged before: "
"""What such a sentence begins with stays however often a report is judged again."""
LATE = "declared after the results that it rests on were published"


def judge_again(results: Results, curves: Curves, suite: Suite) -> Results:
    """The results of a report with every cell and claim judged anew; what its documents cannot tell stays as it was.

    Each claim keeps the verdict it was first published with, and the form in which it was declared then, as `before`.
    Raises UsageError where the suite is another one, or has no such scale.
    """
    _same_suite(results, suite)
    plan = make_plan(suite, results.scale, device_of(results))
    standing, failed = report_standing(plan, results)
    measured = with_cells(dict(measured_values(plan, standing, failed)), results)
    before = {record.id: record for record in results.claims}
    first = _first_forms(results)
    declared = _standings(plan, results, first)
    found = judged_by(plan, standing, failed, measured, declared, curves)
    verdicts = adjusted([_kept(plan, verdict, _record_of(before, verdict.id)) for verdict in found.claims])
    cells = _cells(found, results)
    claims = [_claim(verdict, found, plan, before, first) for verdict in verdicts]
    withdrawn = left_out(results, cells, claims)
    digests = {
        "suite": hashlib.sha256(suite.text.encode()).hexdigest(),
        "results": digest_of_records(cells, claims, results.experiments, results.data),
    }
    return results.model_copy(
        update={
            **({"withdrawn": withdrawn} if withdrawn else {}),
            "headline": headline(plan, found.cells, verdicts, withdrawn),
            "table": table_of(plan),
            "cells": cells,
            "claims": claims,
            "deviations": [*deviations_of(plan), *_of_the_run(results)],
            "suite_yaml": suite.text,
            "title": suite.file.title,
            "source": suite.file.source,
            "scale_note": suite.file.scales[plan.scale].says or "",
            "rules": RULES,
            "judged_again": _provenance(results),
            "digest": results.digest.model_copy(update=digests),
        }
    )


def _same_suite(results: Results, suite: Suite) -> None:
    if (suite.file.suite, suite.file.paper) != (results.suite, results.paper):
        raise UsageError(f"{suite.path} is suite {suite.file.suite!r}; the report is of {results.suite!r}")
    if results.scale not in suite.file.scales:
        raise UsageError(f"{suite.path} has no {results.scale} scale, of which the report is")


def _provenance(results: Results) -> JudgedAgain:
    """The digests of the suite and the results as first published; the same however often they are judged again."""
    return results.judged_again or JudgedAgain(suite=results.digest.suite, results=results.digest.results)


def _first_forms(results: Results) -> dict[str, Json]:
    """By claim, the form in which it was declared when the report was first published."""
    kept = {one.id: one.before.form for one in results.claims if one.before is not None}
    if kept:
        return kept
    claims = yaml_data(results.suite_yaml).get("claims") or {}
    return {part: form for name, claim in claims.items() for part, form in _forms_then(name, claim).items()}


def _forms_then(name: str, claim: Json) -> dict[str, Json]:
    """The forms of a claim and of its direction, read from the suite's text of then, whatever its version."""
    try:
        return {part: _form(one) for part, one in with_directions({name: Claim.parsed(claim)}).items()}
    except ValidationError:
        faster = claim["faster"]
        direction = Claim.parsed(claim | {"faster": {key: said for key, said in faster.items() if key != "times"}})
        return {name: {"faster": faster}, f"{name}{DIRECTION}": _form(direction)}


def _of_the_run(results: Results) -> list[DeviationRecord]:
    """The deviations of a report that its suite does not declare: how its data were copied and its batches taken."""
    declared = yaml_data(results.suite_yaml).get("deviations") or {}
    return [one for one in results.deviations if one.id not in declared]


def _form(claim: Claim) -> Json:
    return {claim.operator: claim.form}


def _standings(plan: Plan, results: Results, first: Mapping[str, Json]) -> Standings:
    """How cells and claims stand to the form in which they were first published, and to what was said of them then."""
    old_cells = {one.id: one for one in results.cells}
    then, scale = yaml_data(results.suite_yaml), _scale_changes(plan, results)
    cells = {cell.id: _cell_standing(cell, old_cells.get(cell.id), scale) for cell in plan.suite.cells()}
    old = {one.id: one for one in results.claims}
    claims = {
        name: _claim_standing(
            _form(claim), first.get(name), _record_of(old, name), [*scale, *_warrant_changes(name, claim, then)]
        )
        for name, claim in plan.suite.file.claims.items()
        if claim.quoted is None and claim.impossible is None
    }
    for name, claim in plan.suite.file.claims.items():
        changed = [f"{cell}: {cells[cell].extended}" for cell in claim.cells or () if cells[cell].extended]
        if changed and name in claims and not claims[name].extended:
            claims[name] = Standing("; ".join(changed), claims[name].note)
    return Standings(cells, claims)


def _scale_changes(plan: Plan, results: Results) -> list[str]:
    """What today's suite declares otherwise for all verdicts of the scale than the text that the report holds."""
    then, now = ((yaml_data(text)["scales"].get(plan.scale) or {}) for text in (results.suite_yaml, plan.suite.text))
    names = [name for name in ("seeds", "smallest_effect") if then.get(name) != now.get(name)]
    return [f"{SINCE}{name} {_plain(then.get(name))} -> {_plain(now.get(name))}" for name in names]


def _warrant_changes(name: str, claim: Claim, then: Json) -> list[str]:
    """What kept a claim from a confirmation in the text that the report holds, and was taken out."""
    said, now = (then.get("claims") or {}).get(parent_of(name)) or {}, claim.model_dump()
    words = [word for word in ("by_construction", "post_hoc") if said.get(word) is not None and now[word] is None]
    return [f"{SINCE}{word} taken out" for word in words]


def _still(old: CellRecord | ClaimRecord | None, since: Sequence[str]) -> list[str]:
    """What was changed since a report was judged before, now or any time earlier."""
    earlier = [said for said in ((old and old.extended_reason) or "").split("; ") if said.startswith(SINCE)]
    return list(dict.fromkeys([*earlier, *since]))


def _claim_standing(form: Json, first: Json | None, old: ClaimRecord | None, since: Sequence[str]) -> Standing:
    if first is None:
        return Standing("", LATE)
    said = [] if old is None else [old.before.extended if old.before else old.extended_reason]
    said += _still(old, since)
    if form != first:
        said.append(f"changed after its first result: {_changed(first, form)}")
    return Standing("; ".join(filter(None, said)))


def _changed(first: Json, form: Json) -> str:
    """The parts of a form that are others now, each as it was and is."""
    (operator, said), (first_operator, first_said) = next(iter(form.items())), next(iter(first.items()))
    if operator != first_operator or not isinstance(said, dict) or not isinstance(first_said, dict):
        return f"{_plain(first)} -> {_plain(form)}"
    names = [name for name in sorted(said.keys() | first_said.keys()) if said.get(name) != first_said.get(name)]
    changes = [f"{name} {_plain(first_said.get(name))} -> {_plain(said.get(name))}" for name in names]
    return f"{operator}: {'; '.join(changes)}"


def _plain(value: Any) -> str:
    return "none" if value is None else json.dumps(value, sort_keys=True)


def _cell_standing(cell: Cell, old: CellRecord | None, since: Sequence[str]) -> Standing:
    if old is None:
        return Standing(LATE, LATE) if cell.place is not None else Standing()
    now = {"printed": cell.printed, "margin": cell.margin, "value": cell.value}
    first = (old.before or old).part(*now)
    changed = [f"{name} {first[name]!r} -> {value!r}" for name, value in now.items() if first[name] != value]
    reason = [] if old.before or not old.extended_reason else [old.extended_reason]
    reason += [f"changed after its first result: {'; '.join(changed)}"] if changed else []
    return Standing("; ".join([*reason, *(_still(old, since) if cell.place is not None else [])]))


def _cells(found: Judged, results: Results) -> list[CellRecord]:
    """Every cell judged anew, with what was said of it before; one that was added since was never published before."""
    old = {one.id: one for one in results.cells}
    return [_cell(verdict, found.declared.cells[verdict.cell.id], old.get(verdict.cell.id)) for verdict in found.cells]


def _cell(verdict: CellVerdict, declared: Standing, was: CellRecord | None) -> CellRecord:
    record = cell_record(verdict, declared)
    if was is None:
        return record
    before = {} if LATE in was.marks else {"before": was.before or _first_cell(was)}
    if was.recorded or was.imported or _lost(verdict.reason, was):
        return was.model_copy(update={"marks": _noted(was.marks, KEPT_CELL), **before})
    marks, wilson = _noted(was.marks, *record.marks), record.wilson or was.wilson
    return record.model_copy(update={"stale": was.stale, "wilson": wilson, "marks": marks, **before})


def _first_cell(was: CellRecord) -> FirstCell:
    return FirstCell(outcome=was.outcome, reason=was.reason, printed=was.printed, margin=was.margin, value=was.value)


def _record_of(records: Mapping[str, ClaimRecord], name: str) -> ClaimRecord | None:
    """The record of a claim; for a direction that the report does not know, the record of the whole claim."""
    return records.get(name) or records.get(parent_of(name))


def _noted(marks: Iterable[str], *more: str) -> list[str]:
    return list(dict.fromkeys((*marks, *more)))


def _lost(reason: str, was: CellRecord | ClaimRecord) -> bool:
    """Whether a verdict was given that the documents of a report cannot give."""
    return ABSENT in reason and was.outcome != "NOT RUN"


def _kept(plan: Plan, verdict: ClaimVerdict, was: ClaimRecord | None) -> ClaimVerdict:
    """The verdict as it was published where the report does not hold what it rests on."""
    if was is None or not _lost(verdict.reason, was):
        return verdict
    verdict = replace(verdict, outcome=was.outcome, reason=was.reason, evidence=was.evidence, n=was.n, p=was.p)
    verdict = replace(verdict, effect=was.effect, interval=_interval(was.interval), seeds_to_settle=was.seeds_to_settle)
    if not prints_size(verdict.claim) or plan.scale == "paper":
        return verdict
    size = verdict.claim.reduces.by if verdict.claim.reduces else verdict.claim.faster.times.by  # type: ignore[union-attr]
    return printed_elsewhere(verdict, f"{size:g}", plan.scale)


def _interval(ends: Ends | None) -> Interval | None:
    """The interval of a record; an end that is null is open."""
    if ends is None:
        return None
    low, high = ends
    return Interval(-math.inf if low is None else low, math.inf if high is None else high, 0.95, "difference")


def _claim(
    verdict: ClaimVerdict, found: Judged, plan: Plan, before: Mapping[str, ClaimRecord], first: Mapping[str, Json]
) -> ClaimRecord:
    """One claim with the verdict, the level and the form that it was first published with."""
    declared = found.declared.claims.get(verdict.id, Standing())
    record = claim_record(verdict, declared, found.evidence, plan.suite.file.readings.values())
    was, form = _record_of(before, verdict.id), first.get(verdict.id)
    if was is None or form is None:
        return record
    own = [mark for mark in was.marks if mark != LATE]
    update: dict[str, object] = {"stale": was.stale, "marks": _noted(own, *record.marks)}
    judged = next(one for one in found.claims if one.id == verdict.id)
    if _lost(judged.reason, was):
        update |= {"marks": _noted(own, *record.marks, KEPT), "companion": was.companion}
    kept = was.before if was.id == verdict.id else None
    update["before"] = kept or FirstClaim(
        outcome=was.outcome, evidence=was.evidence, reason=was.reason, extended=was.extended_reason, form=form
    )
    return record.model_copy(update=update)
