"""Differences of two measured numbers, paired by seed, for cells whose printed number is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.judge.cells import Measured, Stated
from harness.judge.outcomes import How
from harness.suite.cells import Cell, places_in

_FROM_WEAKEST: tuple[How, ...] = ("trained", "timed", "drawn", "exact")
"""How numbers come about; a difference is as uncertain as the less certain of its two."""


def differences(cells: Iterable[Cell], measured: Mapping[str, Measured]) -> dict[str, Measured]:
    """Give, by `Cell.value`, the difference that each such cell is made of; obstacles of either number are its own."""
    return {
        cell.value: difference(*(measured[".".join(place)] for place in places_in(cell.value)))
        for cell in cells
        if cell.minus is not None and cell.value is not None
    }


def difference(first: Measured, second: Measured) -> Measured:
    """Subtract the second number from the first in every seed that both have.

    A seed of which either net diverged is marked, for its value is that of guessing.
    """
    both = (first, second)
    sampled = [one for one in both if one.how != "exact"]
    seeds = set.intersection(*(set(one.values) for one in sampled or both))
    return replace(
        first,
        values={seed: _at(first, seed) - _at(second, seed) for seed in sorted(seeds)},
        declared_seeds=max(one.declared_seeds for one in both),
        diverged=tuple(sorted({*first.diverged, *second.diverged})),
        failed={**second.failed, **first.failed},
        blocked=first.blocked or second.blocked,
        unofficial=first.unofficial or second.unofficial,
        doubtful=first.doubtful or second.doubtful,
        images=min((one.images for one in both if one.images), default=0),
        guessing=None,
        stale="; ".join(dict.fromkeys(one.stale for one in both if one.stale)),
        marks=tuple(dict.fromkeys([*first.marks, *second.marks])),
        how=min((one.how for one in both), key=_FROM_WEAKEST.index),
        device=first.device or second.device,
        recorded={**second.recorded, **first.recorded},
        elsewhere=tuple({one["sha256"]: one for each in both for one in each.elsewhere}.values()),
        stated=_stated(first, second),
    )


def _at(measured: Measured, seed: int) -> float:
    """The value of a seed; a number that nothing is sampled in has one for all of them."""
    return next(iter(measured.values.values())) if measured.how == "exact" else measured.values[seed]


def _stated(first: Measured, second: Measured) -> Stated:
    """How a difference follows from the suite's own files: not at all where either number is measured."""
    return first.stated if first.stated and second.stated else ""
