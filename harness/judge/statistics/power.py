"""Power of a number of seeds, and the seeds that an effect needs; shown in the plan before anything is run."""

from __future__ import annotations

import bisect
import math

import scipy

from harness.judge.statistics.intervals import MIN_SEEDS, checked_fraction
from harness.judge.statistics.significance import Alternative


def smallest_detectable(
    std: float, n: int, alpha: float = 0.05, power: float = 0.8, *, alternative: Alternative = "two-sided"
) -> float | None:
    """Return the smallest mean difference that a paired t test over n seeds finds with this power.

    It has the unit of `std`, which is that of the paired differences over training seeds, taken as normal. None below
    three seeds, where the test is not run. A rejection on the wrong side does not count as power.
    """
    checked_fraction(power, "power")
    if not (math.isfinite(std) and std >= 0):
        raise ValueError(f"a standard deviation is finite and not negative, got {std}")
    if n < MIN_SEEDS:
        return None
    tail = checked_fraction(alpha, "alpha") / (2 if alternative == "two-sided" else 1)
    critical = scipy.special.stdtrit(n - 1, 1 - tail)
    noncentrality = float(scipy.special.nctdtrinc(n - 1, 1 - power, critical))
    return std * noncentrality / math.sqrt(n)


def seeds_for_effect(
    std: float,
    effect: float,
    alpha: float = 0.05,
    power: float = 0.8,
    *,
    alternative: Alternative = "two-sided",
    max_n: int = 1000,
) -> int | None:
    """Return the number of seeds, at least three, with which a paired t test finds a mean difference of `effect`.

    `std` is that of the paired differences over training seeds, taken as normal. None where more than `max_n` would be
    needed. The sign of the effect does not matter.
    """

    def found(n: int) -> bool:
        detectable = smallest_detectable(std, n, alpha, power, alternative=alternative)
        return detectable is not None and detectable <= abs(effect)

    seeds = range(MIN_SEEDS, max_n + 1)
    first = bisect.bisect_left(seeds, True, key=found)  # noqa: FBT003 - more seeds detect smaller differences
    return seeds[first] if first < len(seeds) else None
