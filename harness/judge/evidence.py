"""Evidence for claims (operands by seed, quoted numbers, learning curves) and the verdict on a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.judge.cells import CellVerdict, Measured
from harness.judge.outcomes import ClaimOutcome
from harness.judge.statistics import FIXED, Interval, Levels, Look, Significance
from harness.suite.claims import Claim
from harness.vocabulary import ScaleName

Curve = Sequence[Sequence[float]]
"""[epoch, value] pairs."""
Curves = Mapping[str, Mapping[str, Mapping[str, Curve]]]
"""By experiment, quantity and seed."""


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """One claim with its outcome; `evidence` names the level at which it was tested."""

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
    """A test over the same seeds that is shown beside the deciding one."""
    seeds_to_settle: int | None = None
    """Seeds that would decide an inconclusive claim if the observed difference and spread were the true ones."""
    elsewhere: tuple[Mapping[str, Any], ...] = ()
    """Provenance of imported weights that the claim rests on."""
    recorded: tuple[str, ...] = ()
    """Operands whose values were entered by hand."""
    extended: str = ""
    """How its declaration was changed after a first result; empty where it was not."""
    differs_in: tuple[str, ...] = ()
    """Differences between its two arms, where there is more than one."""
    thresholds: tuple[AtThreshold, ...] = ()
    """For a claim about convergence, the arms compared at other training errors."""
    look: Look | None = None
    """The declared look of the judgement; None where seeds are fixed or no test was made."""
    final: bool = False
    """Whether more seeds could not decide it."""

    @property
    def waits(self) -> bool:
        """Whether a later look may decide the claim."""
        return self.outcome == "INCONCLUSIVE" and not self.final and self.look is not None and not self.look.last


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """Epochs that two arms need to reach one training error, paired by seed."""

    train_error: float
    ratios: tuple[float, ...]
    """Epochs of the slow arm divided by those of the fast arm, in the order of seeds."""
    median_difference: float
    """Median over seeds of the slow arm's epochs minus the fast arm's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that claims may refer to."""

    cells: Mapping[str, CellVerdict]
    measured: Mapping[str, Measured]
    curves: Curves
    scale: ScaleName
    elsewhere: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Provenance of imported weights that each experiment's trainings are or rest on."""
    trainings: Mapping[str, Measured] = field(default_factory=dict)
    """Final training errors by experiment."""
    look: Look | None = None
    """The declared look of these seeds; None where seeds are fixed."""
    earlier: tuple[Evidence, ...] = ()
    """The evidence of earlier looks."""
    smallest_effect: float | None = None
    """The smallest difference of an error, in points, that matters to this scale's claims."""
    differs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Every difference between the resolved specs of a claim's two arms, by claim."""

    @property
    def levels(self) -> Levels:
        """Levels of the tests on this evidence."""
        return FIXED if self.look is None else self.look.levels

    def measured_of(self, claim: Claim) -> list[Measured]:
        """Return our measured values that a claim rests on."""
        return [side.measured for side in self.sides(claim) if side.measured is not None]

    def sides(self, claim: Claim) -> list[Side]:
        """Return the operands of a claim; for a claim about learning curves, its trainings."""
        arms = () if claim.faster is None else (claim.faster.slow, claim.faster.fast)
        curves = [Side(name, self.trainings[name]) for name in arms if name in self.trainings]
        return [*(self.side(name) for name in claim.operands), *curves]

    def training_errors(self, experiment: str) -> dict[str, Curve]:
        """By seed, the training error of every run epoch by epoch; empty for one that diverged in its first epoch."""
        found: dict[str, Curve] = dict.fromkeys(self.diverged(experiment), ())
        return found | dict(self.curves.get(experiment, {}).get("train_error", {}))

    def diverged(self, experiment: str) -> frozenset[str]:
        """The seeds whose training diverged."""
        found = self.trainings.get(experiment)
        return frozenset() if found is None else frozenset(map(str, found.diverged))

    def side(self, name: str) -> Side:
        """Return one operand: our values by seed, or a number that the paper quotes."""
        if name not in self.cells:
            found = self.measured[name]
            return Side(name, found, step=found.step(name.rpartition(".")[2]))
        verdict = self.cells[name]
        if verdict.outcome == "CITED" or verdict.cell.not_run is not None:
            return Side(name, None, verdict.cell.paper)
        place = verdict.cell.place
        found = self.measured.get(verdict.cell.value or "", verdict.measured)
        return Side(name, found, step=found.step(place[-1]) if place else 0.0)


@dataclass(frozen=True, slots=True)
class Side:
    """One operand of a claim."""

    name: str
    measured: Measured | None
    quoted: float = 0.0
    step: float = 0.0
    """How much one test image changes it; 0 where it does not move in steps."""

    def runs(self, seeds: Sequence[int]) -> list[float | None]:
        """Return the value for each seed: a quoted or exact number repeats, and a diverged run is None."""
        if self.measured is None:
            return [self.quoted for _ in seeds]
        values = self.measured.values
        if self.measured.how == "exact":
            return [next(iter(values.values())) for _ in seeds]
        return [None if seed in self.measured.diverged else values[seed] for seed in seeds]


def arms(sides: Sequence[Side]) -> tuple[list[float | None], list[float | None]]:
    """Return the first two operands, paired by seed."""
    seeds = shared_seeds(sides)
    return sides[0].runs(seeds), sides[1].runs(seeds)


def coarsest(sides: Sequence[Side]) -> float:
    """Return the largest step in which one of the operands moves."""
    return max((side.step for side in sides), default=0.0)


def shared_seeds(sides: Sequence[Side]) -> list[int]:
    """Return the seeds that every sampled operand has; [0] where nothing is sampled."""
    sampled = [set(side.measured.values) for side in sides if side.measured and side.measured.how != "exact"]
    return sorted(set.intersection(*sampled)) if sampled else [0]
