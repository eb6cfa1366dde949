"""Tests of convergence: how fast arms reach an error, with censored runs, and whether nets leave chance at all."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from harness.judge.statistics.equivalence import Equivalence, equivalence
from harness.judge.statistics.intervals import (
    Array,
    Interval,
    IntervalKind,
    Values,
    checked_fraction,
    mean_interval,
    spread,
)
from harness.judge.statistics.looks import FIXED, Levels
from harness.judge.statistics.paired import PairedComparison, compare_by_rank, compare_paired, paired_differences
from harness.judge.statistics.significance import sign_test


@dataclass(frozen=True, slots=True)
class Reached:
    """The threshold was crossed after `steps`, interpolated between two evaluations."""

    steps: float


@dataclass(frozen=True, slots=True)
class ReachedBy:
    """The threshold was already met at the first evaluation: after `steps` or sooner."""

    steps: float


@dataclass(frozen=True, slots=True)
class Censored:
    """The threshold was not met by the last evaluation: later than `at`, if ever."""

    at: float


@dataclass(frozen=True, slots=True)
class Never:
    """The run diverged before it met the threshold: no further step would have brought it there."""


ReachTime = Reached | ReachedBy | Censored | Never
Bound = Literal["estimate", "at_least", "at_most", "none"]
ChanceOutcome = Literal["stays", "leaves", "mixed", "undecided"]


@dataclass(frozen=True, slots=True)
class RatioOfSteps:
    """Geometric mean over paired training seeds of one arm's steps divided by another's; an estimate about the methods.

    `bound` says what `ratio` is: an estimate, or a bound on it where some run was censored, and `interval` is then open
    on the other side. `ratio` is None where nothing bounds it, and where a run never gets there, which gives no mean.
    `comparison` tests which arm takes longer: on log steps, so that its difference is the log of the ratio, or by a
    sign test where runs were censored or diverged.
    """

    n: int
    ratio: float | None
    bound: Bound
    interval: Interval | None
    comparison: PairedComparison


@dataclass(frozen=True, slots=True)
class AgainstChance:
    """Whether nets stay at chance, seed by seed and all together; each entry concerns one net over test images.

    `stays` and `leaves` are one-sided binomial p-values, one per seed, that the error is above and below `threshold`
    (the chance error minus the tolerance, a proportion). `outcome` is what every seed shows, "mixed" when some stay and
    some leave; `staying` and `leaving` count them, and the other seeds show neither. `share_at_least` is a lower
    confidence bound on the share of training seeds that do as these all did, 0 unless they agree.
    """

    threshold: float
    stays: tuple[float, ...]
    leaves: tuple[float, ...]
    staying: int
    leaving: int
    outcome: ChanceOutcome
    share_at_least: float


def steps_to_reach(steps: Values, errors: Values, threshold: float) -> ReachTime:
    """Find where the error curve of one run first crosses a threshold, linear between evaluations.

    `steps` increase (iterations or epochs), `errors` are in the unit of the threshold. A point whose error is not
    finite, as after divergence, counts as not evaluated. Raises ValueError for steps that do not increase.

    >>> steps_to_reach([1, 2, 3], [80.0, 40.0, 20.0], 30.0)
    Reached(steps=2.5)
    >>> steps_to_reach([1, 2, 3], [80.0, 40.0, 20.0], 10.0)
    Censored(at=3.0)
    """
    return steps_to_each(steps, errors, [threshold])[0]


def steps_to_each(steps: Values, errors: Values, thresholds: Iterable[float]) -> list[ReachTime]:
    """Find where the error curve of one run first crosses each of several thresholds, as `steps_to_reach` does."""
    x, y = [float(step) for step in steps], [float(error) for error in errors]
    if len(x) != len(y) or not x or not all(one < other for one, other in pairwise(x)) or not x[0] >= 0:
        raise ValueError(f"steps must increase from 0 or more, one for each error, got {x} and {len(y)} errors")
    points = [(step, error) for step, error in zip(x, y, strict=True) if math.isfinite(error)]
    fallen = [-least for least in accumulate((error for _, error in points), min)]  # by then, at least so far
    return [_crossing(points, bisect_left(fallen, -threshold), threshold, x[-1]) for threshold in thresholds]


def _crossing(points: list[tuple[float, float]], met: int, threshold: float, last: float) -> ReachTime:
    """Return where a curve crosses a threshold that it meets first at the point of this place."""
    if met == len(points):
        return Censored(last)
    (x, y), (before, above) = points[met], points[met - 1]
    if met == 0:
        return ReachedBy(x)
    return Reached(before + (x - before) * (above - threshold) / (above - y))


def ratio_of_steps(slow: Sequence[ReachTime], fast: Sequence[ReachTime], *, level: float = 0.95) -> RatioOfSteps:
    """Estimate the ratio of the steps two arms need to reach a threshold, over paired training seeds.

    Without censoring: the geometric mean of the ratios with a t interval on their logarithms, taken as normal. With it:
    each seed's ratio is bounded, and where all are bounded on one side the geometric mean of the bounds bounds the
    ratio. Bounds pile up where runs were cut short, which a t interval would take for certainty; the limit is then an
    exact one on the median ratio, by a sign test, and needs six seeds at 95%. A run that diverged takes longer than any
    that did not, and a seed in which both did says nothing. A seed in which either arm may be the faster counts against
    either. Raises ValueError for arms of unequal length or without a seed.
    """
    if len(slow) != len(fast) or not slow:
        raise ValueError(f"arms are paired by seed, got {len(slow)} and {len(fast)} runs")
    alpha = 1 - checked_fraction(level, "level")
    low, high = _bounds_of_log_ratios(slow, fast)
    if np.isfinite(low).all() and np.array_equal(low, high):
        return _ratio(low, "estimate", level, compare_paired(low, np.zeros_like(low), alpha=alpha))
    censored = sum(not isinstance(time, Reached) for time in (*slow, *fast))
    comparison = _by_sign(low, high, _unresolved(slow, fast, low, high), f"censored runs: {censored}", alpha)
    if (low > -math.inf).all() and np.isfinite(low).any():
        return _ratio(low, "at_least", level, comparison)
    if (high < math.inf).all() and np.isfinite(high).any():
        return _ratio(high, "at_most", level, comparison)
    return RatioOfSteps(len(slow), None, "none", None, comparison)


def ratio_within(
    slow: Sequence[ReachTime], fast: Sequence[ReachTime], printed: float, within: float, *, levels: Levels = FIXED
) -> Equivalence | None:
    """Test the ratio of steps against a printed one, known to a factor `within` > 1, by TOST on the logarithms.

    Paired by training seed, as `ratio_of_steps`; None where some run was censored or diverged, or there are fewer than
    two seeds.
    """
    low, high = _bounds_of_log_ratios(slow, fast)
    if len(low) < 2 or not (np.isfinite(low).all() and np.array_equal(low, high)):
        return None
    return equivalence(low, math.log(printed), math.log(within), levels)


def against_chance(
    wrong: Sequence[int], images: int, chance_error: float, *, tolerance: float, alpha: float = 0.05
) -> AgainstChance:
    """Test whether trained nets stay at chance: exact one-sided binomial tests, one net per training seed.

    `wrong` counts the errors of each net on the same number of `images`; `chance_error` (that of always naming the
    commonest class) and `tolerance` (the smallest fall in error that counts as learning) are proportions. A net stays
    when its error is significantly above chance minus tolerance, and leaves when it is significantly below. A test too
    small to tell therefore shows neither. Every seed must show it at alpha, which needs no further adjustment. Raises
    ValueError for invalid counts or a tolerance not between 0 and the chance error.
    """
    k = np.asarray(wrong, dtype=np.int64)
    if k.ndim != 1 or len(k) == 0 or not ((k >= 0) & (k <= images)).all():
        raise ValueError(f"errors must be counts between 0 and {images} images, got {k.tolist()}")
    if not 0 < tolerance < chance_error <= 1:
        raise ValueError(f"a tolerance lies between 0 and the chance error {chance_error}, got {tolerance}")
    threshold = chance_error - tolerance
    leaves = scipy.special.bdtr(k, images, threshold)
    stays = scipy.special.bdtr(images - k, images, 1 - threshold)
    stay, leave = stays <= checked_fraction(alpha, "alpha"), leaves <= alpha
    outcome = _chance_outcome(stay, leave)
    share = alpha ** (1 / len(k)) if outcome in {"stays", "leaves"} else 0.0  # Clopper and Pearson's bound for n of n
    ps = tuple(map(float, stays)), tuple(map(float, leaves))
    return AgainstChance(threshold, *ps, int(stay.sum()), int(leave.sum()), outcome, share)


def _chance_outcome(stay: NDArray[np.bool_], leave: NDArray[np.bool_]) -> ChanceOutcome:
    if stay.all():
        return "stays"
    if leave.all():
        return "leaves"
    return "mixed" if stay.any() and leave.any() else "undecided"


def _ratio(logs: Array, bound: Bound, level: float, comparison: PairedComparison) -> RatioOfSteps:
    n, mean = len(logs), float(logs.mean())
    ratio = math.exp(mean) if math.isfinite(mean) else None
    return RatioOfSteps(n, ratio, bound, _ratio_interval(logs, bound, level), comparison)


def _ratio_interval(logs: Array, bound: Bound, level: float) -> Interval | None:
    kind: IntervalKind = "ratio" if bound == "estimate" else "median_ratio"
    if bound == "estimate":
        if spread(logs) == 0:
            return None
        of_logs = mean_interval(float(logs.mean()), spread(logs), len(logs), level, kind)
        ends = of_logs.low, of_logs.high
    else:
        side = 1 if bound == "at_least" else -1
        limit = _least_median(side * logs, level)
        if limit is None or math.isinf(limit):  # most runs diverged: longer than any, by no number of times
            return None
        ends = (limit, math.inf) if bound == "at_least" else (-math.inf, -limit)
    with np.errstate(over="ignore"):  # a side beyond the largest float is open
        low, high = np.exp(ends)
    return Interval(float(low), float(high), level, kind)


def _least_median(bounds: Array, level: float) -> float | None:
    """Return the largest lower bound that a sign test allows for the median, given lower bounds on each seed's value.

    None where so few seeds give no limit at one side of a two-sided `level`.
    """
    tails = scipy.special.bdtr(np.arange(len(bounds)), len(bounds), 0.5)
    kept = int(np.count_nonzero(tails <= (1 - level) / 2))
    return float(np.sort(bounds)[kept - 1]) if kept else None


def _bounds_of_log_ratios(slow: Sequence[ReachTime], fast: Sequence[ReachTime]) -> tuple[Array, Array]:
    """By seed, the least and the largest logarithm that the ratio of the steps of two arms may have."""
    (slow_low, slow_high), (fast_low, fast_high) = _log_bounds(slow), _log_bounds(fast)
    low, high = paired_differences(slow_low, fast_high), paired_differences(slow_high, fast_low)
    neither = np.isposinf(slow_low) & np.isposinf(fast_low)
    return np.where(neither, -math.inf, low), np.where(neither, math.inf, high)


def _log_bounds(times: Sequence[ReachTime]) -> tuple[Array, Array]:
    """Return logarithms of the earliest and latest step at which each run may have reached the threshold."""
    bounds = np.array([_bounds(time) for time in times])
    with np.errstate(divide="ignore"):  # the log of step 0 is minus infinity: no bound on a ratio
        logs = np.log(bounds)
    return logs[:, 0], logs[:, 1]


def _bounds(time: ReachTime) -> tuple[float, float]:
    match time:
        case Reached(steps):
            return steps, steps
        case ReachedBy(steps):
            return 0.0, steps
        case Censored(at):
            return at, math.inf
        case Never():
            return math.inf, math.inf


def _by_sign(low: Array, high: Array, unresolved: int, what: str, alpha: float) -> PairedComparison:
    """Test which arm takes longer where only bounds of log ratios are known."""
    said = f"{what}; seeds in which either arm may be the faster: {unresolved}" if unresolved else what
    return compare_by_rank(_later(low, high), partial(sign_test, unresolved=unresolved), said, alpha=alpha)


def _unresolved(slow: Sequence[ReachTime], fast: Sequence[ReachTime], low: Array, high: Array) -> int:
    """Count the seeds that do not settle which arm takes longer; a tie, or two runs that diverged, settle it."""
    neither = np.array(
        [isinstance(one, Never) and isinstance(other, Never) for one, other in zip(slow, fast, strict=True)]
    )
    return int(np.count_nonzero((_later(low, high) == 0) & (low != high) & ~neither))


def _later(low: Array, high: Array) -> Array:
    """Return the sign of each log ratio where its bounds settle it, 0 elsewhere."""
    return np.where(low > 0, 1.0, np.where(high < 0, -1.0, 0.0))
