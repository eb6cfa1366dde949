"""What the authors' releases settle, as rows beside the ledger: every open choice of a paper, and every deviation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.suite.file import Suite
from harness.suite.references import References
from harness.suite.released import Released, Settled

NO_RELEASE = "its authors released nothing that says"


def settled_rows(suites: Sequence[Suite], papers: Mapping[str, References]) -> list[dict[str, Any]]:
    """A row for each choice of each paper, and for each deviation of suites whose paper has a release.

    Rows have the fields of the coverage, with `settled`: confirmed, contradicted, open or no bearing; and `at`.
    """
    releases = {suite.file.paper: suite.released for suite in suites}
    choices = [row for name, paper in papers.items() for row in _choices(name, paper, releases.get(name))]
    return [*choices, *(row for suite in suites for row in _deviations(suite))]


def _choices(name: str, paper: References, released: Released | None) -> Iterator[dict[str, Any]]:
    for choice in paper.choices:
        found = None if released is None else released.choices.get(choice)
        yield _row(f"{name}:{choice}", "", "choices", found)


def _deviations(suite: Suite) -> Iterator[dict[str, Any]]:
    for name in suite.file.deviations if suite.released is not None else ():
        found = suite.released.of_deviation(suite.name, name) if suite.released is not None else None
        yield _row(f"{suite.file.paper}:{suite.name}.{name}", suite.name, f"deviations.{name}", found)


def _row(ref: str, suite: str, where: str, found: Settled | None) -> dict[str, Any]:
    status = "open" if found is None else found.status
    reason, at = (NO_RELEASE, []) if found is None else (found.fact, found.at)
    kind = "deviation" if suite else "choice"
    return {"ref": ref, "suite": suite, "where": where, "status": f"{kind} {status}", "reason": reason,
            "settled": status, "at": at}  # fmt: skip
