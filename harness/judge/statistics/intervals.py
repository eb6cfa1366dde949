"""Intervals over training seeds and over test images, each with a description of its subject."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
Values = Sequence[float] | Array
IntervalKind = Literal["mean", "difference", "next_run", "test_images", "two_nets", "ratio", "median_ratio"]

MIN_SEEDS = 3
"""Fewer training seeds show too little of their spread for a verdict."""

LEAST_OF_GAP = {5: 0.75, 6: 0.8}
"""The least spread of values in steps, in gaps, for up to five values and from six on.

The smallest with which t tests keep their levels for rounded normal values of any spread, for one step or none, and for
one up or down, to within a tenth of a percent point (by exact enumeration for three to ten values).
"""

SPEAKS_OF: dict[IntervalKind, str] = {
    "mean": "the mean over training seeds, on these test images",
    "difference": "the mean difference over training seeds, on these test images",
    "next_run": "the value one more training seed would give, on these test images",
    "test_images": "this one trained net, over images drawn as the test images were",
    "two_nets": "these two trained nets, over images drawn as the test images were",
    "ratio": "the geometric mean of the ratio over training seeds",
    "median_ratio": "the median ratio over training seeds",
}


@dataclass(frozen=True, slots=True)
class Interval:
    """A range from `low` to `high` in the unit of the values; `level` is its coverage, `kind` its subject.

    An unbounded side is infinite. Raises ValueError when the sides are not in order.
    """

    low: float
    high: float
    level: float
    kind: IntervalKind

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval runs from low to high, not from {self.low} to {self.high}")

    @property
    def speaks_of(self) -> str:
        """The quantity that the interval covers, in words for the report."""
        return SPEAKS_OF[self.kind]

    def scaled(self, factor: float) -> Interval:
        """Return the interval in another unit, such as a proportion in percent; `factor` is positive."""
        return Interval(self.low * factor, self.high * factor, self.level, self.kind)

    def widened(self, by: float) -> Interval:
        """Move both sides outwards by `by`, as for a printed number known only to half its last digit."""
        return Interval(self.low - by, self.high + by, self.level, self.kind)


def as_sample(values: Values, at_least: int = 2) -> Array:
    """Convert values to a one-dimensional float array; raises ValueError for too few, NaN or infinite values."""
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or len(sample) < at_least:
        raise ValueError(f"at least {at_least} values in one dimension are needed, got shape {sample.shape}")
    if not np.isfinite(sample).all():
        raise ValueError(f"values must be finite, got {sample.tolist()}: a diverged run is compared by rank")
    return sample


def checked_fraction(value: float, name: str) -> float:
    """Return a level, an alpha or a power unchanged; raises ValueError unless it lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} lies strictly between 0 and 1, got {value}")
    return value


def spread(sample: Array) -> float:
    """Return the sample standard deviation (n - 1); exactly 0 for equal values, whatever the rounding of their mean."""
    return float(np.std(sample, ddof=1)) if len(sample) > 1 and np.ptp(sample) > 0 else 0.0


def coarse_spread(sample: Array, resolution: float) -> float:
    """Standard deviation of values that move in steps of `resolution`, taken as no less than such steps allow.

    An error over n images moves by 1 / n. Seeds that happen to agree, or to lie one image up or down, show less spread
    than they have, so that a t test would call them certain. The spread is therefore at least `LEAST_OF_GAP` of the
    smallest gap between two values that differ: of one step, or of two where nothing lies between, as where each value
    is one image up or one down. Values that all agree may be such too.
    """
    found = spread(sample)
    if resolution == 0:
        return found
    return max(found, LEAST_OF_GAP[5 if len(sample) <= 5 else 6] * resolution * _gap(sample / resolution))


def _gap(steps: Array) -> float:
    """The smallest gap between values in steps: 1, or 2 where it is more or none is seen."""
    whole = np.unique(np.round(steps - steps.min()))
    return min(2.0, float(np.diff(whole).min(initial=2.0)))


def mean_interval(mean: float, std: float, n: int, level: float, kind: IntervalKind) -> Interval:
    """Return Student's t interval of a mean from its summary, for normal values; `kind` names its subject."""
    half = _t_quantile(level, n - 1) * std / math.sqrt(n)
    return Interval(mean - half, mean + half, level, kind)


def t_interval(values: Values, level: float = 0.95) -> Interval:
    """Return Student's t interval of the mean over training seeds; it does not concern other test images.

    `values` are one metric, one per seed, taken as normal. With equal values it has no width. Raises ValueError for
    fewer than two.

    >>> found = t_interval([1.0, 2.0, 3.0])
    >>> round(found.low, 2), round(found.high, 2)
    (-0.48, 4.48)
    """
    sample = as_sample(values)
    return mean_interval(float(sample.mean()), spread(sample), len(sample), level, "mean")


def prediction_interval(values: Values, level: float = 0.95) -> Interval:
    """Return the interval in which one more training seed would fall; it treats the paper as one more run of ours.

    `values` are one metric, one per seed, taken as normal. Raises ValueError for fewer than two.
    """
    sample = as_sample(values)
    half = _t_quantile(level, len(sample) - 1) * spread(sample) * math.sqrt(1 + 1 / len(sample))
    return Interval(float(sample.mean()) - half, float(sample.mean()) + half, level, "next_run")


def wilson(errors: int, n: int, level: float = 0.95) -> Interval:
    """Return Wilson's score interval for `errors` wrong of `n` test images, as a proportion (Wilson 1927).

    It concerns one trained net and the sampling of test images, not training seeds. Raises ValueError unless 0 <=
    errors <= n and n > 0. The formula is written out to avoid the import of scipy.stats.
    """
    if not 0 <= errors <= n or n == 0:
        raise ValueError(f"errors must lie between 0 and n > 0, got {errors} of {n}")
    z = float(scipy.special.ndtri((1 + checked_fraction(level, "level")) / 2))
    proportion = errors / n
    centre = (proportion + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(proportion * (1 - proportion) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    low = 0.0 if errors == 0 else centre - half
    high = 1.0 if errors == n else centre + half
    return Interval(low, high, level, "test_images")


def _t_quantile(level: float, df: int) -> float:
    """Return the two-sided quantile of Student's t; from scipy.special, because scipy.stats is slow to import."""
    return float(scipy.special.stdtrit(df, (1 + checked_fraction(level, "level")) / 2))
