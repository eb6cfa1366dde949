"""Judges everything that the jobs of a plan left, look by look where seeds are declared in looks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.judge.cells import CellVerdict, Measured, judge_cell
from harness.judge.claims import judge_claims
from harness.judge.differences import differences
from harness.judge.evidence import ClaimVerdict, Evidence
from harness.plan.graph import Plan, plan_at
from harness.plan.preregistration import Standings, standings
from harness.plan.status import Status
from harness.report.arm_differences import arm_differences
from harness.report.epoch_errors import epoch_errors
from harness.report.measured import measured_values, trainings
from harness.report.recorded import recorded_scores
from harness.report.records import standing_of
from harness.report.results.curves import Curves, SeedCurves
from harness.report.results.record import Json
from harness.store.provenance import trained_elsewhere
from harness.store.store import Store
from harness.suite.cells import Cell


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that a plan's results came to, at the look that left nothing to a later one."""

    plan: Plan
    """The seeds that count: all of them, or those of that look."""
    measured: dict[str, Measured]
    cells: list[CellVerdict]
    claims: list[ClaimVerdict]
    curves: Curves
    evidence: Evidence
    declared: Standings


def judged(plan: Plan, store: Store, standing: Mapping[str, Status], failed: Mapping[str, str]) -> Judged:
    """Judge every cell and claim of a plan's suite by what is in the store.

    Where seeds are declared in looks, look by look, as long as one leaves something undecided that the next may decide:
    results of later seeds, in the store or not, change nothing.
    """
    declared = standings(plan, store)
    looks = plan.looks()
    found = _judged_at(plan_at(plan, looks[0]), store, standing, failed, declared, ())
    for look in looks[1:]:
        if not (any(cell.waits for cell in found.cells) or any(claim.waits for claim in found.claims)):
            break
        earlier = (*found.evidence.earlier, found.evidence)
        found = _judged_at(plan_at(plan, look), store, standing, failed, declared, earlier)
    return found


def _judged_at(
    plan: Plan,
    store: Store,
    standing: Mapping[str, Status],
    failed: Mapping[str, str],
    declared: Standings,
    earlier: tuple[Evidence, ...],
) -> Judged:
    """The verdicts by the seeds of a plan, those of earlier looks kept."""
    scores = recorded_scores(store, (plan.jobs[key] for key in dict.fromkeys(plan.evaluations.values())))
    measured = dict(measured_values(plan, standing, failed, scores))
    curves = {name: _curves(plan, name, store) for name in plan.trained}
    return judged_by(plan, standing, failed, measured, declared, curves, earlier)


def judged_by(
    plan: Plan,
    standing: Mapping[str, Status],
    failed: Mapping[str, str],
    measured: dict[str, Measured],
    declared: Standings,
    curves: Curves,
    earlier: tuple[Evidence, ...] = (),
) -> Judged:
    """Judge every cell and claim by what was measured, wherever that was kept, verdicts of `earlier` looks standing."""
    of_trainings = trainings(plan, standing, failed)
    measured = measured | dict(epoch_errors(plan, of_trainings, curves))
    measured = {**measured, **differences(plan.suite.cells(), measured)}
    cells = [_judged_cell(cell, measured, plan, declared, earlier) for cell in plan.suite.cells()]
    evidence = Evidence(
        cells={verdict.cell.id: verdict for verdict in cells},
        measured=measured,
        curves=_numbers(curves),
        scale=plan.scale,
        elsewhere=_elsewhere(plan, standing),
        trainings=of_trainings,
        look=plan.look,
        earlier=earlier,
        smallest_effect=plan.suite.file.scales[plan.scale].smallest_effect,
        differs=arm_differences(plan),
    )
    changed = {name: one.extended for name, one in declared.claims.items()}
    claims = judge_claims(plan.suite.file.claims, evidence, changed)
    return Judged(plan, measured, cells, claims, curves, evidence, declared)


def _numbers(curves: Curves) -> Mapping[str, Mapping[str, Mapping[str, list[list[float]]]]]:
    """The curves with NaN where a value was not finite; JSON holds null there."""
    return {
        experiment: {
            quantity: {
                seed: [[math.nan if part is None else part for part in point] for point in points]
                for seed, points in by_seed.items()
            }
            for quantity, by_seed in quantities.items()
        }
        for experiment, quantities in curves.items()
    }


def _judged_cell(
    cell: Cell, measured: Mapping[str, Measured], plan: Plan, declared: Standings, earlier: tuple[Evidence, ...]
) -> CellVerdict:
    value = cell.value or ""
    before = [(one.look, one.measured.get(value)) for one in earlier if one.look is not None]
    extended = standing_of(declared.cells, cell.id).extended
    found = measured.get(value)
    return judge_cell(cell, found, plan.scale, extended=extended, look=plan.look, earlier=before)


def _curves(plan: Plan, name: str, store: Store) -> dict[str, SeedCurves]:
    """The learning of one experiment, by quantity."""
    curves: dict[str, SeedCurves] = {}
    for seed in plan.seeds:
        for row in store.folder("train", plan.trainings[name, seed]).read_metrics():
            for quantity in ("train_loss", "train_error", "val_top1_error"):
                curves.setdefault(quantity, {}).setdefault(str(seed), []).append([row["epoch"], row[quantity]])
    return {
        "validation_error" if quantity == "val_top1_error" else quantity: by_seed
        for quantity, by_seed in curves.items()
    }


def _elsewhere(plan: Plan, standing: Mapping[str, Status]) -> dict[str, tuple[Json, ...]]:
    """By experiment, the imports that its trainings of the declared seeds are or rest on."""
    found: dict[str, tuple[Json, ...]] = {}
    for name in plan.trained:
        results = [standing[plan.trainings[name, seed]].result for seed in plan.seeds]
        found[name] = tuple(trained_elsewhere(result for result in results if result is not None))
    return found
