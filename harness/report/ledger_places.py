"""Finds the verdicts that published reports give on each place of a suite: outcome, evidence, numbers and flags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.judge.statistics import holm
from harness.report.answers import flags_of
from harness.report.arms import arms_of
from harness.report.changed_verdicts import Reports
from harness.report.coverage import Coverage
from harness.report.effects import effect_of
from harness.report.kept_suite import printed_size
from harness.report.ledger_records import Basis, FirstVerdict, Place
from harness.report.ledger_reports import evidence_of, link
from harness.report.results.document import FigureRecord, Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord, FirstClaim
from harness.vocabulary import SCALES

WEIGHED = (
    "CONFIRMED",
    "MIXED",
    "CONTRADICTED",
    "BY CONSTRUCTION",
    "INCONCLUSIVE",
    "MATCH",
    "BETTER",
    "WORSE",
    "DIFFERS",
    "DRAWN",
)
"""Outcomes for which evidence was weighed."""

_SHOWN = ("outcome", "reason", "n", "p", "printed", "unit", "mean", "readings", "extended_reason", "post_hoc",
          "stale", "differs_in", "look")  # fmt: skip
"""The fields of a verdict that the ledger shows."""

NOT_PUBLISHED = "not published"
NOT_TOLD = "the published report of this suite is of an earlier text, which does not have it"


def places(covered: Iterable[Coverage], reports: Reports) -> Iterator[tuple[Coverage, Place]]:
    """Each place of a suite with what is known of it; a table as a whole stands in its cells.

    A place speaks by the report of its suite at the largest published scale that weighed evidence there. A verdict of
    a report that the suites of today do not have comes after all others.
    """
    adjusted = _adjusted(reports)
    rows = [row for row in covered if row.where != "table"]
    yield from ((row, _place(row, reports, adjusted)) for row in rows)
    known = {(row.suite, row.where) for row in rows}
    for row in _gone(reports):
        if (row.suite, row.where) not in known:
            yield row, _place(row, reports, adjusted)


def _gone(reports: Reports) -> Iterator[Coverage]:
    """The place of every verdict in the reports, as it would be if the suite of today had it."""
    where = {
        (suite, f"{kind}.{one.id}"): one.ref
        for (suite, _), results in reports.items()
        for kind, verdicts in (("claims", results.claims), ("cells", results.cells))
        for one in verdicts
    }
    return (Coverage(ref, suite, name, "missing", "", "") for (suite, name), ref in where.items())


def _adjusted(reports: Reports) -> dict[tuple[str, str, str], float]:
    """Holm's p over every tested claim of the paper, by suite, scale and claim."""
    tested = [
        ((suite, scale, claim.id), claim.p)
        for (suite, scale), results in reports.items()
        for claim in results.claims
        if claim.p is not None
    ]
    return dict(zip([key for key, _ in tested], holm([p for _, p in tested]), strict=True))


def _place(row: Coverage, reports: Reports, adjusted: Mapping[tuple[str, str, str], float]) -> Place:
    """One place of a suite, by its report at the largest published scale that weighed evidence there."""
    found = list(_found(row, reports, adjusted))
    tested = [place for place in found if place.outcome in WEIGHED]
    published = any(suite == row.suite for suite, _ in reports)
    return next(iter([*tested, *found]), _untold(row, NOT_TOLD if published else NOT_PUBLISHED))


def _untold(row: Coverage, why: str) -> Place:
    """A place that no published report speaks of, with what it would need."""
    needs = {"analytic": why, "small": f"{why}; it would tell {row.reason}"}
    outcome = "QUOTED" if row.status == "quoted" else "NOT RUN"
    basis: dict[str, Basis] = {"analytic": "exact", "small": "trained", "paper": "trained", "timing": "timed"}
    return Place(
        suite=row.suite,
        where=row.where,
        outcome=outcome,
        reason=needs.get(row.status, row.reason),
        basis=basis.get(row.status, ""),
    )


def _found(row: Coverage, reports: Reports, adjusted: Mapping[tuple[str, str, str], float]) -> Iterator[Place]:
    """The place by each report of the suite, the largest scale first."""
    kind, _, name = row.where.partition(".")
    for scale in SCALES:
        results = reports.get((row.suite, scale))
        if results is None:
            continue
        at = {"suite": row.suite, "where": row.where, "scale": scale, "page": link(row.suite, scale), "name": name}
        if kind == "figures":
            yield from (_figure_place(at, one) for one in results.figures if one.id == name)
        elif kind == "cells":
            yield from (_cell_place(at, one) for one in results.cells if one.id == name)
        elif kind == "claims":
            holm_p = adjusted.get((row.suite, scale, name))
            yield from (_claim_place(at, one, results, holm_p) for one in results.claims if one.id == name)


def _figure_place(at: Mapping[str, Any], figure: FigureRecord) -> Place:
    return Place(**at, outcome="NOT RUN" if figure.not_run else "DRAWN", reason=figure.not_run or "")


def _cell_place(at: Mapping[str, Any], cell: CellRecord) -> Place:
    return Place(
        **at,
        **_shown(cell),
        basis="arithmetic" if cell.stated else cell.how,
        diverged=[f"{cell.origin}, seed {seed}" for seed in cell.diverged],
    )


def _claim_place(at: Mapping[str, Any], claim: ClaimRecord, results: Results, p_holm: float | None) -> Place:
    effect, evidence, printed = effect_of(results, claim), evidence_of(claim), printed_size(results, claim.id)
    diverged = [f"{arm.experiment}, seed {seed}" for arm in arms_of(results, claim) for seed in arm.diverged]
    return Place(
        **at,
        **_shown(claim),
        printed=None if printed is None else f"{printed:g}",
        evidence=evidence,
        basis=basis_of(evidence),
        effect=None if effect is None else effect.value,
        interval=None if effect is None or claim.interval is None else [effect.low, effect.high],
        effect_says="" if effect is None else effect.told,
        diverged=list(dict.fromkeys(diverged)),
        p_holm_paper=p_holm,
    )


def _shown(verdict: CellRecord | ClaimRecord) -> dict[str, Any]:
    shown = {name: value for name, value in verdict.part(*_SHOWN).items() if value not in (None, [])}
    return {**shown, "flags": flags_of(verdict), "before": _before(verdict)}


def basis_of(evidence: str) -> Basis:
    """Where the numbers of a claim come from, by its level of evidence."""
    if evidence.startswith("timing on "):
        return "timed"
    named: dict[str, Basis] = {"exact": "exact", "arithmetic": "arithmetic", "random nets, no data": "drawn"}
    return named.get(evidence, "trained" if evidence.endswith(" scale") else "")


def _before(verdict: CellRecord | ClaimRecord) -> FirstVerdict | None:
    """The verdict that was first published, where it is another one today."""
    before = verdict.before
    if before is None or before.outcome == verdict.outcome:
        return None
    evidence = before.evidence if isinstance(before, FirstClaim) else ""
    return FirstVerdict(outcome=before.outcome, evidence=evidence)
