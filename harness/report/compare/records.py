"""What differs between two runs beside their numbers: what was declared, resolved, deviated from, seen, and run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.report.page.numbers import flattened

Record = Mapping[str, Any]
Row = dict[str, str | None]
"""`what`, and how it reads in `a` and in `b`; None where one run has no such thing."""

_CELL = ("printed", "unit", "margin", "value", "ref", "label")
_CLAIM = ("ref", "says", "source", "operator", "operands")
_DEVIATION = ("paper", "ours", "why", "expected", "affects", "scales")


def records(a: Record, b: Record) -> list[Row]:
    """Every dotted path at which two nested records differ, in the order of A."""
    return _rows(_flat(a), _flat(b))


def _flat(record: Record) -> dict[str, str]:
    return {path: text for path, text in flattened(dict(record)) if path}


def _rows(a: Mapping[str, str], b: Mapping[str, str]) -> list[Row]:
    return [
        {"what": path, "a": a.get(path), "b": b.get(path)}
        for path in dict.fromkeys([*a, *b])
        if a.get(path) != b.get(path)
    ]


def _by_id(entries: Iterable[Record] | None, names: Iterable[str]) -> dict[str, Record]:
    kept = tuple(names)
    return {str(one["id"]): {name: one.get(name) for name in kept} for one in entries or ()}


def _of_both(a: dict[str, Record], b: dict[str, Record], kind: str) -> list[Row]:
    """Where entries that both runs have read differently."""
    return [
        row | {"what": f"{kind} {name}: {row['what']}"}
        for name, entry in a.items()
        if name in b
        for row in records(entry, b[name])
    ]


def declared(a: Record, b: Record) -> list[Row]:
    """What the two suites say otherwise of the cells that both have: printed number, margin, what reproduces it."""
    return _of_both(_by_id(a["cells"], _CELL), _by_id(b["cells"], _CELL), "cell")


def claims_as_declared(a: Record, b: Record) -> list[Row]:
    """What they say otherwise of the claims that both have."""
    return _of_both(_by_id(a.get("claims"), _CLAIM), _by_id(b.get("claims"), _CLAIM), "claim")


def withdrawn(a: Record, b: Record) -> list[Row]:
    """What either run's suite declared and judges no more, unless both say the same of it."""
    return _rows(_reasons(a), _reasons(b))


def _reasons(run: Record) -> dict[str, str]:
    return {f"withdrawn {one['kind']} {one['id']}": str(one["why"]) for one in run.get("withdrawn") or ()}


def specs(a: Record, b: Record) -> list[Row]:
    """Where the resolved specs of experiments differ, and experiments that only one run has."""
    found: list[Row] = []
    for kind in ("experiments", "measurements"):
        ours, theirs = ({name: one.get("spec") or {} for name, one in (run.get(kind) or {}).items()} for run in (a, b))
        for name in dict.fromkeys([*ours, *theirs]):
            if name in ours and name in theirs:
                found += [row | {"what": f"{name}.{row['what']}"} for row in records(ours[name], theirs[name])]
            else:
                found.append({"what": name, "a": _there(name in ours), "b": _there(name in theirs)})
    return found


def _there(there: bool) -> str | None:  # noqa: FBT001 - one word for one fact
    return "declared" if there else None


def deviations(a: Record, b: Record) -> list[Row]:
    """Deviations of only one run by what it does, and fields in which those of both differ."""
    ours, theirs = (_by_id(run.get("deviations"), _DEVIATION) for run in (a, b))
    found: list[Row] = []
    for name in dict.fromkeys([*ours, *theirs]):
        if name in ours and name in theirs:
            found += [row | {"what": f"{name}: {row['what']}"} for row in records(ours[name], theirs[name])]
        else:
            found.append({"what": name, "a": _does(ours.get(name)), "b": _does(theirs.get(name))})
    return found


def _does(deviation: Record | None) -> str | None:
    return None if deviation is None else str(deviation.get("ours") or "declared")


def environments(a: Record, b: Record) -> list[Row]:
    """Facts of machine and versions that differ; what varied within a run stands with every value it had."""
    return _rows(_facts(a.get("environment") or {}), _facts(b.get("environment") or {}))


def _facts(environment: Record) -> dict[str, str]:
    """By path; a run that was made in several places has them as `place 1`, `place 2`, ..."""
    several = bool(environment) and all(str(name).startswith("place ") for name in environment)
    values: dict[str, dict[str, None]] = {}
    for place in environment.values() if several else [environment]:
        for path, text in _flat(place).items():
            values.setdefault(path, {})[text] = None
    return {path: " or ".join(texts) for path, texts in values.items()}
