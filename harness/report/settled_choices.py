"""Tells what the authors' releases settle, as rows beside the ledger: every open choice of a paper, every deviation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.suite.file import Suite
from harness.suite.references import References
from harness.suite.released import Released, Settled

NO_RELEASE = "its authors released nothing that says"


@dataclass(frozen=True, slots=True)
class SettledRow:
    """One open choice of a paper, or one deviation of a suite; the first six fields are those of the coverage."""

    ref: str
    suite: str
    where: str
    status: str
    reason: str
    paper: str
    settled: str
    """confirmed, contradicted, open or no bearing."""
    at: list[str]
    """FILE:LINE of the release."""


def settled_rows(suites: Sequence[Suite], papers: Mapping[str, References]) -> list[SettledRow]:
    """A row for each choice of each paper, and for each deviation of suites whose paper has a release."""
    releases = {suite.file.paper: suite.released for suite in suites}
    choices = [row for name, paper in papers.items() for row in _choices(name, paper, releases.get(name))]
    return [*choices, *(row for suite in suites for row in _deviations(suite))]


def _choices(name: str, paper: References, released: Released | None) -> Iterator[SettledRow]:
    for choice in paper.choices:
        found = None if released is None else released.choices.get(choice)
        yield _row(name, choice, "", "choices", found)


def _deviations(suite: Suite) -> Iterator[SettledRow]:
    for name in suite.file.deviations if suite.released is not None else ():
        found = suite.released.of_deviation(suite.name, name) if suite.released is not None else None
        yield _row(suite.file.paper, f"{suite.name}.{name}", suite.name, f"deviations.{name}", found)


def _row(paper: str, name: str, suite: str, where: str, found: Settled | None) -> SettledRow:
    kind, ref = "deviation" if suite else "choice", f"{paper}:{name}"
    if found is None:
        return SettledRow(ref, suite, where, f"{kind} open", NO_RELEASE, paper, "open", [])
    return SettledRow(ref, suite, where, f"{kind} {found.status}", found.fact, paper, found.status, found.at)
