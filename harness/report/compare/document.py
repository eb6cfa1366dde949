"""Sets two runs of one suite side by side: a pure function of their results, honest about what may be subtracted.

A difference is taken, B less A, only where both runs measured the same seeds, all of them, in the same world: then it
is paired by seed, with its interval and test. Everywhere else both numbers stand beside each other, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from harness.errors import UsageError
from harness.judge.statistics import holm
from harness.report.compare.comparison import (
    ClaimSide,
    ComparedCell,
    ComparedClaim,
    ComparedNumber,
    ComparedRun,
    Comparison,
    Differing,
    NumberSide,
)
from harness.report.compare.numbers import MeasuredNumber, changed, compare_numbers, number_of_cell, numbers_of
from harness.report.compare.records import (
    claims_as_declared,
    declared,
    deviations,
    environments,
    records,
    specs,
    withdrawn,
)
from harness.report.page.verdicts import level
from harness.report.results.document import Results
from harness.report.results.record import Json
from harness.report.results.verdict_records import CellRecord, ClaimRecord

FORMAT = 1
_SHOWN = tuple(NumberSide.model_fields)
_CLAIM = tuple(ClaimSide.model_fields)

AVerdict = TypeVar("AVerdict", CellRecord, ClaimRecord)
ANumber = TypeVar("ANumber", bound=ComparedNumber)


def compare(a: Results, b: Results, names: tuple[str, str] = ("A", "B")) -> Comparison:
    """Both results in one document; `names` say how a reader would find the two again.

    Raises UsageError for results of two suites, which have no cell in common.
    """
    if (a.paper, a.suite) != (b.paper, b.suite):
        said = " and ".join(f"{name} is of {run.paper}, {run.suite}" for name, run in zip(names, (a, b), strict=True))
        raise UsageError(f"{said}; compare sets two runs of one suite side by side")
    cells, numbers = _adjusted(*_numbers(a, b))
    claims = _claims(a, b)
    differing = Differing(
        declared=[*declared(a, b), *claims_as_declared(a, b), *withdrawn(a, b)],
        specs=specs(a, b),
        deviations=deviations(a, b),
        data=records(_data(a), _data(b)),
        environment=environments(a, b),
        cost=records(dict(a.cost.facts()), dict(b.cost.facts())),
    )
    return Comparison(
        format=FORMAT,
        suite=a.suite,
        paper=a.paper,
        title=a.title,
        source=a.source,
        citation=a.citation,
        runs=[_run(name, run) for name, run in zip(names, (a, b), strict=True)],
        headline=_headline(cells, claims, differing),
        notes=_notes(a, b),
        cells=cells,
        claims=claims,
        numbers=numbers,
        differing=differing,
    )


def _run(name: str, results: Results) -> ComparedRun:
    """The facts that tell one run from another."""
    return ComparedRun(
        name=name,
        scale=results.scale,
        headline=results.headline,
        finished_at=results.cost.finished_at,
        suite_sha256=results.digest.suite,
        code_sha256=results.digest.code,
    )


def _notes(a: Results, b: Results) -> list[str]:
    """Sentences that hold for the whole comparison."""
    notes = []
    if a.scale != b.scale:
        notes.append(
            f"A ran at {a.scale} scale and B at {b.scale} scale, which are two worlds: only numbers that follow "
            "from definitions are compared."
        )
    if a.digest.suite != b.digest.suite:
        notes.append("The suite's file is not the same in A and B.")
    if a.digest.code != b.digest.code:
        notes.append("The code that computes is not the same in A and B.")
    return notes


def _pairs(a: Iterable[AVerdict], b: Iterable[AVerdict]) -> list[tuple[str, AVerdict | None, AVerdict | None]]:
    """Cells or claims of the same id in both runs, in the order of A; then those that only B has."""
    ours: dict[str, AVerdict] = {one.id: one for one in a}
    theirs: dict[str, AVerdict] = {one.id: one for one in b}
    return [(name, ours.get(name), theirs.get(name)) for name in dict.fromkeys([*ours, *theirs])]


def _numbers(a: Results, b: Results) -> tuple[list[ComparedCell], list[ComparedNumber]]:
    """Every cell of either run, and every number that either run measured and no cell shows."""
    ours, theirs, scales = numbers_of(a), numbers_of(b), (a.scale, b.scale)
    cells = []
    for name, one, other in _pairs(a.cells, b.cells):
        there = one or other
        assert there is not None
        found = compare_numbers(number_of_cell(one, ours), number_of_cell(other, theirs), scales)
        about = there.part("label", "ref", "printed", "unit", "metric", "value")
        cells.append(ComparedCell(id=name, **about, a=_side(one), b=_side(other), **found.plain()))
    shown = {cell.value for cell in cells}
    places = [place for place in dict.fromkeys([*ours, *theirs]) if place not in shown]
    return cells, [_compared(place, ours.get(place), theirs.get(place), scales) for place in places]


def _side(cell: CellRecord | None) -> NumberSide | None:
    return None if cell is None else NumberSide(**cell.part(*_SHOWN))


def _compared(
    place: str, a: MeasuredNumber | None, b: MeasuredNumber | None, scales: tuple[str, str]
) -> ComparedNumber:
    sides = [
        None if one is None else NumberSide(reason=one.reason, mean=one.mean, n=one.n, how=one.how) for one in (a, b)
    ]
    return ComparedNumber(id=place, a=sides[0], b=sides[1], **compare_numbers(a, b, scales).plain())


def _claims(a: Results, b: Results) -> list[ComparedClaim]:
    compared = []
    for name, ours, theirs in _pairs(a.claims, b.claims):
        there = ours or theirs
        assert there is not None
        compared.append(
            ComparedClaim(
                id=name,
                **there.part("ref", "says", "source", "operator"),
                a=None if ours is None else ClaimSide(**ours.part(*_CLAIM)),
                b=None if theirs is None else ClaimSide(**theirs.part(*_CLAIM)),
                a_level="" if ours is None else level(ours),
                b_level="" if theirs is None else level(theirs),
                change=_change(ours, theirs),
            )
        )
    return compared


def _change(ours: ClaimRecord | None, theirs: ClaimRecord | None) -> str:
    """Whether a claim's verdict is the same, its level of evidence included."""
    if ours is None or theirs is None:
        return "only in B" if ours is None else "only in A"
    same = (ours.outcome, level(ours)) == (theirs.outcome, level(theirs))
    return "same" if same else "other verdict"


def _adjusted(
    cells: Sequence[ComparedCell], numbers: Sequence[ComparedNumber]
) -> tuple[list[ComparedCell], list[ComparedNumber]]:
    """Both lists with Holm's p over everything that was tested here, beside each unadjusted one."""
    tested = [one.p for one in (*cells, *numbers) if one.p is not None]
    by_holm = iter(holm(tested))

    def adjusted(one: ANumber) -> ANumber:
        return one if one.p is None else one.model_copy(update={"p_holm": next(by_holm)})

    return [adjusted(one) for one in cells], [adjusted(one) for one in numbers]


def _data(results: Results) -> Json:
    """The splits that were seen, by name; one that was seen in several contents has a number."""
    seen: Json = {}
    for record in results.data:
        name = f"{record.name} {record.split}"
        number = sum(one == name or one.startswith(f"{name} (") for one in seen)
        seen[f"{name} ({number + 1})" if number else name] = dict(record.facts())
    return seen


def _headline(cells: list[ComparedCell], claims: list[ComparedClaim], differing: Differing) -> str:
    said = []
    if cells:
        said.append(f"of {len(cells)} cells {_counted(map(changed, cells))}")
    if claims:
        said.append(f"of {len(claims)} claims {_counted(claim.change for claim in claims)}")
    apart = [
        f"{len(rows)} in {'what is declared' if name == 'declared' else name}"
        for name, rows in differing.tables()
        if rows and name != "cost"
    ]
    said.append(f"differences beside the results: {', '.join(apart) or 'none'}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())
