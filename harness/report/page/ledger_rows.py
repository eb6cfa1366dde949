"""Sets the places of a reference as rows: those of one suite that came out alike share a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.report.ledger_counts import LEVEL_OF_TESTS
from harness.report.ledger_records import Count, Place
from harness.report.page.numbers import digits_after, measured, number, probability

_SAID_ELSEWHERE = ("MATCH", "BY CONSTRUCTION", "NOT COMPARABLE", "CITED", "QUOTED")
"""Outcomes whose reason repeats the numbers beside it, or the legend; the page of the report has it in full."""
_TEST = re.compile(r"(paired t|sign test|orders permuted)\b")
"""The beginning of a part of a reason that names the test whose p value stands beside it."""
_REPEATS = re.compile(r"censored runs: |ratio (at least|at most|estimate) ")
"""The beginning of a part that repeats the runs that never arrive, or the effect, which stand beside it."""
_OF_SEEDS = re.compile(r"t intervals over \d+ seeds")
"""The number of seeds stands beside it."""
_EQUALS = re.compile(r"\S+ is [\d,.e+-]+; wanted [\d,.e+-]+\.?")
"""A reason of a number that had to be another exactly; where it is, the page of the report has both."""
_OPERAND = re.compile(r"\S+ is (?=[^;]+; wanted )")
"""The place of a number that had to be another; the page of the report names it."""
_LIKE_ALL = "quoted by the paper from others"
"""A reason that says no more than the legend of its outcome."""
_OF_ONE_PLACE = {"where", "name", "reason", "differs_in", "readings", "n", "effect", "interval", "effect_says", "p",
                 "p_holm_paper", "printed", "unit", "mean", "extended_reason"}  # fmt: skip
"""The fields in which places of one row may differ."""


class Row(NamedTuple):
    """Places of one suite that share verdict and flags, by the reason that some of them share."""

    first: Place
    """The place that the verdict and the flags of the row are read off."""
    parts: dict[str, list[Place]]


def rows_of(places: Sequence[Place]) -> list[Row]:
    """The rows of a reference, suite by suite, in the order of their first places."""
    suites = list(dict.fromkeys(place.suite for place in places))
    rows: dict[str, Row] = {}
    for place in sorted(places, key=lambda place: suites.index(place.suite)):
        row = rows.setdefault(place.model_dump_json(exclude=_OF_ONE_PLACE), Row(place, {}))
        row.parts.setdefault(_reason(place), []).append(place)
    return list(rows.values())


def _reason(place: Place) -> str:
    """Why a verdict is as it is, less the name of a number, or of a test whose p value stands beside it.

    Empty where the numbers beside it, or the legend, say the same.
    """
    if place.outcome in _SAID_ELSEWHERE and place.page:
        return ""
    parts = _OPERAND.sub("", place.reason).split("; ")
    if place.outcome == "CONFIRMED" and _EQUALS.fullmatch(place.reason):
        return "just the number wanted"
    if all(part.endswith(" MATCH") for part in parts):
        return "its numbers MATCH"
    if all(part.endswith((" MATCH", " DIFFERS")) for part in parts):
        return "; ".join([part for part in parts if part.endswith(" DIFFERS")] + ["others MATCH"])
    parts = parts if place.p is None else [part for part in parts if not _TEST.match(part)]
    parts = parts if not place.effect_says else [part for part in parts if not _REPEATS.match(part)]
    return "" if parts == [_LIKE_ALL] else _OF_SEEDS.sub("its intervals", "; ".join(parts).rstrip("."))


def in_numbers(place: Place) -> str:
    """The paper's number and ours, the effect, the seeds and both p values, as far as a place has them."""
    return ", ".join(_numbers(place))


def _numbers(place: Place) -> Iterator[str]:
    ours = _ours(place)
    if place.printed is not None:
        yield f"{place.printed}{_unit(place)} → {ours}" if ours else f"printed {place.printed}{_unit(place)}"
    elif ours:
        yield f"ours {ours}"
    if place.outcome == "NOT COMPARABLE":
        return
    if place.effect_says:
        yield place.effect_says
    if place.n and place.basis not in ("exact", "arithmetic"):
        yield f"n {place.n}"
    if place.p is not None:
        yield f"p {probability(place.p)}"
    if place.p_holm_paper is not None and (place.p or 0) < LEVEL_OF_TESTS:
        yield f"Holm {probability(place.p_holm_paper)}"


def _ours(place: Place) -> str:
    """The mean of a cell with the digits of the printed number; a count with all of its own; else nothing."""
    if place.mean is None or place.kind != "cells":
        return ""
    if place.basis == "exact" and float(place.mean).is_integer():
        return measured(float(place.mean))
    return number(place.mean, digits_after(place.printed))


def _unit(place: Place) -> str:
    unit = place.unit or ""
    return "" if not unit or (place.printed or "").endswith(unit) else f" {unit}" if len(unit) > 1 else unit


def at_levels(counts: Iterable[Count]) -> list[tuple[str, list[Count]]]:
    """Counts of verdicts by level of evidence, each level once; those without a level come last."""
    levels: dict[str, list[Count]] = {}
    for one in sorted(counts, key=lambda one: not one.level):
        levels.setdefault(one.level, []).append(one)
    return list(levels.items())
