"""Cells and claims as the documents of a report say them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from harness.judge.cells import DECIDED, CellVerdict, Measured
from harness.judge.evidence import ClaimVerdict, Evidence
from harness.judge.statistics import Interval, Look
from harness.plan.preregistration import Standing
from harness.suite.claim_parts import parent_of
from harness.suite.file import Earlier, Reading
from harness.suite.seeds import SeedLooks, in_words
from harness.vocabulary import METRICS


def standing_of(declared: Mapping[str, Standing], name: str) -> Standing:
    """How a cell or claim stands to its declaration; one that has no form has nothing to say."""
    return declared.get(name, Standing())


def cell_record(verdict: CellVerdict, declared: Standing) -> dict[str, Any]:
    """One printed number beside ours."""
    cell, measured = verdict.cell, verdict.measured
    metric = cell.place[-1] if cell.place else None
    return {
        "id": cell.id,
        "row": cell.row,
        "column": cell.column,
        "label": cell.label,
        "ref": cell.ref,
        "printed": cell.printed,
        "paper": cell.paper,
        "unit": cell.unit,
        "margin": cell.margin,
        "metric": metric,
        "direction": METRICS[metric].direction if metric in METRICS else None,
        "value": ".".join(cell.place) if cell.place else None,
        "values": {str(seed): value for seed, value in measured.values.items()},
        "how": measured.how,
        "n": len(measured.values),
        "mean": verdict.mean,
        "std": verdict.std,
        "interval": _pair(verdict.interval),
        "tost_interval": _pair(verdict.tost_interval),
        "wilson": _pair(verdict.wilson),
        "prediction": _pair(verdict.prediction),
        "difference": verdict.difference,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "seeds_to_settle": verdict.seeds_to_settle,
        "look": _look(verdict.look, decided=verdict.outcome in DECIDED),
        **_told(declared, [measured]),
        "diverged": list(measured.diverged),
        "recorded": {str(seed): dict(record) for seed, record in measured.recorded.items()} or None,
        "imported": [dict(one) for one in measured.elsewhere] or None,
        **({} if cell.runs is None else {"runs": cell.runs}),
    }


def _told(declared: Standing, measured: Iterable[Measured]) -> dict[str, Any]:
    """What a reader has to know of a verdict beside its reason."""
    stale = dict.fromkeys(one.stale for one in measured if one.stale)
    marks = [*dict.fromkeys(mark for one in measured for mark in one.marks), declared.note]
    return {
        "extended": bool(declared.extended),
        "extended_reason": declared.extended or None,
        "stale": "; ".join(stale) or None,
        "marks": [mark for mark in marks if mark],
    }


def claim_record(
    verdict: ClaimVerdict,
    declared: Standing,
    evidence: Evidence,
    readings: Iterable[Reading],
    first: ClaimVerdict | None = None,
    earlier: Iterable[Earlier] = (),
) -> dict[str, Any]:
    """One claim with what it was judged on, those of the readings that are of what came out, and earlier outcomes.

    `first` is the verdict by the form in which the claim was declared before its first result, where that is another.
    """
    claim, written_for = verdict.claim, parent_of(verdict.id)
    read = [one for one in readings if written_for in one.claims and one.scale == evidence.scale]
    return {
        "id": verdict.id,
        "ref": claim.ref,
        "says": claim.says,
        "source": claim.source,
        "operator": claim.operator,
        "operands": list(claim.operands),
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "evidence": verdict.evidence,
        "n": verdict.n,
        "effect": verdict.effect,
        "interval": _pair(verdict.interval),
        "p": verdict.p,
        "p_holm": verdict.p_holm,
        "companion": _beside(verdict),
        "seeds_to_settle": verdict.seeds_to_settle,
        "look": _look(verdict.look, decided=verdict.outcome != "INCONCLUSIVE"),
        **_told(declared, evidence.measured_of(claim)),
        "imported": [dict(one) for one in verdict.elsewhere] or None,
        "recorded_operands": list(verdict.recorded) or None,
        "earlier": [
            {"seeds": in_words(one.seeds), "outcome": one.claims[verdict.id], "says": one.says}
            for one in earlier
            if verdict.id in one.claims
        ],
        "readings": [one.says for one in read if one.outcome == verdict.outcome],
        "post_hoc": claim.post_hoc,
        "by_first_form": None
        if first is None
        else {"outcome": first.outcome, "evidence": first.evidence, "reason": first.reason},
        "differs_in": list(verdict.differs_in),
        "thresholds": [
            {"train_error": one.train_error, "ratios": list(one.ratios), "median_difference": one.median_difference}
            for one in verdict.thresholds
        ],
    }


def looks_record(seeds: int | SeedLooks, reached: Look | None) -> dict[str, Any] | None:
    """The looks that a scale declares, their levels, and the one with which a run ends; None for fixed seeds."""
    if isinstance(seeds, int) or reached is None:
        return None
    levels = {"within": reached.levels.within, "beyond": reached.levels.beyond}
    return {**seeds.model_dump(mode="json"), **levels, "reached": reached.number, "says": in_words(seeds)}


def _look(look: Look | None, *, decided: bool) -> dict[str, Any] | None:
    """The declared look at which a verdict fell, with the levels that its tests were made at."""
    if look is None:
        return None
    within, beyond = look.levels.within, look.levels.beyond
    says = (
        f"{'decided' if decided else 'undecided'} at look {look.number} of {look.of} ({look.seeds} seeds), at the "
        f"nominal one-sided level {within:.4f} within a margin and {beyond:.4f} beyond it or of a direction; "
        f"intervals are of {look.levels.inner:.1%} and {look.levels.outer:.1%}"
    )
    return {"number": look.number, "of": look.of, "seeds": look.seeds, "within": within, "beyond": beyond, "says": says}


def _beside(verdict: ClaimVerdict) -> dict[str, Any] | None:
    """The test that stands beside the one that decides."""
    beside = verdict.companion
    return None if beside is None else {"test": beside.test.replace("_", " "), "p": beside.p_value, "n": beside.n}


def _pair(interval: Interval | None) -> list[float | None] | None:
    """Both ends of an interval; an open one, which JSON has no number for, is None."""
    return [end if math.isfinite(end) else None for end in (interval.low, interval.high)] if interval else None
