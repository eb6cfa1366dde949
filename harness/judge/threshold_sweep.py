"""Comparison of two arms at other training errors than the declared one, to see whether the direction depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from harness.judge.evidence import AtThreshold, Curve
from harness.judge.statistics import Reached, ReachedBy, steps_to_each

STEP = 5
"""Points of training error between thresholds."""
THRESHOLDS = range(100 - STEP, 0, -STEP)

Arm = Mapping[str, Curve]
"""By seed, the training error epoch by epoch; empty for a run that diverged in its first."""


def at_thresholds(slow: Arm, fast: Arm) -> tuple[AtThreshold, ...]:
    """Compare both arms at every fifth training error, from the highest to the lowest that every run of both reaches.

    Thresholds that every run has met by its first epoch tell nothing and are left out. There is none where a run
    diverged in its first epoch.
    """
    seeds = sorted(set(slow) & set(fast))
    first = min((arm[seed][0][0] for arm in (slow, fast) for seed in seeds if arm[seed]), default=0)
    found = []
    by_seed = [zip(_epochs(slow[seed]), _epochs(fast[seed]), strict=True) for seed in seeds]
    for train_error, pairs in zip(THRESHOLDS, zip(*by_seed, strict=True), strict=False):
        both = [(one, other) for one, other in pairs if one is not None and other is not None]
        if len(both) < len(pairs) or not both:
            break
        if any(time > first for pair in both for time in pair):
            found.append(_at(train_error, both))
    return tuple(found)


def signs(found: Iterable[AtThreshold]) -> list[int]:
    """Return 1 for each threshold at which the slow arm takes longer by the median, -1 for the fast arm, else 0."""
    return [(one.median_difference > 0) - (one.median_difference < 0) for one in found]


def _at(train_error: float, both: Sequence[tuple[float, float]]) -> AtThreshold:
    ratios = tuple(one / other for one, other in both)
    return AtThreshold(float(train_error), ratios, median(one - other for one, other in both))


def _epochs(curve: Curve) -> list[float | None]:
    """Epochs to each threshold, the first where it was met by then; None where it never is."""
    if not curve:
        return [None for _ in THRESHOLDS]
    times = steps_to_each([epoch for epoch, _ in curve], [value for _, value in curve], THRESHOLDS)
    return [time.steps if isinstance(time, Reached | ReachedBy) else None for time in times]
