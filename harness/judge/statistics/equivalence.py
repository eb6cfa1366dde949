"""Whether a mean over seeds is equivalent to a printed number, or two arms to each other, within a declared margin."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Literal

import scipy

from harness.judge.statistics.intervals import (
    MIN_SEEDS,
    Array,
    Interval,
    IntervalKind,
    Values,
    as_sample,
    coarse_spread,
    mean_interval,
)
from harness.judge.statistics.looks import FIXED, Levels
from harness.judge.statistics.paired import paired_differences
from harness.suite.printed import half_last_digit, printed_number

Position = Literal["within", "above", "below", "undecided"]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A difference over training seeds set against [-margin, +margin]; all in the unit of the values.

    `inner` (90% where seeds are fixed) decides "within", `outer` (95%) decides "above" and "below"; both are of the
    difference as measured and are widened by `rounding` where they decide. `std` allows for the metric's resolution.
    `p_within` is the TOST p-value and `p_outside` that of the difference lying beyond the margin. `settles_at` is the
    number of seeds at which an undecided difference would settle, None where it is settled or never would.
    """

    n: int
    difference: float
    std: float
    margin: float
    rounding: float
    inner: Interval
    outer: Interval
    p_within: float
    p_outside: float
    position: Position
    settles_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Nearness:
    """A value beside a round figure: `relative` is the signed difference as a fraction of it; no test is made."""

    relative: float
    fraction: float
    position: Position


def equivalence(
    values: Values, printed: str | float, margin: float, levels: Levels = FIXED, resolution: float = 0.0
) -> Equivalence:
    """Set the mean over training seeds against a printed number; the intervals speak of seeds, on these test images.

    Values are one metric, one per seed, taken as normal. A `printed` text is known to half its last digit, a number
    exactly. "within" is TOST: the inner interval at these `levels`, widened by that half digit, lies inside the margin;
    "above" and "below": the outer one, widened likewise, lies wholly beyond it. Fewer than three seeds are
    "undecided". `resolution` is the step in which the metric moves (100 / n for an error in percent over n images),
    which `coarse_spread` allows for.
    Raises ValueError for fewer than two values or a margin that is not positive.
    """
    rounding = half_last_digit(printed) if isinstance(printed, str) else 0.0
    target = float(printed_number(printed)) if isinstance(printed, str) else printed
    sample = as_sample(values)
    return _against_margin(sample, target, margin, levels=levels, rounding=rounding, resolution=resolution, kind="mean")


def equivalence_to_runs(
    values: Values, mean: str, std: float, runs: int, margin: float, levels: Levels = FIXED, resolution: float = 0.0
) -> Equivalence:
    """Set the mean over our seeds against a printed mean over somebody else's runs, of which a spread is printed.

    Both are samples, taken as normal and not as equally spread: intervals are Welch's, of the difference of two means
    (Welch, 1947), which are wider than those against a number that is known. Otherwise as `equivalence`. Raises
    ValueError for fewer than two runs or a negative spread too.
    """
    if runs < 2 or not std >= 0:
        raise ValueError(f"needs two runs or more and a spread >= 0, got {runs} and {std}")
    sample, rounding = as_sample(values), half_last_digit(mean)
    if not margin > 0:
        raise ValueError(f"the margin must be positive, got {margin}")
    own = coarse_spread(sample, resolution)
    difference = float(sample.mean()) - float(printed_number(mean))
    theirs = _Summary(std, runs)
    n = len(sample)
    inner, outer = (theirs.interval(difference, own, n, one) for one in (levels.inner, levels.outer))
    position = _position(inner.widened(rounding), outer.widened(rounding), margin) if n >= MIN_SEEDS else "undecided"
    return Equivalence(
        n=n,
        difference=difference,
        std=own,
        margin=margin,
        rounding=rounding,
        inner=inner,
        outer=outer,
        p_within=theirs.upper_tail(margin - rounding - abs(difference), own, n),
        p_outside=min(1.0, 2 * theirs.upper_tail(abs(difference) - margin - rounding, own, n)),
        position=position,
        settles_at=theirs.settles_at(difference, own, margin, levels, rounding) if position == "undecided" else None,
        reason=f"{_reason(position, n, own, margin, rounding)}, against a mean of {runs} printed runs (Welch)",
    )


@dataclass(frozen=True, slots=True)
class _Summary:
    """What is printed of somebody else's runs: their spread and number."""

    std: float
    runs: int

    def interval(self, difference: float, own: float, n: int, level: float) -> Interval:
        """Welch's interval of the difference from our mean, whose n values spread by `own`."""
        error, df = self._error(own, n)
        half = float(scipy.special.stdtrit(df, (1 + level) / 2)) * error
        return Interval(difference - half, difference + half, level, "mean")

    def upper_tail(self, distance: float, own: float, n: int) -> float:
        """P-value of a difference that lies `distance` beyond a bound, against its lying at the bound."""
        error, df = self._error(own, n)
        if error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(scipy.special.stdtr(df, -distance / error))

    def settles_at(self, difference: float, own: float, margin: float, levels: Levels, rounding: float) -> int | None:
        """Our seeds at which the difference would settle, were it and both spreads to stay; None where it never would.

        What is printed stays as uncertain as it is, so that often no number of ours is enough.
        """
        for n in range(MIN_SEEDS, 1001):
            inner, outer = (self.interval(difference, own, n, one) for one in (levels.inner, levels.outer))
            if _position(inner.widened(rounding), outer.widened(rounding), margin) != "undecided":
                return n
        return None

    def _error(self, own: float, n: int) -> tuple[float, float]:
        """The standard error of the difference, and its degrees of freedom by Welch and Satterthwaite."""
        ours, theirs = own**2 / n, self.std**2 / self.runs
        whole = ours + theirs
        if whole == 0:
            return 0.0, float(n - 1)
        return math.sqrt(whole), whole**2 / (ours**2 / (n - 1) + theirs**2 / (self.runs - 1))


def equal_within(a: Values, b: Values, margin: float, levels: Levels = FIXED, resolution: float = 0.0) -> Equivalence:
    """Set the mean of the paired differences a - b against a margin (paired TOST); it speaks of training seeds.

    a and b are one metric of two arms, paired by seed; their differences are taken as normal. Runs that diverged have
    no place here: ValueError. Otherwise as `equivalence`.
    """
    differences = paired_differences(as_sample(a), as_sample(b))
    return _against_margin(
        differences, 0.0, margin, levels=levels, rounding=0.0, resolution=resolution, kind="difference"
    )


def seeds_to_settle(
    std: float, difference: float, margin: float, levels: Levels = FIXED, *, rounding: float = 0.0, max_n: int = 1000
) -> int | None:
    """Count the seeds at which a difference would settle, were its mean and `std` over seeds to stay as they are.

    It settles once the inner interval lies within the margin or the outer one wholly outside, each widened by
    `rounding`. None when more than `max_n` would be needed, as when the difference is the margin or nearly so.
    """

    def settled(n: int) -> bool:
        error = std / math.sqrt(n)
        within = margin - rounding - abs(difference) > scipy.special.stdtrit(n - 1, 1 - levels.within) * error
        outside = abs(difference) - margin - rounding > scipy.special.stdtrit(n - 1, 1 - levels.beyond) * error
        return bool(within or outside)

    seeds = range(MIN_SEEDS, max_n + 1)
    first = bisect.bisect_left(seeds, True, key=settled)  # noqa: FBT003 - both intervals shrink with every seed
    return seeds[first] if first < len(seeds) else None


def relative_within(value: float, printed: float, fraction: float) -> Nearness:
    """Set a value beside a round figure in prose ("60 million") within a declared fraction of it, the ends included.

    It speaks of this one value: no sampling is assumed. Raises ValueError for a figure of 0, a negative fraction or a
    number that is not finite.
    """
    if printed == 0 or not fraction >= 0 or not math.isfinite(value + printed):
        raise ValueError(
            f"needs finite numbers, a figure other than 0, a fraction >= 0: {value}, {printed}, {fraction}"
        )
    relative = (value - printed) / abs(printed)
    slack = 1e-12  # 61.2 is within 2% of 60, whatever the last bit says
    position: Position = (
        "above" if relative > fraction + slack else "below" if relative < -fraction - slack else "within"
    )
    return Nearness(relative, fraction, position)


def _against_margin(
    sample: Array,
    target: float,
    margin: float,
    *,
    levels: Levels,
    rounding: float,
    resolution: float,
    kind: IntervalKind,
) -> Equivalence:
    if not margin > 0:
        raise ValueError(f"the margin must be positive, got {margin}")
    n, difference = len(sample), float(sample.mean()) - target
    std = coarse_spread(sample, resolution)
    inner = mean_interval(difference, std, n, levels.inner, kind)
    outer = mean_interval(difference, std, n, levels.outer, kind)
    position = _position(inner.widened(rounding), outer.widened(rounding), margin) if n >= MIN_SEEDS else "undecided"
    within = _upper_tail(margin - rounding - abs(difference), std, n)
    outside = _upper_tail(abs(difference) - margin - rounding, std, n)
    return Equivalence(
        n=n,
        difference=difference,
        std=std,
        margin=margin,
        rounding=rounding,
        inner=inner,
        outer=outer,
        p_within=within,
        p_outside=min(1.0, 2 * outside),
        position=position,
        settles_at=seeds_to_settle(std, difference, margin, levels, rounding=rounding)
        if position == "undecided"
        else None,
        reason=_reason(position, n, std, margin, rounding),
    )


def _position(inner: Interval, outer: Interval, margin: float) -> Position:
    if -margin < inner.low and inner.high < margin:
        return "within"
    if outer.low > margin:
        return "above"
    return "below" if outer.high < -margin else "undecided"


def _upper_tail(distance: float, std: float, n: int) -> float:
    """P-value of a mean that lies `distance` beyond a bound, against its lying at the bound."""
    if std == 0:
        return 0.0 if distance > 0 else 1.0
    return float(scipy.special.stdtr(n - 1, -distance * math.sqrt(n) / std))


def _reason(position: Position, n: int, std: float, margin: float, rounding: float) -> str:
    if n < MIN_SEEDS:
        return f"{n} seeds, at least {MIN_SEEDS} are needed"
    if margin <= rounding and position == "undecided":
        return f"the margin {margin:g} is no wider than the printed number's rounding, {rounding:g}"
    if std == 0:
        return f"all {n} seeds gave the same value, so the intervals have no width"
    where = {"within": "inside the margin", "undecided": "across an edge of the margin"}
    return f"t intervals over {n} seeds lie {where.get(position, f'wholly {position} the margin')}"
