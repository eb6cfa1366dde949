"""Test of a trend: whether a quantity rises or falls with depth, layer by layer, over training seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.judge.counts import seeds_said
from harness.judge.statistics.intervals import MIN_SEEDS, Array, Values
from harness.judge.statistics.paired import PairedComparison, compare_paired

TrendDirection = Literal["increasing", "decreasing", "undecided"]


@dataclass(frozen=True, slots=True)
class Trend:
    """Kendall's tau between layer order and value, one for each of `n` training seeds, and their joint result.

    `over_seeds` tests the mean tau against zero, the taus taken as normal, and concerns training seeds of this
    architecture. `p_within` is an exact two-sided permutation p-value and concerns these nets: if layer order did not
    matter, every order of the values within a net would be equally likely. A `direction` needs both to reject, because
    a tau of few layers is far from normal. Where tau is the same in all of at least three seeds, the first has no
    spread and the second decides alone. Tied layers count for neither side in tau, and against the trend in `p_within`,
    so that it stays on the safe side.
    """

    n: int
    layers: int
    taus: tuple[float, ...]
    over_seeds: PairedComparison
    p_within: float
    direction: TrendDirection
    reason: str


def monotone_trend(values_by_seed: Sequence[Values] | Array, *, alpha: float = 0.05) -> Trend:
    """Test for a rising or falling trend over layers.

    `values_by_seed` has one row per seed and one column per layer, from the input on. Only the order within a net
    counts, so any increasing transformation of its values gives the same answer. Raises ValueError unless there are two
    layers, equally many in each row, and every value is finite.

    >>> monotone_trend([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]]).direction
    'increasing'
    """
    values = np.asarray(values_by_seed, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] == 0 or values.shape[1] < 2 or not np.isfinite(values).all():
        raise ValueError(f"a trend needs finite values, a row a seed and 2 or more layers, got shape {values.shape}")
    n, layers = values.shape
    rises = _rises(values)
    taus, score, tied = rises.mean(axis=1), int(rises.sum()), int(np.count_nonzero(rises == 0))
    over_seeds = compare_paired(taus, np.zeros(n), alpha=alpha)
    p_within = _permutation_p(max(0, abs(score) - tied), n, layers)
    direction, reason = _direction(over_seeds, score, p_within, alpha)
    return Trend(n, layers, tuple(map(float, taus)), over_seeds, p_within, direction, reason)


def _rises(values: Array) -> Array:
    """Return the sign of the step between each pair of layers, +1 for a rise towards the output, for each seed."""
    first, second = np.triu_indices(values.shape[1], k=1)
    rises: Array = np.sign(values[:, second] - values[:, first])
    return rises


def _permutation_p(score: int, n: int, layers: int) -> float:
    """Return the two-sided p-value of n nets' summed Kendall score when each order of the layers is equally likely.

    It is the seasonal Kendall test (Hirsch, Slack and Smith 1982) with its exact null distribution: the number of
    inversions of a random permutation is a sum of independent uniforms on 0..i for i < layers.
    """
    falling = np.ones(1)
    for size in [*range(2, layers + 1)] * n:
        falling = np.convolve(falling, np.full(size, 1 / size))
    scores = len(falling) - 1 - 2 * np.arange(len(falling))
    return min(1.0, float(falling[np.abs(scores) >= score].sum()))


def _direction(over: PairedComparison, score: int, p_within: float, alpha: float) -> tuple[TrendDirection, str]:
    same = over.interval is None and over.n >= MIN_SEEDS
    tau = f"tau is the same in all {seeds_said(over.n)}" if same else over.reason
    reason = f"{tau}; orders permuted within each seed: p = {p_within:.2g}"
    if score == 0 or p_within > alpha or not (same or over.direction != "undecided"):
        return "undecided", reason
    return ("increasing" if score > 0 else "decreasing"), reason
