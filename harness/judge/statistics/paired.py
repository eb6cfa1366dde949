"""Paired comparison of two arms over the same training seeds: which is larger, by how much, and by what test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.judge.counts import seeds_said, seeds_that_differ
from harness.judge.statistics.intervals import (
    MIN_SEEDS,
    Array,
    Interval,
    Values,
    as_sample,
    checked_fraction,
    coarse_spread,
    mean_interval,
    spread,
)
from harness.judge.statistics.significance import (
    COARSEST,
    Alternative,
    Direction,
    Significance,
    avoids_zero,
    can_reject,
    paired_t,
    seeds_to_reject,
    sign_flip,
    sign_test,
    signed_rank,
)

Runs = Sequence[float | None] | Array  # one metric, one value per seed; None for a run that diverged
RankTest = Callable[[Array, Alternative], Significance]

_DIGITS = 12  # differences are rounded to this many digits of the values, so that equal ones are equal


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Arm a against arm b over `n` paired training seeds; it concerns the methods, on these test images.

    `difference` is the mean of a - b in the unit of the values, and `interval` its t interval at 1 - alpha. Both are
    None where a run diverged or was censored; the interval also where the differences have no spread. `std` is the
    standard deviation of the differences over seeds. `direction` is that of a - b when `decided_by` rejects at alpha.
    `companion` is shown beside it and never decides. `reason` says in one line what was assumed, or why nothing was
    decided.
    """

    n: int
    difference: float | None
    interval: Interval | None
    decided_by: Significance | None
    companion: Significance | None
    direction: Direction
    reason: str
    std: float | None = None


def paired_differences(a: Values, b: Values) -> Array:
    """Return the differences a - b seed by seed, rounded to 12 digits of the values so that equal ones tie.

    An infinity stands for a diverged run; two of them in one seed tie. Raises ValueError for arms of unequal length.

    >>> paired_differences([1.0, 2.5], [1.0, 2.0]).tolist()
    [0.0, 0.5]
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"arms are paired by seed, got shapes {x.shape} and {y.shape}")
    both = np.concatenate([x, y])
    largest = float(np.abs(both[np.isfinite(both)]).max(initial=0.0))
    decimals = min(300, _DIGITS - math.ceil(math.log10(largest))) if largest > 0 else 0
    apart = x != y  # infinity minus infinity is not a number
    differences = np.zeros_like(x)
    differences[apart] = x[apart] - y[apart]
    return differences.round(decimals)


def compare_paired(
    a: Runs,
    b: Runs,
    *,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    better: Literal["lower", "higher"] = "lower",
    resolution: float = 0.0,
) -> PairedComparison:
    """Compare two arms over the same training seeds; the outcome concerns the methods, on these test images.

    From three seeds on the paired t test decides, the differences taken as normal, and a sign-flip test stands beside
    it where it could reject. Differences that are all equal have no spread for a t test. Those of which none exceeds
    two steps of `resolution` (100 / n for errors in percent over n images) are too coarse for it where there are three
    or four, and from six on where none is zero. There the sign-flip test decides.
    With a diverged run (None) in either arm the exact signed-rank test decides, a diverged run being worse than any
    other, and no mean is given. A test that cannot reject at this n is not run. Raises ValueError for arms of unequal
    length or without a seed.
    """
    checked_fraction(alpha, "alpha")
    worst = math.inf if better == "lower" else -math.inf
    x, y = _diverged_as(worst, a), _diverged_as(worst, b)
    d = paired_differences(x, y)
    if np.isfinite(x).all() and np.isfinite(y).all():
        return _compare_by_mean(d, alternative, alpha, resolution)
    what = f"diverged runs ({np.isinf(x).sum()} of a, {np.isinf(y).sum()} of b) count as worse than any other"
    return compare_by_rank(d, signed_rank, what, alternative=alternative, alpha=alpha, companion=sign_test)


def compare_by_rank(
    differences: Array,
    test: RankTest,
    what: str,
    *,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    companion: RankTest | None = None,
) -> PairedComparison:
    """Compare by an exact test of ranks or signs where differences have no mean; `what` opens the reason.

    The result says which arm is larger over training seeds, not by how much.
    """
    found = test(differences, alternative)
    decided = found if can_reject(found.test, found.n, alpha, alternative) else None
    beside = companion(differences, alternative) if companion and decided else None
    direction: Direction = decided.direction(alpha) if decided else "undecided"
    reason = f"{what}; {_by(decided) if decided else _too_few(found, alpha)}"
    return PairedComparison(len(differences), None, None, decided, beside, direction, reason)


def gap_difference(
    train_a: Runs,
    test_a: Runs,
    train_b: Runs,
    test_b: Runs,
    *,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    resolution: float = 0.0,
) -> PairedComparison:
    """Compare the gaps (test minus train) of two arms over training seeds, all four paired by seed.

    The result concerns the methods, on these test images. A diverged run (None) has no gap, not even a worst one, so
    with one among them nothing is decided.
    """
    arms = [_diverged_as(math.inf, runs) for runs in (train_a, test_a, train_b, test_b)]
    if not all(np.isfinite(arm).all() for arm in arms):
        return PairedComparison(len(arms[0]), None, None, None, None, "undecided", "a diverged run has no gap")
    gap_a, gap_b = paired_differences(arms[1], arms[0]), paired_differences(arms[3], arms[2])
    return compare_paired(gap_a, gap_b, alternative=alternative, alpha=alpha, resolution=resolution)


def _compare_by_mean(d: Array, alternative: Alternative, alpha: float, resolution: float) -> PairedComparison:
    n, std = len(d), coarse_spread(d, resolution)
    t, flip = paired_t(d, alternative, resolution=resolution), sign_flip(d, alternative)
    usable_flip = flip if can_reject("sign_flip", flip.n, alpha, alternative) else None
    if usable_flip and avoids_zero(d, resolution):
        t = None
    decided = t or (usable_flip if n >= MIN_SEEDS else None)
    mean = float(d.mean())
    return PairedComparison(
        n=n,
        difference=mean,
        interval=mean_interval(mean, std, n, 1 - alpha, "difference") if spread(d) > 0 else None,
        decided_by=decided,
        companion=usable_flip if t else None,
        direction=decided.direction(alpha) if decided else "undecided",
        reason=_reason(d, decided, flip, alpha),
        std=std,
    )


def _reason(d: Array, decided: Significance | None, flip: Significance, alpha: float) -> str:
    n = len(d)
    if not d.any():
        return f"the arms are equal in each of {seeds_said(n)}"
    if decided and decided.test == "paired_t":
        return f"paired t over {seeds_said(n)}, differences taken as normal"
    if n < MIN_SEEDS:
        return f"{seeds_said(n)}, a paired t test needs at least {MIN_SEEDS}"
    why = (
        f"the difference is the same in all {seeds_said(n)}, which leaves a t test no spread"
        if spread(d) == 0
        else f"in none of {seeds_said(n)} the arms differ by more than {COARSEST} images, too coarse for a t test"
    )
    return f"{why}; {_by(decided) if decided else _too_few(flip, alpha)}"


def _by(found: Significance) -> str:
    return f"{found.test.replace('_', ' ')} over {seeds_that_differ(found.n)}"


def _too_few(found: Significance, alpha: float) -> str:
    needed = seeds_to_reject(found.test, alpha, found.alternative)
    name = found.test.replace("_", " ")
    return f"{seeds_that_differ(found.n)}, a {name} at {alpha:g} needs at least {needed}"


def _diverged_as(worst: float, runs: Runs) -> Array:
    values = np.array([math.nan if value is None else value for value in runs], dtype=np.float64)
    given = np.array([value is not None for value in runs], dtype=bool)
    as_sample(values[given], at_least=0)
    if len(values) == 0:
        raise ValueError("a comparison needs at least one seed")
    return np.where(given, values, worst)
