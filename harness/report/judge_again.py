"""Judges a report again from its own documents, by the suite and the rules of today, without the store it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.judge.bounds import printed_elsewhere
from harness.judge.claims import adjusted
from harness.judge.evidence import ClaimOutcome, ClaimVerdict
from harness.judge.statistics import Interval
from harness.judge.warrants import RULES
from harness.plan.graph import Plan, make_plan
from harness.plan.preregistration import Standing, Standings
from harness.report.gather import deviations_of, headline, table_of
from harness.report.judging import Judged, judged_by
from harness.report.measured import measured_values
from harness.report.page.digests import digest_of
from harness.report.records import cell_record, claim_record
from harness.report.standing import ABSENT, device_of, report_standing, with_cells
from harness.report.withdrawn_verdicts import left_out
from harness.suite.claim_parts import DIRECTION, parent_of, prints_size, with_directions
from harness.suite.claims import Claim
from harness.suite.file import Suite
from harness.suite.yaml_places import yaml_data

Record = dict[str, Any]
KEPT = "not judged again: results.json does not hold what it rests on"
LATE = "declared after the results that it rests on were published"


def judge_again(results: Record, curves: Record, suite: Suite) -> Record:
    """The results of a report with every cell and claim judged anew; what its documents cannot tell stays as it was.

    Each claim keeps the verdict it was first published with, and the form in which it was declared then, as `before`.
    Raises UsageError where the suite is another one, or has no such scale.
    """
    _same_suite(results, suite)
    plan = make_plan(suite, results["scale"], device_of(results))
    standing, failed = report_standing(plan, results)
    measured = with_cells(dict(measured_values(plan, standing, failed)), results)
    before = {record["id"]: record for record in results["claims"]}
    first = _first_forms(results)
    declared = _standings(plan, results, first)
    found = judged_by(plan, standing, failed, measured, declared, curves)
    claims = adjusted([_kept(plan, verdict, _record_of(before, verdict.id)) for verdict in found.claims])
    cells = _cells(found, results)
    records = [_claim(verdict, found, plan, before, first) for verdict in claims]
    withdrawn = left_out(results, {"cells": cells, "claims": records})
    document = results | {
        **({"withdrawn": withdrawn} if withdrawn else {}),
        "headline": headline(plan, found.cells, claims, withdrawn),
        "table": table_of(plan),
        "cells": cells,
        "claims": records,
        "deviations": [*deviations_of(plan), *_of_the_run(results)],
        "suite_yaml": suite.text,
        "title": suite.file.title,
        "source": suite.file.source,
        "scale_note": suite.file.scales[plan.scale].says or "",
        "rules": RULES,
        "judged_again": _provenance(results),
    }
    digest = {"suite": hashlib.sha256(suite.text.encode()).hexdigest(), "results": digest_of(document)}
    return document | {"digest": results["digest"] | digest}


def _same_suite(results: Record, suite: Suite) -> None:
    if (suite.file.suite, suite.file.paper) != (results["suite"], results["paper"]):
        raise UsageError(f"{suite.path} is suite {suite.file.suite!r}; the report is of {results['suite']!r}")
    if results["scale"] not in suite.file.scales:
        raise UsageError(f"{suite.path} has no {results['scale']} scale, of which the report is")


def _provenance(results: Record) -> Record:
    """The digests of the suite and the results as first published; the same however often they are judged again."""
    first = results.get("judged_again") or {name: results["digest"][name] for name in ("suite", "results")}
    return {"suite": first["suite"], "results": first["results"]}


def _first_forms(results: Record) -> dict[str, Any]:
    """By claim, the form in which it was declared when the report was first published."""
    kept = {one["id"]: one["before"]["form"] for one in results["claims"] if one.get("before")}
    if kept:
        return kept
    claims = yaml_data(results["suite_yaml"]).get("claims") or {}
    return {part: form for name, claim in claims.items() for part, form in _forms_then(name, claim).items()}


def _forms_then(name: str, claim: Record) -> dict[str, Any]:
    """The forms of a claim and of its direction, read from the suite's text of then, whatever its version."""
    try:
        return {part: _form(one) for part, one in with_directions({name: Claim.parsed(claim)}).items()}
    except ValidationError:
        faster = claim["faster"]
        direction = Claim.parsed(claim | {"faster": {key: said for key, said in faster.items() if key != "times"}})
        return {name: {"faster": faster}, f"{name}{DIRECTION}": _form(direction)}


def _of_the_run(results: Record) -> list[Record]:
    """The deviations of a report that its suite does not declare: how its data were copied and its batches taken."""
    declared = yaml_data(results["suite_yaml"]).get("deviations") or {}
    return [one for one in results["deviations"] if one["id"] not in declared]


def _form(claim: Claim) -> Record:
    return {claim.operator: claim.form}


def _standings(plan: Plan, results: Record, first: Mapping[str, Any]) -> Standings:
    """How cells and claims stand to the form in which they were first published, and to what was said of them then."""
    old_cells = {one["id"]: one for one in results["cells"]}
    cells = {cell.id: _cell_standing(cell, old_cells.get(cell.id)) for cell in plan.suite.cells()}
    old = {one["id"]: one for one in results["claims"]}
    claims = {
        name: _claim_standing(_form(claim), first.get(name), _record_of(old, name) or {})
        for name, claim in plan.suite.file.claims.items()
        if claim.quoted is None and claim.impossible is None
    }
    for name, claim in plan.suite.file.claims.items():
        changed = [f"{cell}: {cells[cell].extended}" for cell in claim.cells or () if cells[cell].extended]
        if changed and name in claims and not claims[name].extended:
            claims[name] = Standing("; ".join(changed), claims[name].note)
    return Standings(cells, claims)


def _claim_standing(form: Record, first: Record | None, old: Record) -> Standing:
    said = [] if old.get("before") else [old.get("extended_reason")]
    said += [old.get("before", {}).get("extended")]
    if first is None:
        return Standing("", LATE)
    if form != first:
        said.append(f"changed after its first result: {_changed(first, form)}")
    return Standing("; ".join(filter(None, said)))


def _changed(first: Record, form: Record) -> str:
    """What of a form is another now, each field as it was and is."""
    (operator, said), (first_operator, first_said) = next(iter(form.items())), next(iter(first.items()))
    if operator != first_operator or not isinstance(said, dict) or not isinstance(first_said, dict):
        return f"{_plain(first)} -> {_plain(form)}"
    names = [name for name in sorted(said.keys() | first_said.keys()) if said.get(name) != first_said.get(name)]
    changes = [f"{name} {_plain(first_said.get(name))} -> {_plain(said.get(name))}" for name in names]
    return f"{operator}: {'; '.join(changes)}"


def _plain(value: Any) -> str:
    return "none" if value is None else json.dumps(value, sort_keys=True)


def _cell_standing(cell: Any, old: Record | None) -> Standing:
    if old is None:
        return Standing("", LATE if cell.place is not None else "")
    now = {"printed": cell.printed, "margin": cell.margin, "value": ".".join(cell.place) if cell.place else None}
    first = old.get("before") or {name: old.get(name) for name in now}
    changed = [f"{name} {first.get(name)!r} -> {value!r}" for name, value in now.items() if first.get(name) != value]
    reason = [] if old.get("before") or not old.get("extended_reason") else [old["extended_reason"]]
    reason += [f"changed after its first result: {'; '.join(changed)}"] if changed else []
    return Standing("; ".join(reason))


def _cells(found: Judged, results: Record) -> list[Record]:
    """Every cell judged anew, with what was said of it before; one that was added since was never published before."""
    old = {one["id"]: one for one in results["cells"]}
    records = []
    for verdict in found.cells:
        was = old.get(verdict.cell.id)
        record = cell_record(verdict, found.declared.cells[verdict.cell.id])
        if was is not None and (was.get("recorded") or was.get("imported") or _lost(verdict.reason, was)):
            record = was | {
                "marks": _noted(was.get("marks") or [], "not judged again: results.json does not hold what it needs")
            }
        elif was is not None:
            record |= {"stale": was.get("stale"), "wilson": record["wilson"] or was["wilson"]}
            record["marks"] = _noted(was.get("marks") or [], *record["marks"])
        if was is not None and LATE not in (was.get("marks") or []):
            record["before"] = was.get("before") or {
                name: was.get(name) for name in ("outcome", "reason", "printed", "margin", "value")
            }
        records.append(record)
    return records


def _record_of(records: Mapping[str, Record], name: str) -> Record | None:
    """What a report says of a claim; of a direction that it does not know, what it says of the whole."""
    return records.get(name) or records.get(parent_of(name))


def _noted(marks: Iterable[str], *more: str) -> list[str]:
    return list(dict.fromkeys((*marks, *more)))


def _lost(reason: str, was: Record) -> bool:
    """Whether a verdict was given that the documents of a report cannot give."""
    return ABSENT in reason and was["outcome"] != "NOT RUN"


def _kept(plan: Plan, verdict: ClaimVerdict, was: Record | None) -> ClaimVerdict:
    """The verdict as it was published where the report does not hold what it rests on."""
    if was is None or not _lost(verdict.reason, was):
        return verdict
    ends = was["interval"]
    infinite = float("inf")
    interval = ends and Interval(
        -infinite if ends[0] is None else ends[0], infinite if ends[1] is None else ends[1], 0.95, "difference"
    )
    outcome: ClaimOutcome = was["outcome"]
    verdict = replace(verdict, outcome=outcome, reason=was["reason"], evidence=was["evidence"], n=was["n"])
    verdict = replace(
        verdict, effect=was["effect"], interval=interval, p=was["p"], seeds_to_settle=was.get("seeds_to_settle")
    )
    if not prints_size(verdict.claim) or plan.scale == "paper":
        return verdict
    size = verdict.claim.reduces.by if verdict.claim.reduces else verdict.claim.faster.times.by  # type: ignore[union-attr]
    return printed_elsewhere(verdict, f"{size:g}", plan.scale)


def _claim(
    verdict: ClaimVerdict, found: Judged, plan: Plan, before: Mapping[str, Record], first: Mapping[str, Any]
) -> Record:
    """One claim with the verdict, the level and the form that it was first published with."""
    declared = found.declared.claims.get(verdict.id, Standing())
    record = claim_record(verdict, declared, found.evidence, plan.suite.file.readings.values())
    was = _record_of(before, verdict.id)
    if was is None or first.get(verdict.id) is None:
        return record
    own = [mark for mark in was.get("marks") or [] if mark != LATE]
    record |= {"stale": was.get("stale"), "marks": _noted(own, *record["marks"])}
    judged = next(one for one in found.claims if one.id == verdict.id)
    if _lost(judged.reason, was):
        record |= {"marks": _noted(record["marks"], KEPT), "companion": was.get("companion")}
    kept = was.get("before") if was["id"] == verdict.id else None
    record["before"] = kept or {
        "outcome": was["outcome"],
        "evidence": was["evidence"],
        "reason": was["reason"],
        "extended": was.get("extended_reason"),
        "form": first.get(verdict.id),
    }
    return record
