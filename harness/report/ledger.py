"""Gathers the published ledger: what the published reports say of each claim, table, figure and cell of the papers."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from harness.judge.statistics import holm
from harness.report.changed_verdicts import Reports, changes_of
from harness.report.coverage import Coverage
from harness.report.ledger_records import (
    ClaimEntry,
    Count,
    Entry,
    FirstVerdict,
    Ledger,
    PaperLedger,
    Place,
    PublishedReport,
)
from harness.report.page.verdicts import TESTED, Weighed, level
from harness.report.results.document import FigureRecord, Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord, FirstClaim
from harness.suite.references import References
from harness.suite.released import Released
from harness.vocabulary import SCALES

FORMAT = 1

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

_SHOWN = ("outcome", "reason", "evidence", "n", "effect", "interval", "p", "printed", "unit", "mean", "readings",
          "extended", "extended_reason", "post_hoc", "differs_in", "look")  # fmt: skip
"""The fields of a verdict that the ledger shows."""

NOT_PUBLISHED = "no report of this suite is published"


def ledger(
    papers: Mapping[str, References],
    covered: Sequence[Coverage],
    reports: Reports,
    texts: Mapping[str, str],
    releases: Mapping[str, Released] = MappingProxyType({}),
) -> Ledger:
    """All references of all papers with every place that stands for them; the same reports give the same document.

    `texts` are the suites' files of today, by name: a report says how far its own differs. `releases` hold what the
    authors released, by paper: its ledger says which run each printed number rounds from.
    """
    changes = changes_of(reports)
    return Ledger(
        format=FORMAT,
        papers=[_paper(name, references, covered, reports, releases.get(name)) for name, references in papers.items()],
        judged=changes.judged,
        changed=changes.changed,
        rules=changes.rules,
        reports=[_report(found, texts.get(found.suite)) for _, found in sorted(reports.items(), key=_by_size)],
    )


def link(suite: str, scale: str) -> str:
    """The page of a report, from the index."""
    return f"{suite}/{scale}/index.html"


def _by_size(item: tuple[tuple[str, str], Results]) -> tuple[str, int]:
    (suite, scale), _ = item
    return suite, SCALES.index(scale) if scale in SCALES else len(SCALES)


def _report(results: Results, text: str | None) -> PublishedReport:
    return PublishedReport(
        suite=results.suite,
        scale=results.scale,
        paper=results.paper,
        title=results.title,
        headline=results.headline,
        page=link(results.suite, results.scale),
        seconds=results.cost.seconds,
        commits=sorted(set(_commits(results.environment))),
        changed_lines=None if text is None else changed_lines(results.suite_yaml, text),
    )


def changed_lines(then: str, now: str) -> int:
    """Lines of a suite file that were taken away or added since a report of it."""
    changes = list(difflib.unified_diff(then.splitlines(), now.splitlines(), n=0, lineterm=""))[2:]
    return sum(line[0] in "+-" for line in changes)


def _commits(node: Any) -> Iterator[str]:
    """Every commit that an environment, or one of the places it holds, ran."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name == "commit" and isinstance(value, str):
            yield value
        yield from _commits(value)


def _paper(
    name: str, references: References, covered: Sequence[Coverage], reports: Reports, released: Released | None
) -> PaperLedger:
    covered = [row for row in covered if row.paper == name]
    own = {key: results for key, results in reports.items() if results.paper == name}
    adjusted = _adjusted(own)

    def places(covers: Callable[[str], bool]) -> list[Place]:
        return [_place(row, own, adjusted) for row in covered if covers(row.ref)]

    claims = [
        ClaimEntry(
            ref=ref,
            says=claim.says,
            section=claim.section,
            small_scale=claim.small_scale,
            places=places(ref.__eq__),
        )
        for ref, claim in references.claims.items()
    ]
    tables, figures = references.tables.items(), references.figures.items()
    return PaperLedger(
        paper=name,
        citation=next((results.citation for results in own.values()), None),
        claims=claims,
        tables=[
            Entry(ref=f"{name}:{ref}", says=table.caption, places=places(_cells_of(f"{name}:{ref}")))
            for ref, table in tables
        ],
        figures=[
            Entry(ref=f"{name}:{ref}", says=figure.shows, places=places(f"{name}:{ref}".__eq__))
            for ref, figure in figures
        ],
        tally=_tally(claims),
        small=_tally(one for one in claims if one.small_scale in ("yes", "partly")),
        printed_from=[] if released is None else [one.model_dump(mode="json") for one in released.printed.values()],
        release=None if released is None else released.source.model_dump(mode="json"),
    )


def _cells_of(table: str) -> Callable[[str], bool]:
    """Whether a reference is of a cell of this table; the table as a whole stands in its cells."""
    return lambda ref: ref.startswith(f"{table}.")


def _tally(claims: Iterable[ClaimEntry]) -> list[Count]:
    """How many claims have which outcome; one with several places counts once, by all that they say."""
    counts = Counter(summary(claim.places) for claim in claims)
    return [Count(outcome=outcome, level=at, count=count) for (outcome, at), count in sorted(counts.items())]


def summary(places: Sequence[Weighed]) -> tuple[str, str]:
    """One outcome, and level of evidence, for a reference that stands in several places.

    What was tested speaks for what was not. Where tests disagree the outcome is MIXED, and where some could not decide
    it is INCONCLUSIVE; nobody picks the better half. What holds by construction speaks where nothing was tested.
    """
    tested = [place for place in places if place.outcome in TESTED]
    outcomes = {place.outcome for place in tested}
    levels = sorted({level(place) for place in tested} - {""})
    if not tested:
        if any(place.outcome == "BY CONSTRUCTION" for place in places):
            return "BY CONSTRUCTION", ""
        others = Counter(place.outcome for place in places)
        return (others.most_common(1)[0][0] if others else "NOT RUN"), ""
    if "MIXED" in outcomes or outcomes >= {"CONFIRMED", "CONTRADICTED"}:
        return "MIXED", " and ".join(levels)
    if "INCONCLUSIVE" in outcomes:
        return "INCONCLUSIVE", " and ".join(levels)
    return outcomes.pop(), " and ".join(levels)


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
    return next(iter([*tested, *found]), _untold(row))


def _untold(row: Coverage) -> Place:
    """A place that no published report speaks of, with what it would need."""
    needs = {"analytic": NOT_PUBLISHED, "small": f"{NOT_PUBLISHED}; it would tell {row.reason}"}
    outcome = "QUOTED" if row.status == "quoted" else "NOT RUN"
    return Place(suite=row.suite, where=row.where, outcome=outcome, reason=needs.get(row.status, row.reason))


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
        elif kind in ("cells", "claims"):
            judged: Sequence[CellRecord | ClaimRecord] = results.cells if kind == "cells" else results.claims
            holm_p = adjusted.get((row.suite, scale, name))
            yield from (_judged_place(at, one, holm_p) for one in judged if one.id == name)


def _figure_place(at: Mapping[str, Any], figure: FigureRecord) -> Place:
    return Place(**at, outcome="NOT RUN" if figure.not_run else "DRAWN", reason=figure.not_run or "")


def _judged_place(at: Mapping[str, Any], verdict: CellRecord | ClaimRecord, p_holm: float | None) -> Place:
    shown = {name: value for name, value in verdict.part(*_SHOWN).items() if value not in (None, [])}
    return Place(**at, **shown, before=_before(verdict), p_holm_paper=p_holm)


def _before(verdict: CellRecord | ClaimRecord) -> FirstVerdict | None:
    """The verdict that was first published, where it is another one today."""
    before = verdict.before
    if before is None or before.outcome == verdict.outcome:
        return None
    evidence = before.evidence if isinstance(before, FirstClaim) else ""
    return FirstVerdict(outcome=before.outcome, evidence=evidence)
