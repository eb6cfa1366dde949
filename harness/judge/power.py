"""Power of a suite's declared seeds, shown before anything is run."""

from __future__ import annotations

from typing import Any

from harness.judge.counts import seeds_said
from harness.suite.file import Scale, Suite
from harness.suite.seeds import SeedLooks, in_words, sizes
from harness.vocabulary import ScaleName

PAIRED = ("less", "gap")
"""Operators decided by a paired t test over seeds; the direction of a printed amount is one of them."""
CELL_SPREAD = 0.6
"""Standard deviation over seeds, in margins, assumed for the expected seeds of a cell."""


def detectable(suite: Suite, scale: ScaleName) -> dict[str, Any] | None:
    """Return the smallest difference that a paired t test at 5% finds with power 0.8, with the seeds of a scale.

    It is in points where the scale declares the spread of its paired differences, otherwise in units of that spread.
    Where seeds are declared in looks, it is that of the last look alone, and `looks` adds the expected number of seeds.
    None where no claim of the suite compares trained nets this way and the number of seeds is fixed; `difference` is
    None where so few seeds can never reject.
    """
    claims = [name for name, claim in suite.file.claims.items() if claim.operator in PAIRED and _trains(suite, name)]
    world = suite.file.scales[scale]
    if not claims and isinstance(world.seeds, int):
        return None
    from harness.judge.statistics import levels_at, smallest_detectable  # noqa: PLC0415 - scipy, which most plans do without

    most = sizes(world.seeds)[-1]
    alpha = 0.05 if isinstance(world.seeds, int) else levels_at(world.seeds.looks).alpha
    difference = smallest_detectable(world.paired_spread or 1.0, most, alpha)
    found: dict[str, Any] = {
        "claims": len(claims),
        "seeds": most,
        "difference": difference,
        "spread": world.paired_spread,
        "smallest_effect": world.smallest_effect,
    }
    if isinstance(world.seeds, SeedLooks) and difference is not None:
        found["looks"] = _looks(world, world.seeds, difference)
    return found | {"says": _in_words(found)}


def _looks(world: Scale, seeds: SeedLooks, difference: float) -> dict[str, Any]:
    """Estimate the seeds to expect for a claim with a detectable difference, and for a cell at its target.

    The difference is the smallest effect where it and the spread are declared, otherwise what the last look finds with
    power 0.8.
    """
    from harness.judge.statistics import levels_at  # noqa: PLC0415 - as above
    from harness.judge.statistics.stopping import stopping  # noqa: PLC0415 - as above

    effect = world.smallest_effect if world.smallest_effect and world.paired_spread else difference
    unit = "points" if world.paired_spread else "spreads of paired differences"
    claim = stopping(seeds.looks, effect / (world.paired_spread or 1.0)).seeds
    cell = stopping(seeds.looks, 0.0, 1 / CELL_SPREAD).seeds
    levels = levels_at(seeds.looks)
    says = (
        f"{in_words(seeds)}: {seeds.looks[0]} to {seeds.looks[-1]} seeds; expected {claim:.1f} for one claim, were the "
        f"true difference {effect:.2g} {unit}, and {cell:.1f} for one cell, were its mean the printed number and its "
        f"spread {CELL_SPREAD:g} of the margin; a run ends when all that can be decided is"
    )
    return {
        "sizes": seeds.looks,
        "first": seeds.first,
        "largest": seeds.looks[-1],
        "within": levels.within,
        "beyond": levels.beyond,
        "expected": {"claim": claim, "cell": cell},
        "says": says,
    }


def _trains(suite: Suite, claim: str) -> bool:
    """Check whether every operand is measured on trained nets."""
    places = {cell.id: cell.place for cell in suite.cells()}
    named = [places.get(name, tuple(name.split("."))) for name in suite.file.claims[claim].operands]
    return all(place is not None and suite.file.experiments[place[0]].measure is None for place in named)


def _in_words(found: dict[str, Any]) -> str:
    if not found["claims"]:
        return "no claim by a paired t test"
    judged = f"{found['claims']} claim{'s' if found['claims'] > 1 else ''}"
    claims = f"{judged} by a paired t test over {seeds_said(found['seeds'])}"
    if found["difference"] is None:
        return f"{claims}, too few to reject anything"
    amount = (
        f"{found['difference']:.2g} points, where the spread of paired differences is {found['spread']:g}"
        if found["spread"] is not None
        else f"{found['difference']:.2g} times the spread of paired differences between seeds"
    )
    cares = "" if found["smallest_effect"] is None else f"; the suite cares about {found['smallest_effect']:g} or more"
    return f"{claims}, which finds four times in five a difference of {amount}{cares}"
