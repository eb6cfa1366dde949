"""Says what a claim's runs came to, with the sign of the claim: positive is as the paper says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from harness.report.arms import Arm, arms_of
from harness.report.kept_suite import margin_of, printed_size
from harness.report.page.numbers import interval, plain, signed
from harness.report.results.document import Results
from harness.report.results.verdict_records import ClaimRecord

Bounds: TypeAlias = tuple[float | None, float | None]
"""Both ends of an interval; one that is open is None."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a claim in its unit; of a direction, positive means as claimed."""

    value: float
    low: float | None
    """The lower end of its interval; None where it is open or there is none."""
    high: float | None
    null: float
    """The value that would mean no effect: 0 of a difference, 1 of a ratio."""
    unit: str
    words: str
    """The effect with its interval as a reader says it: `1.91 points lower [0.70, 3.12]`."""
    band: float | None = None
    """Half the width of the region around the null in which two arms count as equal."""
    of: str = ""
    """The arm that is so much lower or higher than the other; empty where the words name none."""

    @property
    def told(self) -> str:
        """The effect after the name of its arm, for a claim may speak of either: `plain20 54.33 points lower`."""
        return f"{self.of} {self.words}" if self.of else self.words


def effect_of(results: Results, claim: ClaimRecord) -> Effect | None:
    """The effect of a claim; None where none was measured, or its runs have no single number."""
    if claim.effect is None or claim.operator not in _RULES:
        return None
    low, high = claim.interval or (None, None)
    return _RULES[claim.operator](results, claim, claim.effect, (low, high))


def _less(results: Results, claim: ClaimRecord, effect: float, ends: Bounds) -> Effect:
    """By how much the first arm is lower, as claimed."""
    arms = arms_of(results, claim)
    return replace(_lower(-effect, _turned(ends), _unit(arms)), of=_own_name(arms))


def _gap(_: Results, __: ClaimRecord, effect: float, ends: Bounds) -> Effect:
    """By how many points the gap of the first arm is the wider one, as claimed."""
    value, turned = -effect, _turned(ends)
    said = _worded(value, turned, "points", ("wider", "narrower"))
    return Effect(value, *turned, 0.0, "points", f"a gap {said}")


def _amount(results: Results, claim: ClaimRecord, effect: float, ends: Bounds) -> Effect:
    """By how much the second arm, that with the change, is lower than the first.

    The effect comes from either of two tests: of the direction, or about the printed amount.
    """
    arms, printed = arms_of(results, claim), printed_size(results, claim.id)
    amount = _paired(*arms) if len(arms) == 2 else None
    value, (low, high) = -effect, _turned(ends)
    if printed is not None and amount is not None and abs(effect + amount) > abs(effect + printed - amount):
        value, (low, high) = effect + printed, ((None if end is None else end + printed) for end in ends)
    return replace(_lower(value, (low, high), _unit(arms)), of=_own_name(arms[::-1]))


def _difference(results: Results, claim: ClaimRecord, effect: float, ends: Bounds) -> Effect:
    unit = "points" if claim.operator == "equal_gaps" else _unit(arms_of(results, claim))
    band = margin_of(results, claim.id)
    amount = f"{signed(effect, _digits(unit))} {unit}".rstrip()
    within = f", margin {plain(band)}" if band else ""
    return Effect(effect, *ends, 0.0, unit, f"a difference of {amount}{_ends(ends, unit)}{within}", band)


def _ratio(_: Results, claim: ClaimRecord, effect: float, ends: Bounds) -> Effect:
    """The epochs of the slow arm in those of the fast one: a bound, where runs never arrive."""
    bound = next((f"{word} " for word in ("at least", "at most") if f"ratio {word} " in claim.reason), "")
    return Effect(effect, *ends, 1.0, "times", f"{bound}{plain(effect, 2)} times as fast{_ends(ends, 'times')}")


def _timed(_: Results, __: ClaimRecord, effect: float, ends: Bounds) -> Effect:
    """The mean of a timed number, which is set against a bound and has no value that would mean no effect."""
    return Effect(effect, *ends, math.nan, "", f"{plain(effect)}{_ends(ends, '')}")


_RULES: dict[str, Callable[[Results, ClaimRecord, float, Bounds], Effect]] = {
    "less": _less,
    "reduces": _amount,
    "gap": _gap,
    "equal": _difference,
    "equal_gaps": _difference,
    "faster": _ratio,
    "exact": _timed,
}


def _lower(value: float, ends: Bounds, unit: str) -> Effect:
    """A difference that is claimed to be a fall."""
    return Effect(value, *ends, 0.0, unit, _worded(value, ends, unit, ("lower", "higher")))


def _own_name(arms: list[Arm]) -> str:
    """The first part of the first arm's name that the second does not share; empty where there are no two."""
    if len(arms) != 2:
        return ""
    first, second = (arm.name.split(".") for arm in arms)
    return next((part for part in first if part not in second), "")


def _worded(value: float, ends: Bounds, unit: str, words: tuple[str, str]) -> str:
    """An amount without a sign, in the word for its direction, with its interval turned the same way."""
    amount = f"{plain(abs(value), _digits(unit))} {unit}".rstrip()
    return f"{amount} {words[value < 0]}{_ends(ends if value >= 0 else _turned(ends), unit)}"


def _turned(ends: Bounds) -> Bounds:
    """The bounds of a number with the other sign."""
    low, high = (None if end is None else -end for end in ends)
    return high, low


def _unit(arms: list[Arm]) -> str:
    """The unit of a difference of arms: points where each is a percentage."""
    units = {arm.unit for arm in arms}
    unit = units.pop() if len(units) == 1 else ""
    return "points" if unit == "%" else unit


def _paired(first: Arm, second: Arm) -> float | None:
    """The mean difference over the seeds that both arms have."""
    seeds = first.values.keys() & second.values.keys()
    return math.fsum(first.values[seed] - second.values[seed] for seed in seeds) / len(seeds) if seeds else None


def _ends(ends: Bounds, unit: str) -> str:
    low, high = ends
    return "" if low is None or high is None else f" {interval((low, high), _digits(unit))}"


def _digits(unit: str) -> int | None:
    """Decimals of a difference: hundredths of a point or of a ratio, else four significant digits."""
    return 2 if unit in ("points", "times") else None
