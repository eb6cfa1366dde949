"""Comparison of two trained nets image by image. It concerns these two nets and is never pooled over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.judge.statistics.intervals import SPEAKS_OF, Interval, checked_fraction
from harness.judge.statistics.significance import Direction, Significance, even_odds_p

Correct = Sequence[bool] | NDArray[np.bool_]  # one entry per test image, in the same order for both nets


@dataclass(frozen=True, slots=True)
class NetsCompared:
    """Counts of test images by which of two nets is right, and McNemar's test on those where only one is."""

    both: int
    only_a: int
    only_b: int
    neither: int
    test: Significance
    speaks_of: str = SPEAKS_OF["two_nets"]


def mcnemar(correct_a: Correct, correct_b: Correct) -> NetsCompared:
    """Test by McNemar's exact test whether two trained nets err equally often, on images drawn as the test images were.

    The result concerns these two nets, not the methods that trained them. The statistic is the number of images that
    only a gets right; it leans "less" when a errs less. Raises ValueError for arms of unequal length or without an
    image.

    >>> mcnemar([True, True, True], [True, False, False]).only_a
    2
    """
    only_a, only_b, same, a_right = _discordant(correct_a, correct_b)
    leans: Direction = "less" if only_a > only_b else "greater" if only_a < only_b else "undecided"
    n = only_a + only_b
    test = Significance("mcnemar", only_a, even_odds_p(only_a, n), n, "two-sided", leans)
    both = a_right - only_a
    return NetsCompared(both, only_a, only_b, same - both, test)


def bootstrap_difference(
    correct_a: Correct, correct_b: Correct, level: float = 0.95, resamples: int = 9999, seed: int = 0
) -> Interval:
    """Return a percentile bootstrap interval over test images of net a's error minus net b's, as a proportion.

    It concerns these two trained nets over images drawn as the test images were, not the methods. Where the nets agree
    on every image it has no width. Raises ValueError for arms of unequal length or without an image.
    """
    only_a, only_b, same, _ = _discordant(correct_a, correct_b)
    images = only_a + only_b + same
    # An image adds -1, +1 or 0 to the sum, so drawing images with replacement means drawing these three counts.
    shares = np.array([only_a, only_b, same]) / images
    drawn = np.random.default_rng(seed).multinomial(images, shares, size=resamples)
    tail = (1 - checked_fraction(level, "level")) / 2
    low, high = np.quantile((drawn[:, 1] - drawn[:, 0]) / images, [tail, 1 - tail])
    return Interval(float(low), float(high), level, "two_nets")


def _discordant(correct_a: Correct, correct_b: Correct) -> tuple[int, int, int, int]:
    """Count the images that only a, only b, and both or neither get right, and those that a gets right."""
    a, b = np.asarray(correct_a, dtype=bool), np.asarray(correct_b, dtype=bool)
    if a.shape != b.shape or a.ndim != 1 or len(a) == 0:
        raise ValueError(f"two nets are compared on the same images, got shapes {a.shape} and {b.shape}")
    return int((a & ~b).sum()), int((~a & b).sum()), int((a == b).sum()), int(a.sum())
