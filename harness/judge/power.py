"""What the declared seeds of a suite can find, said before anything is run."""

from __future__ import annotations

from typing import Any

from harness.suite.file import Suite
from harness.vocabulary import ScaleName

PAIRED = ("less", "gap")
"""Operators that a paired t test over seeds decides; the direction of a printed amount is one."""


def detectable(suite: Suite, scale: ScaleName) -> dict[str, Any] | None:
    """The smallest difference that a paired t test at 5% finds four times in five with the seeds of a scale.

    In points where the scale declares the spread of its paired differences, else in that spread. None where no claim of
    the suite compares trained nets so; `difference` is None where so few seeds could never reject.
    """
    claims = [name for name, claim in suite.file.claims.items() if claim.operator in PAIRED and _trains(suite, name)]
    if not claims:
        return None
    from harness.judge.statistics import smallest_detectable  # noqa: PLC0415 - scipy, which most plans do without

    world = suite.file.scales[scale]
    difference = smallest_detectable(world.paired_spread or 1.0, world.seeds)
    found = {"claims": len(claims), "seeds": world.seeds, "difference": difference, "spread": world.paired_spread,
             "smallest_effect": world.smallest_effect}  # fmt: skip
    return found | {"says": _in_words(found)}


def _trains(suite: Suite, claim: str) -> bool:
    """Whether every operand is measured of trained nets."""
    places = {cell.id: cell.place for cell in suite.cells()}
    named = [places.get(name, tuple(name.split("."))) for name in suite.file.claims[claim].operands]
    return all(place is not None and suite.file.experiments[place[0]].measure is None for place in named)


def _in_words(found: dict[str, Any]) -> str:
    claims = (
        f"{found['claims']} claim{'s' if found['claims'] > 1 else ''} by a paired t test over {found['seeds']} seeds"
    )
    if found["difference"] is None:
        return f"{claims}, too few to reject anything"
    amount = (
        f"{found['difference']:.2g} points, where the spread of paired differences is {found['spread']:g}"
        if found["spread"] is not None
        else f"{found['difference']:.2g} times the spread of paired differences between seeds"
    )
    cares = "" if found["smallest_effect"] is None else f"; the suite cares about {found['smallest_effect']:g} or more"
    return f"{claims}, which finds four times in five a difference of {amount}{cares}"
