"""Writes verdicts on cells and claims as the records of results.json."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

from harness.judge.cells import DECIDED, CellVerdict, Measured
from harness.judge.counts import seeds_said
from harness.judge.evidence import ClaimVerdict, Evidence
from harness.judge.statistics import Interval, Look
from harness.plan.preregistration import Standing
from harness.report.results.document import LooksRecord
from harness.report.results.record import Ends, Json
from harness.report.results.verdict_records import (
    CellRecord,
    ClaimRecord,
    CompanionRecord,
    EarlierRecord,
    FirstForm,
    LoggedRecord,
    LookRecord,
    ThresholdRecord,
)
from harness.suite.claim_parts import parent_of
from harness.suite.file import Earlier, Reading
from harness.suite.known_metrics import metric_of
from harness.suite.seeds import SeedLooks, in_words


def standing_of(declared: Mapping[str, Standing], name: str) -> Standing:
    """How a cell or claim stands to its declaration; one that was never declared stands to none."""
    return declared.get(name, Standing())


def cell_record(verdict: CellVerdict, declared: Standing) -> CellRecord:
    """One printed number beside ours."""
    cell, measured = verdict.cell, verdict.measured
    metric = cell.metric
    known = metric_of(metric) if metric else None
    return CellRecord(
        id=cell.id,
        row=cell.row,
        column=cell.column,
        label=cell.label,
        ref=cell.ref,
        printed=cell.printed,
        paper=cell.paper,
        unit=cell.unit,
        margin=cell.margin,
        metric=metric,
        direction=known.direction if known else None,
        value=cell.value,
        values={str(seed): value for seed, value in measured.values.items()},
        how=measured.how,
        n=len(measured.values),
        mean=verdict.mean,
        std=verdict.std,
        interval=_ends(verdict.interval),
        tost_interval=_ends(verdict.tost_interval),
        wilson=_ends(verdict.wilson),
        prediction=_ends(verdict.prediction),
        difference=verdict.difference,
        outcome=verdict.outcome,
        reason=verdict.reason,
        seeds_to_settle=verdict.seeds_to_settle,
        look=_look(verdict.look, decided=verdict.outcome in DECIDED),
        **_told(declared, [measured]),
        diverged=list(measured.diverged),
        recorded={str(seed): dict(record) for seed, record in measured.recorded.items()} or None,
        imported=[dict(one) for one in measured.elsewhere] or None,
        **_if_known(runs=cell.runs, logged=_logged(verdict)),
    )


def _if_known(**fields: Any) -> Json:
    """The fields that have a value; a record leaves the others out."""
    return {name: value for name, value in fields.items() if value is not None}


def _logged(verdict: CellVerdict) -> LoggedRecord | None:
    """The number with the digits of its authors' logs, and how far ours is from it; None where none is known."""
    logged, interval = verdict.cell.logged, verdict.interval
    if logged is None:
        return None
    value = float(logged.value)
    difference = None if verdict.mean is None else verdict.mean - value
    beside = None if interval is None else Interval(interval.low - value, interval.high - value, interval.level, "mean")
    return LoggedRecord(value=logged.value, run=logged.run, at=logged.at, difference=difference, interval=_ends(beside))


class _Told(TypedDict):
    """The facts that a reader needs beside the reason of a verdict."""

    extended: bool
    extended_reason: str | None
    stale: str | None
    marks: list[str]


def _told(declared: Standing, measured: Iterable[Measured]) -> _Told:
    measured = list(measured)
    stale = dict.fromkeys(one.stale for one in measured if one.stale)
    marks = [*dict.fromkeys(mark for one in measured for mark in one.marks), declared.note]
    return _Told(
        extended=bool(declared.extended),
        extended_reason=declared.extended or None,
        stale="; ".join(stale) or None,
        marks=[mark for mark in marks if mark],
    )


def claim_record(
    verdict: ClaimVerdict,
    declared: Standing,
    evidence: Evidence,
    readings: Iterable[Reading],
    first: ClaimVerdict | None = None,
    earlier: Iterable[Earlier] = (),
) -> ClaimRecord:
    """One claim with what it was judged on, the readings of its outcome, and what other seeds came to earlier.

    `first` is the verdict by the form in which the claim was declared before its first result, where that is another.
    """
    claim, written_for = verdict.claim, parent_of(verdict.id)
    read = [one for one in readings if written_for in one.claims and one.scale == evidence.scale]
    return ClaimRecord(
        id=verdict.id,
        ref=claim.ref,
        says=claim.says,
        source=claim.source,
        operator=claim.operator,
        operands=list(claim.operands),
        outcome=verdict.outcome,
        reason=verdict.reason,
        evidence=verdict.evidence,
        n=verdict.n,
        effect=verdict.effect,
        interval=_ends(verdict.interval),
        p=verdict.p,
        p_holm=verdict.p_holm,
        companion=_companion(verdict),
        seeds_to_settle=verdict.seeds_to_settle,
        look=_look(verdict.look, decided=verdict.outcome != "INCONCLUSIVE"),
        **_told(declared, evidence.measured_of(claim)),
        imported=[dict(one) for one in verdict.elsewhere] or None,
        recorded_operands=list(verdict.recorded) or None,
        earlier=list(_earlier(verdict, earlier)),
        readings=[one.says for one in read if one.outcome == verdict.outcome],
        post_hoc=claim.post_hoc,
        by_first_form=_first_form(first),
        differs_in=list(verdict.differs_in),
        thresholds=[
            ThresholdRecord(
                train_error=one.train_error, ratios=list(one.ratios), median_difference=one.median_difference
            )
            for one in verdict.thresholds
        ],
    )


def _first_form(first: ClaimVerdict | None) -> FirstForm | None:
    if first is None:
        return None
    return FirstForm(outcome=first.outcome, evidence=first.evidence, reason=first.reason)


def _earlier(verdict: ClaimVerdict, earlier: Iterable[Earlier]) -> Iterator[EarlierRecord]:
    for one in earlier:
        if verdict.id in one.claims:
            yield EarlierRecord(seeds=in_words(one.seeds), outcome=one.claims[verdict.id], says=one.says)


def looks_record(seeds: int | SeedLooks, reached: Look | None) -> LooksRecord | None:
    """The looks that a scale declares, their levels, and the one with which a run ends; None for fixed seeds."""
    if isinstance(seeds, int) or reached is None:
        return None
    return LooksRecord(
        looks=list(seeds.looks),
        first=seeds.first,
        within=reached.levels.within,
        beyond=reached.levels.beyond,
        reached=reached.number,
        says=in_words(seeds),
    )


def _look(look: Look | None, *, decided: bool) -> LookRecord | None:
    """The declared look at which a verdict fell, with the levels that its tests were made at."""
    if look is None:
        return None
    within, beyond = look.levels.within, look.levels.beyond
    says = (
        f"{'decided' if decided else 'undecided'} at look {look.number} of {look.of} ({seeds_said(look.seeds)}), at "
        f"the nominal one-sided level {within:.4f} within a margin and {beyond:.4f} beyond it or of a direction; "
        f"intervals are of {look.levels.inner:.1%} and {look.levels.outer:.1%}"
    )
    return LookRecord(number=look.number, of=look.of, seeds=look.seeds, within=within, beyond=beyond, says=says)


def _companion(verdict: ClaimVerdict) -> CompanionRecord | None:
    """The test that stands beside the one that decides."""
    beside = verdict.companion
    if beside is None:
        return None
    return CompanionRecord(test=beside.test.replace("_", " "), p=beside.p_value, n=beside.n)


def _ends(interval: Interval | None) -> Ends | None:
    """Both ends of an interval; an open one, for which JSON has no number, is None."""
    return [end if math.isfinite(end) else None for end in (interval.low, interval.high)] if interval else None
