"""Judgement of cells: a printed number beside ours, by a margin declared before the first run; pure, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from harness.judge.counts import seeds_said
from harness.judge.outcomes import CellOutcome, How
from harness.judge.statistics import (
    FIXED,
    MIN_SEEDS,
    Equivalence,
    Interval,
    Levels,
    Look,
    equivalence,
    equivalence_to_runs,
    prediction_interval,
    t_interval,
    wilson,
)
from harness.store.provenance import all_said
from harness.suite.cells import Cell
from harness.suite.known_metrics import metric_of
from harness.suite.printed import half_last_digit
from harness.vocabulary import ScaleName

Stated = Literal["", "arithmetic", "configuration"]
"""Source of a number that is not measured: computed from numbers in the suite, or a setting of a recipe read back."""
DECIDED = frozenset({"MATCH", "BETTER", "WORSE", "DIFFERS"})
"""Outcomes that no later look can change."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Values measured for one `experiment.evaluation.metric`, and obstacles to a comparison."""

    values: Mapping[int, float] = field(default_factory=dict)
    """Values by seed, in the metric's unit; a run that diverged counts as guessing."""
    declared_seeds: int = 0
    diverged: tuple[int, ...] = ()
    failed: Mapping[int, str] = field(default_factory=dict)
    """Reasons of failed jobs by seed."""
    blocked: str = ""
    """Why seeds are missing that did not fail."""
    unofficial: str = ""
    """Why the data are not the whole official split."""
    doubtful: str = ""
    """Why the values cannot be right."""
    images: int = 0
    guessing: float | None = None
    """The metric's value for a net that guesses."""
    stale: str = ""
    marks: tuple[str, ...] = ()
    how: How = "trained"
    device: str = ""
    """Device on which a timed number was measured."""
    recorded: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Provenance of values entered by hand, by seed."""
    elsewhere: tuple[Mapping[str, Any], ...] = ()
    """Provenance of imported weights that the values rest on."""
    steps_of: float = 0.0
    """How much one class or image changes a number that is no metric of a test; 0 where it does not move in steps."""
    stated: Stated = ""
    """How the number follows from the suite's own files; empty where something is measured."""

    def step(self, metric: str) -> float:
        """Return how much one image or class changes a number, in its unit; 0 for one that does not move in steps."""
        known = metric_of(metric)
        return 100 / self.images if known is not None and known.unit == "%" and self.images else self.steps_of

    def grows_to(self, look: Look) -> bool:
        """Check whether the values belong to the seeds of a look; an exact number has one value for all seeds."""
        return self.how != "exact" and self.declared_seeds == look.seeds


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """The verdict on one printed number."""

    cell: Cell
    outcome: CellOutcome
    reason: str
    measured: Measured
    mean: float | None = None
    std: float | None = None
    interval: Interval | None = None
    """t interval over seeds, 95% where seeds are fixed; decides BETTER, WORSE and DIFFERS."""
    tost_interval: Interval | None = None
    """t interval over seeds, 90% where seeds are fixed; decides MATCH."""
    wilson: Interval | None = None
    """95% interval over test images for a net with the mean error; shown, never decides."""
    prediction: Interval | None = None
    """95% interval for one more run; shown, never decides."""
    difference: float | None = None
    seeds_to_settle: int | None = None
    extended: str = ""
    """How its declaration was changed after a first result; empty where it was not."""
    look: Look | None = None
    """The declared look of the judgement; None where seeds are fixed or no test was made."""

    @property
    def waits(self) -> bool:
        """Whether a later look may decide the cell."""
        undecided = self.outcome == "INCONCLUSIVE" and self.cell.margin is not None
        return undecided and self.look is not None and not self.look.last


def judge_cell(
    cell: Cell,
    measured: Measured | None,
    scale: ScaleName,
    *,
    extended: str = "",
    look: Look | None = None,
    earlier: Sequence[tuple[Look, Measured | None]] = (),
) -> CellVerdict:
    """Judge one printed number by the measured values of fixed seeds or of a look.

    `earlier` holds the looks before, each with the values of its seeds; the first look that decides stands.
    """
    for one, seen in earlier:
        verdict = _judge(cell, seen, scale, extended, one)
        if verdict.outcome in DECIDED:
            return verdict
    return _judge(cell, measured, scale, extended, look)


def _judge(cell: Cell, measured: Measured | None, scale: ScaleName, extended: str, look: Look | None) -> CellVerdict:
    if cell.not_run is not None:
        return CellVerdict(cell, "NOT RUN", cell.not_run, Measured())
    if cell.place is None or measured is None:
        who = f"; {cell.cited}" if cell.cited else ""
        return CellVerdict(cell, "CITED", f"quoted by the paper, not an experiment of its authors{who}", Measured())
    levels = FIXED if look is None else look.levels
    verdict = _described(cell, measured, levels, extended=extended)
    obstacle = _obstacle(measured, scale, look)
    if obstacle is not None:
        return replace(verdict, outcome=obstacle[0], reason=obstacle[1])
    if measured.how == "exact":
        return _computed(verdict, cell)
    at = look if look is not None and measured.grows_to(look) else None
    return _compared(replace(verdict, look=at), cell, measured, levels)


def _obstacle(measured: Measured, scale: ScaleName, look: Look | None) -> tuple[CellOutcome, str] | None:
    """Return why a comparison is impossible (a failure, missing seeds, another world than the paper's), or None."""
    if measured.failed:
        seed, why = next(iter(measured.failed.items()))
        return "FAILED", f"seed {seed}: {why}"
    if measured.elsewhere and measured.values:
        return "NOT COMPARABLE", evaluation_only(measured.elsewhere)
    if len(measured.values) < measured.declared_seeds:
        have = f"{len(measured.values)} of {seeds_said(measured.declared_seeds)}"
        have += "" if look is None else f" of look {look.number}"
        return "NOT RUN", f"{measured.blocked or 'not run yet'} ({have})"
    why = measured.doubtful or _another_world(measured, scale) or measured.unofficial
    return ("NOT COMPARABLE", why) if why else None


def _another_world(measured: Measured, scale: ScaleName) -> str:
    """Return why a sound number belongs to another world than the paper's, or an empty string."""
    if measured.how == "timed":
        return f"timed on {measured.device}, which is not the paper's hardware"
    return (
        f"the {scale} scale is not the paper's data and recipe"
        if measured.how == "trained" and scale != "paper"
        else ""
    )


def evaluation_only(elsewhere: Iterable[Mapping[str, Any]]) -> str:
    """Explain that results on imported weights reproduce the test only."""
    return f"the weights were trained elsewhere ({all_said(elsewhere)}); this tests the evaluation only"


def _described(cell: Cell, measured: Measured, levels: Levels, *, extended: str) -> CellVerdict:
    """Fill in the figures of a verdict that do not depend on its outcome."""
    verdict = CellVerdict(cell, "NOT RUN", "", measured, extended=extended)
    values = list(measured.values.values())
    if not values:
        return verdict
    mean = sum(values) / len(values)
    verdict = replace(verdict, mean=mean)
    if measured.images and _metric(cell) in {"top1_error", "top5_error"}:
        wrong = round(mean * measured.images / 100)
        verdict = replace(verdict, wilson=wilson(wrong, measured.images).scaled(100))
    if len(values) < 2:
        return verdict
    spread = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
    over_seeds = t_interval(values, levels.outer)
    return replace(verdict, std=spread, interval=over_seeds, prediction=prediction_interval(values))


def _compared(verdict: CellVerdict, cell: Cell, measured: Measured, levels: Levels) -> CellVerdict:
    """Decide MATCH, BETTER, WORSE or DIFFERS by the declared margin.

    Otherwise the outcome is INCONCLUSIVE, with the number of seeds that would settle it.
    """
    values = list(measured.values.values())
    if len(values) < MIN_SEEDS:
        return replace(
            verdict, outcome="INCONCLUSIVE", reason=f"{seeds_said(len(values))}; {MIN_SEEDS} are needed to judge"
        )
    if cell.margin is None:
        return replace(verdict, outcome="INCONCLUSIVE", reason="the suite declares no margin for this cell")
    metric = metric_of(_metric(cell))
    found = _equivalence(cell, values, levels, measured.step(cell.place[-1] if cell.place else ""))
    verdict = replace(verdict, difference=found.difference, seeds_to_settle=found.settles_at)
    verdict = replace(verdict, tost_interval=_shifted(found.inner, cell.paper))
    if found.position == "undecided":
        more = f"; {found.settles_at} seeds would settle it if mean and spread stay" if found.settles_at else ""
        return replace(verdict, outcome="INCONCLUSIVE", reason=found.reason + more)
    if found.position == "within":
        return replace(verdict, outcome="MATCH", reason=found.reason)
    if metric is None:
        return replace(verdict, outcome="DIFFERS", reason=found.reason)
    better = (found.position == "below") == (metric.direction == "lower")
    return replace(verdict, outcome="BETTER" if better else "WORSE", reason=found.reason)


def _equivalence(cell: Cell, values: list[float], levels: Levels, step: float) -> Equivalence:
    """Test our mean against a printed number, or against the printed mean of the authors' own runs."""
    assert cell.margin is not None
    theirs = cell.over_runs
    if theirs is None or cell.runs is None:
        return equivalence(values, cell.target, cell.margin, levels, step)
    found = equivalence_to_runs(values, theirs.mean, theirs.spread, cell.runs, cell.margin, levels, step)
    if theirs.best is None:
        return found
    metric = metric_of(_metric(cell))
    ours = max(values) if metric is not None and metric.direction == "higher" else min(values)
    best = f"; best of ours {ours:.4g}, of theirs {theirs.best:.4g}, which decides nothing"
    return replace(found, reason=found.reason + best)


def _computed(verdict: CellVerdict, cell: Cell) -> CellVerdict:
    """Compare a number that follows from definitions, allowing for the larger of its margin and its rounding."""
    assert verdict.mean is not None
    rounding = half_last_digit(cell.target) if isinstance(cell.target, str) else 0.0
    allowed = max(cell.margin or 0.0, rounding)
    difference = verdict.mean - cell.paper
    verdict = replace(verdict, difference=difference, interval=None, prediction=None, std=None)
    within = abs(difference) <= allowed * (1 + 1e-12)
    said = (
        f"computed {verdict.mean:,.10g}; off by {difference:+,.6g}, {'within' if within else 'beyond'} {allowed:,.6g}"
    )
    return replace(verdict, outcome="MATCH" if within else "DIFFERS", reason=said)


def _metric(cell: Cell) -> str:
    """Return the metric of a cell's place; empty for a difference, of which neither side is the better one."""
    return cell.metric or ""


def _shifted(interval: Interval, by: float) -> Interval:
    """Shift an interval of differences from `by` to an interval of values."""
    return Interval(interval.low + by, interval.high + by, interval.level, "mean")
