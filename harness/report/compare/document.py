"""Sets two runs of one suite side by side: a pure function of their results, honest about what may be subtracted.

A difference is taken, B less A, only where both runs measured the same seeds, all of them, in the same world: then it
is paired by seed, with its interval and test. Everywhere else both numbers stand beside each other, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import UsageError
from harness.judge.statistics import holm
from harness.report.compare.numbers import changed, compare_numbers, numbers_of
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

FORMAT = 1
_SHOWN = ("outcome", "reason", "mean", "std", "interval", "n", "look", "how", "extended", "stale")
_CLAIM = ("outcome", "reason", "evidence", "effect", "interval", "n", "look", "p", "p_holm", "extended", "stale",
          "post_hoc")  # fmt: skip

Record = Mapping[str, Any]
Document = dict[str, Any]


def compare(a: Record, b: Record, names: tuple[str, str] = ("A", "B")) -> Document:
    """Both results in one document, as plain data; `names` say how a reader would find the two again.

    Raises UsageError for results of two suites, which have no cell in common.
    """
    if (a["paper"], a["suite"]) != (b["paper"], b["suite"]):
        said = " and ".join(
            f"{name} is of {run['paper']}, {run['suite']}" for name, run in zip(names, (a, b), strict=True)
        )
        raise UsageError(f"{said}; compare sets two runs of one suite side by side")
    cells, claims = _cells(a, b), _claims(a, b)
    numbers = _other_numbers(a, b, cells)
    _adjust([*cells, *numbers])
    differing = {
        "declared": [*declared(a, b), *claims_as_declared(a, b), *withdrawn(a, b)],
        "specs": specs(a, b),
        "deviations": deviations(a, b),
        "data": records(_data(a), _data(b)),
        "environment": environments(a, b),
        "cost": records(a.get("cost") or {}, b.get("cost") or {}),
    }
    return {
        "format": FORMAT,
        **{name: a.get(name) for name in ("suite", "paper", "title", "source", "citation")},
        "runs": [_run(name, run) for name, run in zip(names, (a, b), strict=True)],
        "headline": _headline(cells, claims, differing),
        "notes": _notes(a, b),
        "cells": cells,
        "claims": claims,
        "numbers": numbers,
        "differing": differing,
    }


def _run(name: str, results: Record) -> Document:
    """What tells one run from another."""
    digests = results.get("digest") or {}
    return {
        "name": name,
        "scale": results["scale"],
        "headline": results.get("headline") or "",
        "finished_at": (results.get("cost") or {}).get("finished_at"),
        "suite_sha256": digests.get("suite"),
        "code_sha256": digests.get("code"),
    }


def _notes(a: Record, b: Record) -> list[str]:
    """What holds for the whole comparison."""
    notes = []
    if a["scale"] != b["scale"]:
        notes.append(
            f"A ran at {a['scale']} scale and B at {b['scale']} scale, which are two worlds: only numbers that follow "
            "from definitions are compared."
        )
    digests = [run.get("digest") or {} for run in (a, b)]
    for name, what in (("suite", "The suite's file"), ("code", "The code that computes")):
        if digests[0].get(name) != digests[1].get(name):
            notes.append(f"{what} is not the same in A and B.")
    return notes


def _pairs(a: Iterable[Record], b: Iterable[Record]) -> list[tuple[str, Record | None, Record | None]]:
    """What has the same id in both, in the order of A, then what only B has."""
    ours, theirs = ({one["id"]: one for one in side} for side in (a, b))
    return [(name, ours.get(name), theirs.get(name)) for name in dict.fromkeys([*ours, *theirs])]


def _cells(a: Record, b: Record) -> list[Document]:
    numbers = numbers_of(a), numbers_of(b)
    compared = []
    for name, ours, theirs in _pairs(a["cells"], b["cells"]):
        there = ours or theirs
        assert there is not None
        found = compare_numbers(_completed(ours, numbers[0]), _completed(theirs, numbers[1]), (a["scale"], b["scale"]))
        about = {key: there.get(key) for key in ("label", "ref", "printed", "unit", "metric", "value")}
        compared.append({"id": name, **about, **_sides(ours, theirs, _SHOWN), **found})
    return compared


def _completed(cell: Record | None, numbers: Mapping[str, Document]) -> Document | None:
    """A cell with the test images that its number comes from."""
    return None if cell is None else numbers.get(cell.get("value") or "", {}) | dict(cell)


def _sides(ours: Record | None, theirs: Record | None, names: Iterable[str]) -> Document:
    """Of both runs what is shown, None where one has no such thing."""
    kept = tuple(names)
    return {
        side: None if one is None else {name: one.get(name) for name in kept}
        for side, one in (("a", ours), ("b", theirs))
    }


def _claims(a: Record, b: Record) -> list[Document]:
    compared = []
    for name, ours, theirs in _pairs(a.get("claims") or (), b.get("claims") or ()):
        there = ours or theirs
        assert there is not None
        levels = {f"{side}_level": level(claim) if claim else "" for side, claim in (("a", ours), ("b", theirs))}
        about: Document = {key: there.get(key) for key in ("ref", "says", "source", "operator")}
        compared.append(
            {"id": name, **about, **_sides(ours, theirs, _CLAIM), **levels, "change": _change(ours, theirs)}
        )
    return compared


def _change(ours: Record | None, theirs: Record | None) -> str:
    """Whether a claim's verdict is the same, its level of evidence included."""
    if ours is None or theirs is None:
        return "only in B" if ours is None else "only in A"
    same = (ours["outcome"], level(ours)) == (theirs["outcome"], level(theirs))
    return "same" if same else "other verdict"


def _other_numbers(a: Record, b: Record, cells: Iterable[Record]) -> list[Document]:
    """Every number that either run measured and no cell shows."""
    ours, theirs = numbers_of(a), numbers_of(b)
    shown = {cell["value"] for cell in cells}
    places = [place for place in dict.fromkeys([*ours, *theirs]) if place not in shown]
    return [
        {
            "id": place,
            **_sides(ours.get(place), theirs.get(place), _SHOWN),
            **compare_numbers(ours.get(place), theirs.get(place), (a["scale"], b["scale"])),
        }
        for place in places
    ]


def _adjust(compared: list[Document]) -> None:
    """Holm's p over everything that was tested here, beside each unadjusted one."""
    tested = [one for one in compared if one["p"] is not None]
    for one, adjusted in zip(tested, holm([one["p"] for one in tested]), strict=True):
        one["p_holm"] = adjusted


def _data(results: Record) -> dict[str, Record]:
    """The splits that were seen, by name; what was seen in several contents has a number."""
    seen: dict[str, Record] = {}
    for record in results.get("data") or ():
        name = f"{record['name']} {record['split']}"
        number = sum(one == name or one.startswith(f"{name} (") for one in seen)
        seen[f"{name} ({number + 1})" if number else name] = record
    return seen


def _headline(cells: list[Document], claims: list[Document], differing: Mapping[str, list[Any]]) -> str:
    said = []
    if cells:
        said.append(f"of {len(cells)} cells {_counted(map(changed, cells))}")
    if claims:
        said.append(f"of {len(claims)} claims {_counted(claim['change'] for claim in claims)}")
    apart = [
        f"{len(rows)} in {'what is declared' if name == 'declared' else name}"
        for name, rows in differing.items()
        if rows and name != "cost"
    ]
    said.append(f"differences beside the results: {', '.join(apart) or 'none'}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _counted(words: Iterable[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common())
