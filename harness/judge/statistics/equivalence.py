"""Equivalence of a mean over seeds to a printed number, or of two arms to each other, within a declared margin."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Literal

import scipy

from harness.judge.counts import seeds_said
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
    """A difference over training seeds compared with [-margin, +margin]; all in the unit of the values.

    `inner` (90% where seeds are fixed) decides "within", `outer` (95%) decides "above" and "below". Both are intervals
    of the measured difference and are widened by `rounding` where they decide. `std` allows for the metric's
    resolution. `p_within` is the TOST p-value, and `p_outside` that of a difference beyond the margin. `settles_at` is
    the number of seeds at which an undecided difference would settle, None where it is settled or never would.
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
    """A value compared with a round figure, without a test; `relative` is the signed difference as a fraction of it."""

    relative: float
    fraction: float
    position: Position


def equivalence(
    values: Values, printed: str | float, margin: float, levels: Levels = FIXED, resolution: float = 0.0
) -> Equivalence:
    """Test the mean over training seeds against a printed number; the intervals concern seeds, on these test images.

    `values` are one metric, one per seed, taken as normal. A `printed` text is known to half its last digit, a number
    exactly. "within" is TOST: the inner interval at these `levels`, widened by that half digit, lies inside the margin.
    "above" and "below" mean that the outer interval, widened likewise, lies entirely beyond it. Fewer than three seeds
    are "undecided". `resolution` is the step in which the metric moves (100 / n for an error in percent over n images),
    which `coarse_spread` allows for. Raises ValueError for fewer than two values or a margin that is not positive.

    >>> equivalence([18.1, 18.3, 18.2, 18.2], "18.2", margin=0.5).position
    'within'
    """
    rounding = half_last_digit(printed) if isinstance(printed, str) else 0.0
    target = float(printed_number(printed)) if isinstance(printed, str) else printed
    sample = as_sample(values)
    return _against_margin(sample, target, margin, levels=levels, rounding=rounding, resolution=resolution, kind="mean")


def equivalence_to_runs(
    values: Values, mean: str, std: float, runs: int, margin: float, levels: Levels = FIXED, resolution: float = 0.0
) -> Equivalence:
    """Test the mean over our seeds against a printed mean over somebody else's runs whose spread is printed too.

    Both are samples, taken as normal and with unequal spreads. The intervals are Welch's, of the difference of two
    means (Welch, 1947), which are wider than those against a known number. Otherwise as `equivalence`. Raises
    ValueError also for fewer than two runs or a negative spread.
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
    """The printed spread and number of somebody else's runs."""

    std: float
    runs: int

    def interval(self, difference: float, own: float, n: int, level: float) -> Interval:
        """Return Welch's interval of the difference from our mean, whose n values have spread `own`."""
        error, df = self._error(own, n)
        half = float(scipy.special.stdtrit(df, (1 + level) / 2)) * error
        return Interval(difference - half, difference + half, level, "mean")

    def upper_tail(self, distance: float, own: float, n: int) -> float:
        """Return the p-value of a difference `distance` beyond a bound, against one at the bound."""
        error, df = self._error(own, n)
        if error == 0:
            return 0.0 if distance > 0 else 1.0
        return float(scipy.special.stdtr(df, -distance / error))

    def settles_at(self, difference: float, own: float, margin: float, levels: Levels, rounding: float) -> int | None:
        """Return our number of seeds at which the difference would settle if it and both spreads stay; None if never.

        More of our seeds do not reduce the uncertainty of the printed mean, so often no number of seeds is enough.
        """
        for n in range(MIN_SEEDS, 1001):
            inner, outer = (self.interval(difference, own, n, one) for one in (levels.inner, levels.outer))
            if _position(inner.widened(rounding), outer.widened(rounding), margin) != "undecided":
                return n
        return None

    def _error(self, own: float, n: int) -> tuple[float, float]:
        """Return the standard error of the difference, and its degrees of freedom by Welch and Satterthwaite."""
        ours, theirs = own**2 / n, self.std**2 / self.runs
        whole = ours + theirs
        if whole == 0:
            return 0.0, float(n - 1)
        return math.sqrt(whole), whole**2 / (ours**2 / (n - 1) + theirs**2 / (self.runs - 1))


def equal_within(a: Values, b: Values, margin: float, levels: Levels = FIXED, resolution: float = 0.0) -> Equivalence:
    """Test the mean of the paired differences a - b against a margin (paired TOST) over training seeds.

    a and b are one metric of two arms, paired by seed; their differences are taken as normal. Otherwise as
    `equivalence`. Raises ValueError also for diverged runs, which have no finite value.
    """
    differences = paired_differences(as_sample(a), as_sample(b))
    return _against_margin(
        differences, 0.0, margin, levels=levels, rounding=0.0, resolution=resolution, kind="difference"
    )


def seeds_to_settle(
    std: float, difference: float, margin: float, levels: Levels = FIXED, *, rounding: float = 0.0, max_n: int = 1000
) -> int | None:
    """Return the number of seeds at which a difference would settle if its mean and `std` over seeds stay as they are.

    It settles once the inner interval lies within the margin or the outer one entirely outside, each widened by
    `rounding`. None where more than `max_n` would be needed, as for a difference close to the margin.
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
    """Compare a value with a round figure in prose ("60 million"), within a declared fraction of it, ends included.

    Only this one value is compared: no sampling is assumed. Raises ValueError for a figure of 0, a negative fraction or
    a number that is not finite.

    >>> relative_within(61.2e6, 60e6, 0.02).position
    'within'
    """
    if printed == 0 or not fraction >= 0 or not math.isfinite(value + printed):
        raise ValueError(
            f"needs finite numbers, a figure other than 0, a fraction >= 0: {value}, {printed}, {fraction}"
        )
    relative = (value - printed) / abs(printed)
    slack = 1e-12  # 61.2 is within 2% of 60, whatever its last bit
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
    """Return the p-value of a mean `distance` beyond a bound, against one at the bound."""
    if std == 0:
        return 0.0 if distance > 0 else 1.0
    return float(scipy.special.stdtr(n - 1, -distance * math.sqrt(n) / std))


def _reason(position: Position, n: int, std: float, margin: float, rounding: float) -> str:
    if n < MIN_SEEDS:
        return f"{seeds_said(n)}, at least {MIN_SEEDS} are needed"
    if margin <= rounding and position == "undecided":
        return f"the margin {margin:g} is no wider than the printed number's rounding, {rounding:g}"
    if std == 0:
        return f"all {seeds_said(n)} gave the same value, so the intervals have no width"
    where = {"within": "inside the margin", "undecided": "across an edge of the margin"}
    return f"t intervals over {seeds_said(n)} lie {where.get(position, f'wholly {position} the margin')}"
