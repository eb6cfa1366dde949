"""Gathers what a plan's jobs left in the store, has it judged, and writes it all down as the documents of a report."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness.data import DATASETS
from harness.jobs import JOBS
from harness.jobs.code import lasting_digest
from harness.jobs.named import extended
from harness.judge.cells import CellVerdict
from harness.judge.evidence import ClaimVerdict
from harness.judge.warrants import RULES
from harness.plan.graph import Plan
from harness.plan.scale_choice import Choice
from harness.plan.status import Status
from harness.report.costs import cost_of, costs_by_experiment
from harness.report.environments import environment_of
from harness.report.experiments import ensembles, measurements, trained_experiment
from harness.report.figures import figures_of
from harness.report.first_forms import by_first_form
from harness.report.judging import judged
from harness.report.net_pairs import net_pairs
from harness.report.prepared_copies import copy_deviations
from harness.report.records import cell_record, claim_record, looks_record, standing_of
from harness.store.documents import canonical
from harness.store.store import Store
from harness.suite.shipped import shipped_suites, suite_files

FORMAT = 1


def gather(
    plan: Plan, store: Store, standing: Mapping[str, Status], choice: Choice, failed: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two documents of a report, `results` and `curves`; nothing in them changes with the day."""
    found = judged(plan, store, standing, failed or {})
    plan, standing = found.plan, {key: standing[key] for key in found.plan.jobs}
    cells, claims, curves, declared = found.cells, found.claims, found.curves, found.declared
    file = plan.suite.file
    results = {
        "format": FORMAT,
        "rules": RULES,
        **_identity(plan, choice),
        "looks": looks_record(plan.declared, plan.look),
        "headline": headline(plan, cells, claims),
        "table": table_of(plan),
        "cells": [cell_record(verdict, standing_of(declared.cells, verdict.cell.id)) for verdict in cells],
        "claims": [
            claim_record(
                verdict,
                standing_of(declared.claims, verdict.id),
                found.evidence,
                file.readings.values(),
                by_first_form(verdict, standing_of(declared.claims, verdict.id), found.evidence),
                file.scales[plan.scale].earlier,
            )
            for verdict in claims
        ],
        "net_pairs": net_pairs(plan, store, standing),
        "deviations": [*deviations_of(plan), *copy_deviations(plan, standing), *_in_parts(plan, standing)],
        "experiments": {name: trained_experiment(plan, name, standing, failed or {}) for name in plan.experiments},
        "ensembles": ensembles(plan, standing),
        "measurements": measurements(plan, standing, failed or {}),
        "figures": figures_of(plan, store, standing, failed or {}, curves),
        "data": _data(standing),
        "environment": environment_of(plan, store, standing),
        "cost": cost_of(plan, standing),
        "costs": costs_by_experiment(plan, standing),
    }
    results["digest"] = _digests(plan, results)
    return results, curves


def headline(plan: Plan, cells: list[CellVerdict], claims: list[ClaimVerdict]) -> str:
    """One sentence that says what came out, and no more than that."""
    own = [verdict for verdict in cells if verdict.outcome != "CITED"]
    compared = [verdict for verdict in own if verdict.outcome != "NOT COMPARABLE"]
    said = []
    if compared or (own and plan.scale == "paper"):
        said.append(f"{_counted(v.outcome for v in own)} of {len(own)} printed numbers of the authors' own")
    elif own:
        said.append(_shown(plan, own))
    if claims:
        said.append(f"{_counted(map(_with_level, claims))} of {len(claims)} claims")
    return "; ".join(said)[:1].upper() + "; ".join(said)[1:] + "." if said else "Nothing here is measured."


def _counted(outcomes: Iterable[str]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(Counter(outcomes).items()))


def _with_level(verdict: ClaimVerdict) -> str:
    """A decided outcome with the evidence it rests on, wherever that is not the paper's own world."""
    decided = verdict.outcome in ("CONFIRMED", "MIXED", "CONTRADICTED") and verdict.evidence not in (
        "exact",
        "paper scale",
    )
    return f"{verdict.outcome} ({verdict.evidence})" if decided else verdict.outcome


def _shown(plan: Plan, own: list[CellVerdict]) -> str:
    """What was measured where nothing may be set against the paper's numbers."""
    note = {True: " (evaluation only)", False: ""}
    shown = [
        f"{v.cell.label} {v.mean:.2f}{v.cell.unit}{note[bool(v.measured.elsewhere)]}" for v in own if v.mean is not None
    ]
    data = ", ".join(DATASETS[name].title for name in plan.datasets)
    if not shown:
        return f"no result yet at {plan.scale} scale"
    return f"at {plan.scale} scale, on {data}, nothing is set against the paper's numbers; measured: {', '.join(shown)}"


def _identity(plan: Plan, choice: Choice) -> dict[str, Any]:
    file, citation = plan.suite.file, plan.suite.citation
    return {
        "suite": file.suite,
        "paper": file.paper,
        "title": file.title,
        "source": file.source,
        "scale": plan.scale,
        "scale_note": file.scales[plan.scale].says or "",
        "scale_choice": {"reason": choice.reason, "unlock": choice.unlock},
        "citation": citation.model_dump(mode="json"),
        "suite_yaml": plan.suite.text,
        "command": f"python -m harness run {_shown_path(plan)} --scale {plan.scale}",
    }


def _shown_path(plan: Plan) -> str:
    """How a stranger would name the suite; never a path of this machine."""
    path = plan.suite.path
    if path.resolve().parent == shipped_suites().resolve():
        return f"suites/{path.name}"
    if path.is_absolute() and path in suite_files():
        return path.stem
    return path.name if path.is_absolute() else path.as_posix()


def table_of(plan: Plan) -> dict[str, Any] | None:
    """The rows and columns of the printed table; None where the suite has none."""
    table = plan.suite.file.table
    if table is None:
        return None
    columns = [
        {"id": name, "label": column.label, "unit": column.unit or "", "margin": column.margin, "metric": column.metric}
        for name, column in table.columns.items()
    ]
    return {"columns": columns, "rows": [{"id": name, "label": row.label} for name, row in table.rows.items()]}


def deviations_of(plan: Plan) -> list[dict[str, Any]]:
    """The deviations that hold at this scale."""
    return [
        {"id": name, **deviation.model_dump(mode="json"), **_settled(plan, name)}
        for name, deviation in plan.suite.file.deviations.items()
        if deviation.scales is None or plan.scale in deviation.scales
    ]


def _settled(plan: Plan, deviation: str) -> dict[str, Any]:
    """What the authors' release says of a deviation, where they released anything that speaks of it."""
    released = plan.suite.released
    found = None if released is None else released.of_deviation(plan.suite.name, deviation)
    return {} if found is None else {"settled": found.model_dump(mode="json", exclude={"suites"})}


def _in_parts(plan: Plan, standing: Mapping[str, Status]) -> list[dict[str, Any]]:
    """The deviations of trainings whose batches were split or shared, which are of rounding and of no suite."""
    ways = {
        "micro_batch": ("In parts of {} images, whose gradients are summed", "Less memory; asked for by --micro-batch"),
        "processes": ("In {} processes, whose gradients are summed", "More GPUs; asked for by --gpus or --processes"),
    }
    return [
        {
            "id": name,
            "paper": "The gradient of a batch is taken at once",
            "ours": f"{ours.format(', '.join(map(str, sorted(numbers))))}; dropout draws for the whole batch",
            "why": f"{why}, no part of the suite",
            "expected": "none but rounding",
            "affects": affected,
            "scales": None,
        }
        for name, (ours, why) in ways.items()
        for numbers, affected in [_said_of_trainings(name, plan, standing)]
        if affected
    ]


def _said_of_trainings(word: str, plan: Plan, standing: Mapping[str, Status]) -> tuple[set[int], list[str]]:
    """The numbers that the results of trainings have for a word, and the experiments that have one."""
    found = [(name, (standing[key].result or {}).get(word)) for (name, _), key in plan.trainings.items()]
    said = [(name, number) for name, number in found if isinstance(number, int)]
    return {number for _, number in said}, sorted({name for name, _ in said})


def _data(standing: Mapping[str, Status]) -> list[dict[str, Any]]:
    """Every split that the results saw, once for each content."""
    records = {
        canonical(record): record for status in standing.values() for record in (status.result or {"data": []})["data"]
    }
    return sorted(records.values(), key=lambda record: (record["name"], record["split"], record["fingerprint"]))


def _digests(plan: Plan, results: Mapping[str, Any]) -> dict[str, str]:
    """Digests of the suite as resolved, of the code that produced the results, and of what is reported."""
    with extended(*(job.spec for job in plan.jobs.values())):
        code = "".join(lasting_digest(kind) for kind in JOBS if kind != "probe")
    return {
        "suite": hashlib.sha256(plan.suite.text.encode()).hexdigest(),
        "code": hashlib.sha256(code.encode()).hexdigest(),
        "results": digest_of(results),
    }


def digest_of(results: Mapping[str, Any]) -> str:
    """The digest of what is reported."""
    reported = {name: results[name] for name in ("cells", "claims", "experiments", "data")}
    return hashlib.sha256(canonical(reported).encode()).hexdigest()
