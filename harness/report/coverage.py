"""The ledger: where each claim, table, figure and cell of the papers stands in the suites, and how it can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.data import DATASETS
from harness.errors import SuiteError
from harness.jobs.measures import MEASURES
from harness.report.settled_choices import SettledRow, settled_rows
from harness.suite.claims import Claim
from harness.suite.file import Suite
from harness.suite.load import load_suites
from harness.suite.references import References, shipped_references
from harness.suite.shipped import shipped_suites

CoverageStatus = Literal["analytic", "timing", "paper", "small", "quoted", "impossible", "missing"]
"""The scale at which a reference can be judged: exactly and without data; on a clock; only on the paper's own data; its
direction on small data; not at all, for the paper only quotes it, or for the reason given; or not yet in any suite."""

_BEST_FIRST: tuple[CoverageStatus, ...] = ("analytic", "timing", "small", "paper", "quoted", "impossible", "missing")


@dataclass(frozen=True, slots=True)
class Coverage:
    """One reference of a paper and one place of a suite that covers it."""

    ref: str
    suite: str
    where: str
    status: CoverageStatus
    reason: str


def coverage(suites: Sequence[Suite], papers: dict[str, References]) -> list[Coverage]:
    """Every reference of every paper with each place that covers it; one that nothing covers is `missing`."""
    found = [row for suite in suites for row in _of_suite(suite)]
    known = {row.ref for row in found}
    absent = [Coverage(ref, "", "", "missing", "no suite covers it") for ref in _wanted(papers) if ref not in known]
    order = {ref: number for number, ref in enumerate(_wanted(papers))}
    return sorted([*found, *absent], key=lambda row: (order.get(row.ref, len(order)), row.ref, row.suite, row.where))


def _wanted(papers: dict[str, References]) -> list[str]:
    wanted = []
    for paper, references in papers.items():
        wanted += list(references.claims)
        wanted += [f"{paper}:{name}" for name in (*references.tables, *references.figures)]
    return wanted


def _of_suite(suite: Suite) -> Iterator[Coverage]:
    file = suite.file
    status: CoverageStatus
    for name, claim in file.claims.items():
        status, reason = _claim_status(suite, claim)
        yield Coverage(claim.ref, suite.name, f"claims.{name}", status, reason)
    rows = [
        Coverage(c.ref, suite.name, f"cells.{c.id}", *_place_status(suite, c.place, c.not_run)) for c in suite.cells()
    ]
    yield from rows
    if file.table is not None:
        own = [row for row in rows if row.status not in ("quoted", "impossible")] or rows
        status = min((row.status for row in own), key=_BEST_FIRST.index, default="impossible")
        yield Coverage(f"{file.paper}:{file.table.ref}", suite.name, "table", status, f"{len(rows)} cells")
    for name, figure in file.figures.items():
        status, reason = _trained_status(suite, figure.experiments)
        if figure.not_run is not None:
            status, reason = "impossible", figure.not_run
        yield Coverage(f"{file.paper}:{figure.ref}", suite.name, f"figures.{name}", status, reason)


def _claim_status(suite: Suite, claim: Claim) -> tuple[CoverageStatus, str]:
    if claim.quoted is not None:
        return "quoted", claim.quoted
    if claim.impossible is not None:
        return "impossible", claim.impossible
    cells = {cell.id: cell for cell in suite.cells()}
    places = [cells[name].place if name in cells else tuple(name.split(".")) for name in claim.operands]
    if claim.faster is not None:
        return _trained_status(suite, [claim.faster.slow, claim.faster.fast])
    if claim.cells is not None or None in places:
        statuses = [_place_status(suite, place, None) for place in places]
        needs = [status for status in statuses if status[0] != "quoted"] or statuses
        return max(needs, key=lambda status: _BEST_FIRST.index(status[0]))
    return _trained_status(suite, [place[0] for place in places if place is not None])


def _place_status(suite: Suite, place: tuple[str, ...] | None, not_run: str | None) -> tuple[CoverageStatus, str]:
    """How a printed number can be judged: one of a training at paper scale only."""
    if not_run is not None:
        return "impossible", not_run
    if place is None:
        return "quoted", "quoted by the paper from others"
    status, reason = _trained_status(suite, [place[0]])
    if status != "small":
        return status, reason
    server = ", and the score of a test server" if _unlabelled(suite, place) else ""
    return "paper", f"needs the paper's own data{server}"


def _unlabelled(suite: Suite, place: tuple[str, ...]) -> bool:
    """Whether a number is of a test whose labels were never published."""
    experiment = suite.file.experiments[place[0]]
    test = experiment.evaluate.get(place[1])
    net = suite.file.experiments[experiment.ensemble[0].experiment] if experiment.ensemble else experiment
    return test is not None and net.train is not None and test.split in DATASETS[net.train.data].unlabelled


def _trained_status(suite: Suite, experiments: Sequence[str]) -> tuple[CoverageStatus, str]:
    """How a relation between experiments can be judged."""
    specs = [suite.file.experiments[name].measure for name in experiments]
    kinds = [MEASURES[spec.what] for spec in specs if spec is not None]
    if any(kind.timed for kind in kinds):
        return "timing", "it is measured on a clock, on the device at hand"
    if len(kinds) == len(experiments):
        return "analytic", "exact, without data" if not any(kind.random for kind in kinds) else "random nets, no data"
    if "small" in suite.file.scales:
        small = suite.file.scales["small"].data
        return "small", f"its direction, on {'a part of its own data' if small is None else DATASETS[small].title}"
    return "paper", "needs the paper's own data"


def shipped_coverage() -> list[Coverage]:
    """The ledger of the shipped papers in the shipped suites; raises SuiteError when one of them is unsound."""
    return coverage(sound_suites(), shipped_references())


def shipped_rows() -> list[Coverage | SettledRow]:
    """The same, and after it the choices and deviations with what the authors' releases say of them."""
    suites, papers = sound_suites(), shipped_references()
    return [*coverage(suites, papers), *settled_rows(suites, papers)]


def sound_suites() -> list[Suite]:
    """The shipped suites by name; raises SuiteError when one of them is unsound."""
    suites, faults = load_suites(sorted(shipped_suites().glob("*.yaml")))
    if faults:
        raise SuiteError(faults)
    return suites
