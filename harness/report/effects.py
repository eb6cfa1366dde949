"""Turns the effect of a claim so that it is positive where the claim holds, and names its unit."""

from __future__ import annotations

from typing import NamedTuple

from harness.report.results.record import Ends
from harness.report.results.verdict_records import ClaimRecord
from harness.vocabulary import MEMBERS, METRICS

_NEGATIVE_WHERE_IT_HOLDS = ("less", "reduces", "gap")
"""Operators whose effect is the arm that should be smaller less the other one."""
_METRICS = METRICS | {MEMBERS[name]: metric for name, metric in METRICS.items()}


class Effect(NamedTuple):
    """An effect with its 95% interval; None where nothing was measured."""

    value: float | None
    interval: Ends | None
    unit: str
    """`points` for errors in percent, `times` for ratios of time; empty where the number has none."""


def as_claimed(claim: ClaimRecord) -> Effect:
    """The effect of a claim: a difference or gap above 0 is as claimed, and so is a ratio above 1."""
    unit = _unit(claim)
    if claim.effect is None or claim.operator not in _NEGATIVE_WHERE_IT_HOLDS:
        return Effect(claim.effect, claim.interval, unit)
    low, high = claim.interval or (None, None)
    return Effect(-claim.effect, [_negative(high), _negative(low)] if claim.interval else None, unit)


def _negative(end: float | None) -> float | None:
    return None if end is None else -end


def _unit(claim: ClaimRecord) -> str:
    if claim.operator == "faster":
        return "times"
    metrics = {operand.rpartition(".")[2] for operand in claim.operands}
    units = {_METRICS[name].unit for name in metrics if name in _METRICS}
    unit = units.pop() if len(units) == 1 and metrics <= _METRICS.keys() else ""
    return "points" if unit == "%" else unit
