"""Describes each published report for the index: its answer, data, verdicts and flags, compute and commits."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from harness.report.answers import answer_of, flags_of
from harness.report.ledger_records import Count, Flagged, PublishedReport, WithdrawnPlace
from harness.report.page.verdicts import counted_at_levels
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord
from harness.report.what_was_run import data_used
from harness.vocabulary import SCALES


def link(suite: str, scale: str) -> str:
    """The page of a report, from the index."""
    return f"{suite}/{scale}/index.html"


def by_size(item: tuple[tuple[str, str], Results]) -> tuple[str, int]:
    """The place of a report among all: suites by name, the largest scale first."""
    (suite, scale), _ = item
    return suite, SCALES.index(scale) if scale in SCALES else len(SCALES)


def published(results: Results, text: str | None) -> PublishedReport:
    """One report as the index shows it; `text` is the suite of today, None where it is gone."""
    return PublishedReport(
        suite=results.suite,
        scale=results.scale,
        paper=results.paper,
        title=results.title,
        source=results.source,
        headline=results.headline,
        answer=answer_of(results),
        data=data_used(results),
        claims=_counts(_Leveled(one.outcome, evidence_of(one)) for one in results.claims),
        numbers=_counts(_Leveled(one.outcome) for one in results.cells),
        figures=_counts(_Leveled("NOT RUN" if one.not_run else "DRAWN") for one in results.figures),
        flags=_flags([*results.cells, *results.claims]),
        diverged=list(_diverged(results)),
        page=link(results.suite, results.scale),
        seconds=results.cost.seconds,
        commits=sorted(set(_commits(results.environment))),
        changed_lines=None if text is None else changed_lines(results.suite_yaml, text),
    )


def withdrawn(results: Results) -> Iterator[WithdrawnPlace]:
    """The cells and claims of a report that were declared, had a result, and are judged no more."""
    for one in results.withdrawn:
        yield WithdrawnPlace(
            suite=results.suite,
            scale=results.scale,
            page=link(results.suite, results.scale),
            kind=one.kind,
            name=one.id,
            why=one.why,
            came_to=[verdict.outcome for verdict in one.came_to],
            today=one.today.outcome if one.today else None,
        )


def _flags(verdicts: Iterable[CellRecord | ClaimRecord]) -> list[Flagged]:
    """How many verdicts carry each flag."""
    counts = Counter(flag for one in verdicts for flag in flags_of(one))
    return [Flagged(flag=flag, count=count) for flag, count in counts.items()]


def _diverged(results: Results) -> Iterator[str]:
    """The trainings that diverged, each with its seed."""
    jobs = ((name, job) for name, experiment in results.experiments.items() for job in experiment.jobs)
    return (f"{name}, seed {job.seed}" for name, job in jobs if job.outcome == "diverged")


def evidence_of(claim: ClaimRecord) -> str:
    """The level of evidence of a claim; `arithmetic` where it is worked out from printed numbers alone."""
    return "arithmetic" if claim.evidence == "exact" and claim.stated else claim.evidence


class _Leveled(NamedTuple):
    outcome: str
    evidence: str = ""


def _counts(verdicts: Iterable[_Leveled]) -> list[Count]:
    return [Count(outcome=outcome, level=at, count=count) for outcome, at, count in counted_at_levels(verdicts)]


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
