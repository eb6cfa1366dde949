"""The ledger: where each claim, table, figure and cell of the papers stands in the suites, and how it can be judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.data import DATASETS
from harness.errors import SuiteError
from harness.jobs.measures import MEASURES
from harness.report.settled_choices import SettledRow, settled_rows
from harness.suite.claims import Claim
from harness.suite.file import Suite
from harness.suite.load import load_suites
from harness.suite.references import References, known_references
from harness.suite.shipped import files_of, papers_named

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
    paper: str
    data: tuple[str, ...] = ()
    """The titles of the data sets that it takes at paper scale."""


def coverage(suites: Sequence[Suite], papers: dict[str, References]) -> list[Coverage]:
    """Every reference of every paper with each place that covers it; one that nothing covers is `missing`."""
    found = [row for suite in suites for row in _of_suite(suite)]
    known = {(row.paper, row.ref) for row in found}
    wanted = list(_wanted(papers))
    lost = "no suite covers it"
    absent = [Coverage(ref, "", "", "missing", lost, paper) for paper, ref in wanted if (paper, ref) not in known]
    order = {one: number for number, one in enumerate(wanted)}

    def place(row: Coverage) -> tuple[int, str, str, str, str]:
        return order.get((row.paper, row.ref), len(order)), row.paper, row.ref, row.suite, row.where

    return sorted([*found, *absent], key=place)


def _wanted(papers: dict[str, References]) -> Iterator[tuple[str, str]]:
    """Each paper with each of its references; papers may number their claims alike."""
    for paper, references in papers.items():
        yield from ((paper, claim) for claim in references.claims)
        yield from ((paper, f"{paper}:{name}") for name in (*references.tables, *references.figures))


def _of_suite(suite: Suite) -> Iterator[Coverage]:
    file = suite.file
    status: CoverageStatus
    for name, claim in file.claims.items():
        status, reason = _claim_status(suite, claim)
        yield Coverage(
            claim.ref, suite.name, f"claims.{name}", status, reason, file.paper, _data(suite, _arms(suite, claim))
        )
    rows = [
        Coverage(c.ref, suite.name, f"cells.{c.id}", *_place_status(suite, c.place, c.not_run), file.paper,
                 data=_data(suite, c.place[:1] if c.place else ()))
        for c in suite.cells()
    ]  # fmt: skip
    yield from rows
    if file.table is not None:
        own = [row for row in rows if row.status not in ("quoted", "impossible")] or rows
        status = min((row.status for row in own), key=_BEST_FIRST.index, default="impossible")
        yield Coverage(f"{file.paper}:{file.table.ref}", suite.name, "table", status, f"{len(rows)} cells", file.paper)
    for name, figure in file.figures.items():
        status, reason = _trained_status(suite, figure.experiments)
        if figure.not_run is not None:
            status, reason = "impossible", figure.not_run
        yield Coverage(f"{file.paper}:{figure.ref}", suite.name, f"figures.{name}", status, reason, file.paper,
                       data=_data(suite, figure.experiments))  # fmt: skip


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


def _arms(suite: Suite, claim: Claim) -> Iterator[str]:
    """The experiments that a claim rests on: those of its operands, or the trainings of `faster`, with all members."""
    cells = {cell.id: cell.place for cell in suite.cells()}
    places = [cells[name] if name in cells else tuple(name.split(".")) for name in claim.operands]
    named = [place[0] for place in places if place]
    for name in (*named, *((claim.faster.slow, claim.faster.fast) if claim.faster else ())):
        yield name
        experiment = suite.file.experiments.get(name)
        yield from (member.experiment for member in (experiment.ensemble or () if experiment else ()))


def _data(suite: Suite, experiments: Iterable[str]) -> tuple[str, ...]:
    """The titles of the data sets that experiments train on at paper scale, each once."""
    found = (suite.file.experiments[name] for name in experiments if name in suite.file.experiments)
    members = [suite.file.experiments[one.ensemble[0].experiment] if one.ensemble else one for one in found]
    names = (source.data for one in members if (source := one.train or one.classify) is not None)
    return tuple(dict.fromkeys(DATASETS[name].title for name in names))


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
    source = net.train or net.classify
    return test is not None and source is not None and test.split in DATASETS[source.data].unlabelled


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


def known_coverage(papers: Collection[str] = ()) -> list[Coverage]:
    """The ledger of these papers, or of every one that is known; raises SuiteError when a suite is unsound."""
    return coverage(sound_suites(papers), known_references(papers))


def known_rows(papers: Collection[str] = ()) -> list[Coverage | SettledRow]:
    """The same, and after it the choices and deviations with what the authors' releases say of them."""
    suites, references = sound_suites(papers), known_references(papers)
    return [*coverage(suites, references), *settled_rows(suites, references)]


def sound_suites(papers: Collection[str] = ()) -> list[Suite]:
    """The suites of these papers, or of every one that is known, by name; raises SuiteError when one is unsound."""
    files = [file for name, folder in papers_named(papers).items() for file in files_of(name, folder)]
    suites, faults = load_suites(sorted(files, key=lambda file: file.stem))
    if faults:
        raise SuiteError(faults)
    return suites
