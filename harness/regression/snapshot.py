"""The snapshot of a suite as plain data: probes, measurements, cells, claims and accuracies.

Baselines hold snapshots.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from harness.jobs.measures import MEASURES
from harness.judge.cells import CellVerdict, Measured
from harness.judge.evidence import ClaimVerdict
from harness.machine.environment import environment, processor_kind
from harness.plan.graph import Plan
from harness.plan.status import Status
from harness.regression.compare_probes import numbers
from harness.regression.probes import Probes
from harness.regression.tolerances import furthest_apart
from harness.report.judging import Judged
from harness.store.documents import json_text
from harness.suite.cells import Cell
from harness.suite.known_metrics import RANKED
from harness.suite.resolve_classification import resolve_classification
from harness.vocabulary import METRICS

Document = dict[str, Any]


def snapshot(
    plan: Plan, probes: Probes, standing: Mapping[str, Status], judged: Judged, device: Mapping[str, Any]
) -> Document:
    """Collect everything that a later check compares.

    `standing` holds the status of the plan's jobs and of the probes' jobs.
    """
    found = {
        "suite_sha256": hashlib.sha256(plan.suite.text.encode()).hexdigest(),
        "seeds": len(plan.seeds),
        "made_with": made_with(device),
        "experiments": {name: _experiment(plan, name, judged) for name in plan.suite.file.experiments},
        "probes": _probes(probes, standing),
        "measurements": _measurements(plan, standing),
        "cells": {verdict.cell.id: _cell(verdict) for verdict in judged.cells},
        "claims": {verdict.id: _claim(verdict, plan.suite.file.paper) for verdict in judged.claims},
    }
    plain: Document = json.loads(json_text(found))  # in the form in which it is read back from a file
    return plain


def made_with(device: Mapping[str, Any]) -> Document:
    """Return the commit, versions and machine of a snapshot, and the device of its probes."""
    here = environment()
    kept = {name: here[name] for name in ("harness", "commit", "python", "processor", "packages")}
    gpus = [f"{gpu['name']}, driver {gpu['driver']}" for gpu in here["gpus"]] if device.get("device") == "cuda" else []
    machine = f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}"
    return {**kept, "processor_kind": processor_kind(), "machine": machine, "gpus": gpus, "device": dict(device)}


def _experiment(plan: Plan, name: str, judged: Judged) -> Document:
    """Describe an experiment at this scale with every default, and the accuracies of its tests where they ran."""
    experiment = plan.suite.file.experiments[name]
    if experiment.measure is not None:
        return {"kind": "measure", "spec": experiment.measure.model_dump(mode="json"), "accuracies": {}}
    if experiment.classify is not None:
        system = resolve_classification(plan.suite.file, plan.scale, name)
        spec = {**system.system.model_dump(mode="json"), "data": system.data.model_dump(mode="json")}
        return {"kind": "classify", "spec": spec, "accuracies": _accuracies(plan, name, judged)}
    if experiment.train is None:
        members = {member.experiment: member.nets for member in experiment.ensemble or []}
        return {"kind": "ensemble", "spec": {"members": members}, "accuracies": _accuracies(plan, name, judged)}
    first = plan.seeds[0]
    training = plan.jobs[plan.trainings[name, first]].spec
    tests = {
        test: {part: plan.jobs[plan.evaluations[name, test, first]].spec[part] for part in ("splits", "protocol")}
        for test in experiment.evaluate
        if (name, test, first) in plan.evaluations  # an evaluation may be limited to other scales
    }
    spec = {part: value for part, value in training.items() if part != "seed"}
    spec |= {"start_from": experiment.train.start_from, "tests": tests}
    return {"kind": "train", "spec": spec, "accuracies": _accuracies(plan, name, judged)}


def _accuracies(plan: Plan, name: str, judged: Judged) -> Document:
    """Return the values of every declared seed by `evaluation.metric`, where no seed lacks a result."""
    experiment = plan.suite.file.experiments[name]
    metrics = RANKED if experiment.classify else METRICS
    places = [f"{test}.{metric}" for test in experiment.evaluate for metric in metrics]
    found = {place: judged.measured[f"{name}.{place}"] for place in places}
    return {place: accuracy(measured) for place, measured in found.items() if _whole(measured)}


def _whole(measured: Measured) -> bool:
    return len(measured.values) == measured.declared_seeds > 0


def accuracy(measured: Measured) -> Document:
    """Return one metric of one test as plain data, by seed."""
    values = {str(seed): value for seed, value in measured.values.items()}
    return {"values": values, "images": measured.images, "diverged": list(measured.diverged)}


def _probes(probes: Probes, standing: Mapping[str, Status]) -> Document:
    tests = {f"{name}.{test}": key for (name, test), key in probes.tests.items()}
    keys = {**probes.trainings, **tests}
    return {
        name: {"asked": probes.jobs[key].spec["probe"], "found": result["probe"]}
        for name, key in keys.items()
        if (result := standing[key].result) is not None
    }


def furthest(found: Document, runs: Sequence[Document]) -> Document:
    """Return, for each number of a training's probe, the largest distance of disturbed runs from it, rounded up."""
    parts = {part: _furthest(found[part], [run[part] for run in runs]) for part in ("losses", "after_drop")}
    updates = {
        kind: _furthest(text, [run["updates"].get(kind, "") for run in runs]) for kind, text in found["updates"].items()
    }
    return {**parts, "updates": updates, "runs": len(runs)}


def _furthest(text: str, runs: Sequence[str]) -> str:
    far = furthest_apart([numbers(run) for run in runs], numbers(text))
    return " ".join(f"{1.05 * gap:.1e}" if gap else "0" for gap in far)


def _measurements(plan: Plan, standing: Mapping[str, Status]) -> Document:
    """Return the numbers of each experiment's measurement by seed, and whether they are exact, drawn or timed."""
    found: Document = {}
    for (name, seed), key in plan.measurements.items():
        result, measure = standing[key].result, plan.suite.file.experiments[name].measure
        assert measure is not None
        kind = MEASURES[measure.what]
        how = "timed" if kind.timed else "drawn" if kind.random or kind.needs_torch else "exact"
        if result is not None:
            found.setdefault(name, {"how": how, "values": {}})["values"][str(seed)] = result["values"]
    return found


def _cell(verdict: CellVerdict) -> Document:
    """Describe a printed number: its declaration, and its verdict where it was measured."""
    cell, measured = verdict.cell, verdict.measured
    return {
        "ref": cell.ref,
        "declared": declared(cell),
        "outcome": verdict.outcome if measured.values else None,
        "how": measured.how,
        "ours": None if verdict.mean is None or measured.how == "trained" else verdict.mean,
    }


def declared(cell: Cell) -> Document:
    """Return the parts of a cell that decide its verdict."""
    return {"printed": cell.printed, "paper": cell.paper, "unit": cell.unit, "margin": cell.margin, "value": cell.value}


def _claim(verdict: ClaimVerdict, paper: str) -> Document:
    claim = verdict.claim
    ran = verdict.outcome not in ("NOT RUN", "QUOTED", "FAILED")
    return {
        "ref": f"{paper}:{claim.ref}",
        "declared": {claim.operator: claim.form},
        "outcome": verdict.outcome if ran else None,
        "evidence": verdict.evidence,
    }
