"""What claims are judged on, and the verdict they get: operands by seed, quoted numbers, learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.judge.cells import CellVerdict, Measured
from harness.judge.outcomes import ClaimOutcome
from harness.judge.statistics import FIXED, Interval, Levels, Look, Significance
from harness.suite.claims import Claim
from harness.vocabulary import ScaleName

Curves = Mapping[str, Mapping[str, Mapping[str, Sequence[Sequence[float]]]]]
"""By experiment, quantity and seed: [epoch, value] pairs."""


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """One claim with its outcome; `evidence` says at which level it was tested."""

    id: str
    claim: Claim
    outcome: ClaimOutcome
    reason: str
    evidence: str
    n: int | None = None
    effect: float | None = None
    interval: Interval | None = None
    p: float | None = None
    p_holm: float | None = None
    companion: Significance | None = None
    """A test over the same seeds that stands beside the one that decides."""
    seeds_to_settle: int | None = None
    """How many would decide what is inconclusive, were the difference and the spread those seen."""
    elsewhere: tuple[Mapping[str, Any], ...] = ()
    """Whose weights it rests on that were not trained here."""
    recorded: tuple[str, ...] = ()
    """The operands whose values were entered by hand."""
    extended: str = ""
    """What of it was changed after a first result; empty where nothing was."""
    differs_in: tuple[str, ...] = ()
    """In what its two arms differ, where that is more than one thing."""
    thresholds: tuple[AtThreshold, ...] = ()
    """Of a claim about convergence, how its arms stand to each other at other training errors."""
    look: Look | None = None
    """The declared look at which it was judged; None where seeds are fixed, or no test was made."""
    final: bool = False
    """Whether no more seeds could decide it."""

    @property
    def waits(self) -> bool:
        """Whether a later look may decide it."""
        return self.outcome == "INCONCLUSIVE" and not self.final and self.look is not None and not self.look.last


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """How long two arms take to one training error, paired by seed."""

    train_error: float
    ratios: tuple[float, ...]
    """Epochs of the slow arm over those of the fast one, by seed in its order."""
    median_difference: float
    """Of the slow arm's epochs less the fast one's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that claims may speak of."""

    cells: Mapping[str, CellVerdict]
    measured: Mapping[str, Measured]
    curves: Curves
    scale: ScaleName
    elsewhere: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """By experiment, whose weights its trainings are or rest on, where these were not trained here."""
    trainings: Mapping[str, Measured] = field(default_factory=dict)
    """By experiment, the training errors that its curves end in."""
    look: Look | None = None
    """The declared look whose seeds it is of; None where seeds are fixed."""
    earlier: tuple[Evidence, ...] = ()
    """That of the looks before."""
    smallest_effect: float | None = None
    """The smallest difference of an error, in points, that this scale's claims care about."""
    differs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By claim, everything in which the resolved specs of its two arms differ."""

    @property
    def levels(self) -> Levels:
        """The levels of the tests made on it."""
        return FIXED if self.look is None else self.look.levels

    def measured_of(self, claim: Claim) -> list[Measured]:
        """What of ours a claim rests on."""
        return [side.measured for side in self.sides(claim) if side.measured is not None]

    def sides(self, claim: Claim) -> list[Side]:
        """The operands of a claim; of one about learning curves, its trainings."""
        arms = () if claim.faster is None else (claim.faster.slow, claim.faster.fast)
        curves = [Side(name, self.trainings[name]) for name in arms if name in self.trainings]
        return [*(self.side(name) for name in claim.operands), *curves]

    def side(self, name: str) -> Side:
        """One operand: ours by seed, or a number the paper quotes."""
        if name not in self.cells:
            found = self.measured[name]
            return Side(name, found, step=found.step(name.rpartition(".")[2]))
        verdict = self.cells[name]
        if verdict.outcome == "CITED" or verdict.cell.not_run is not None:
            return Side(name, None, verdict.cell.paper)
        place = verdict.cell.place
        found = self.measured.get(".".join(place), verdict.measured) if place else verdict.measured
        return Side(name, found, step=found.step(place[-1]) if place else 0.0)


@dataclass(frozen=True, slots=True)
class Side:
    """One operand of a claim."""

    name: str
    measured: Measured | None
    quoted: float = 0.0
    step: float = 0.0
    """How much one test image moves it; 0 where it does not move in steps."""

    def runs(self, seeds: Sequence[int]) -> list[float | None]:
        """By seed; a quoted number stands in every seed's place, a diverged run is None."""
        if self.measured is None:
            return [self.quoted for _ in seeds]
        values = self.measured.values
        if self.measured.how == "exact":
            return [next(iter(values.values())) for _ in seeds]
        return [None if seed in self.measured.diverged else values[seed] for seed in seeds]


def arms(sides: Sequence[Side]) -> tuple[list[float | None], list[float | None]]:
    """The first two operands, paired by seed."""
    seeds = shared_seeds(sides)
    return sides[0].runs(seeds), sides[1].runs(seeds)


def coarsest(sides: Sequence[Side]) -> float:
    """The largest step in which one of the operands moves."""
    return max((side.step for side in sides), default=0.0)


def shared_seeds(sides: Sequence[Side]) -> list[int]:
    """The seeds that every measured operand has; numbers that nothing is sampled in stand in each."""
    sampled = [set(side.measured.values) for side in sides if side.measured and side.measured.how != "exact"]
    return sorted(set.intersection(*sampled)) if sampled else [0]
