"""Finds what differs between two runs beside their numbers: in suite, specs, deviations, data and machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.report.compare.comparison import Row
from harness.report.page.numbers import flattened
from harness.report.results.document import DeviationRecord, Results
from harness.report.results.record import Json
from harness.report.results.verdict_records import CellRecord, ClaimRecord

_CELL = ("printed", "unit", "margin", "value", "ref", "label")
_CLAIM = ("ref", "says", "source", "operator", "operands")
_DEVIATION = ("paper", "ours", "why", "expected", "affects", "scales")


def records(a: Json, b: Json) -> list[Row]:
    """Every dotted path at which two nested records differ, in the order of A."""
    return _rows(_flat(a), _flat(b))


def _flat(record: Json) -> dict[str, str]:
    return {path: text for path, text in flattened(record) if path}


def _rows(a: Mapping[str, str], b: Mapping[str, str]) -> list[Row]:
    return [
        Row(what=path, a=a.get(path), b=b.get(path)) for path in dict.fromkeys([*a, *b]) if a.get(path) != b.get(path)
    ]


def _of_both(a: Mapping[str, Json], b: Mapping[str, Json], kind: str = "") -> list[Row]:
    """The places at which entries that both runs have read differently."""
    return [
        row.model_copy(update={"what": f"{kind}{name}: {row.what}"})
        for name, entry in a.items()
        if name in b
        for row in records(entry, b[name])
    ]


def _parts(entries: Iterable[CellRecord | ClaimRecord | DeviationRecord], names: tuple[str, ...]) -> dict[str, Json]:
    """By id, some fields of each entry."""
    return {one.id: one.part(*names) for one in entries}


def declared(a: Results, b: Results) -> list[Row]:
    """The declarations of shared cells that differ: printed number, margin, place of measurement."""
    return _of_both(_parts(a.cells, _CELL), _parts(b.cells, _CELL), "cell ")


def claims_as_declared(a: Results, b: Results) -> list[Row]:
    """The declarations of shared claims that differ."""
    return _of_both(_parts(a.claims, _CLAIM), _parts(b.claims, _CLAIM), "claim ")


def withdrawn(a: Results, b: Results) -> list[Row]:
    """The cells and claims that either run's suite declared and judges no more, unless both say the same of them."""
    return _rows(_reasons(a), _reasons(b))


def _reasons(run: Results) -> dict[str, str]:
    return {f"withdrawn {one.kind} {one.id}": one.why for one in run.withdrawn}


def specs(a: Results, b: Results) -> list[Row]:
    """The places at which the resolved specs of experiments differ, and experiments that only one run has."""
    found: list[Row] = []
    for ours, theirs in zip(_specs(a), _specs(b), strict=True):
        for name in dict.fromkeys([*ours, *theirs]):
            if name in ours and name in theirs:
                rows = records(ours[name], theirs[name])
                found += [row.model_copy(update={"what": f"{name}.{row.what}"}) for row in rows]
            else:
                sides = ["declared" if name in side else None for side in (ours, theirs)]
                found.append(Row(what=name, a=sides[0], b=sides[1]))
    return found


def _specs(results: Results) -> tuple[dict[str, Json], dict[str, Json]]:
    """By name, the specs of the trainings and of the measurements."""
    experiments, measurements = results.experiments.items(), results.measurements.items()
    return {name: one.spec for name, one in experiments}, {name: one.spec for name, one in measurements}


def deviations(a: Results, b: Results) -> list[Row]:
    """Deviations of only one run by what it does, and fields in which those of both differ."""
    ours, theirs = (_parts(run.deviations, _DEVIATION) for run in (a, b))
    found: list[Row] = []
    for name in dict.fromkeys([*ours, *theirs]):
        if name in ours and name in theirs:
            found += _of_both({name: ours[name]}, {name: theirs[name]})
        else:
            found.append(Row(what=name, a=_does(ours.get(name)), b=_does(theirs.get(name))))
    return found


def _does(deviation: Json | None) -> str | None:
    return None if deviation is None else str(deviation["ours"] or "declared")


def environments(a: Results, b: Results) -> list[Row]:
    """Facts of machine and versions that differ; what varied within a run stands with every value it had."""
    return _rows(_facts(a.environment), _facts(b.environment))


def _facts(environment: Json) -> dict[str, str]:
    """By path; a run that was made in several places has them as `place 1`, `place 2`, ..."""
    several = bool(environment) and all(str(name).startswith("place ") for name in environment)
    values: dict[str, dict[str, None]] = {}
    for place in environment.values() if several else [environment]:
        for path, text in _flat(place).items():
            values.setdefault(path, {})[text] = None
    return {path: " or ".join(texts) for path, texts in values.items()}
