"""Looks at growing numbers of seeds, declared beforehand, at a level that keeps the error of all looks together.

Somebody who looks after every seed and stops when the verdict pleases errs more often than each test says. With
declared looks the same t tests are made at one constant nominal level (as Pocock 1977 proposed for known spreads). The
level is so low that a false verdict at any of them is as rare as at one test of fixed seeds.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from harness.judge.statistics.intervals import MIN_SEEDS, Array, checked_fraction

WITHIN = 0.05
"""Overall one-sided error of finding a mean within its margin; each of the two one-sided tests has this level."""
BEYOND = 0.025
"""Overall error, on either side, of finding a mean beyond its margin, or two arms different."""

_GRID = 801  # angles at which the chance of no crossing is computed; more change no level by 0.0001
_NODES = 64
_FARTHEST = 7.0  # standard deviations of the latitude; less than 1e-11 lies beyond


@dataclass(frozen=True, slots=True)
class Levels:
    """One-sided levels of the tests at one look: `within` for a margin, `beyond` for either side of it."""

    within: float = WITHIN
    beyond: float = BEYOND

    def __post_init__(self) -> None:
        checked_fraction(2 * self.within, "twice the level within")
        checked_fraction(2 * self.beyond, "twice the level beyond")

    @property
    def alpha(self) -> float:
        """Level of a two-sided test."""
        return 2 * self.beyond

    @property
    def inner(self) -> float:
        """Coverage of the interval that decides whether a mean lies within a margin."""
        return round(1 - 2 * self.within, 12)

    @property
    def outer(self) -> float:
        """Coverage of the interval that decides whether a mean lies beyond a margin."""
        return round(1 - 2 * self.beyond, 12)


FIXED = Levels()
"""Levels for a fixed number of seeds."""


@dataclass(frozen=True, slots=True)
class Look:
    """One declared look: `number` counts from 1 to `of`, and `seeds` is the number of seeds it judges together."""

    number: int
    of: int
    seeds: int
    levels: Levels

    @property
    def last(self) -> bool:
        """Whether this is the last declared look."""
        return self.number == self.of


def declared_looks(sizes: Sequence[int]) -> tuple[Look, ...]:
    """Return the looks at these numbers of seeds.

    >>> [(look.seeds, look.last) for look in declared_looks([3, 5])]
    [(3, False), (5, True)]
    """
    levels = levels_at(sizes)
    return tuple(Look(number, len(sizes), seeds, levels) for number, seeds in enumerate(sizes, start=1))


def levels_at(looks: Sequence[int]) -> Levels:
    """Return the nominal levels of tests at declared looks; those of fixed seeds for a single look."""
    return Levels(nominal_level(tuple(looks), WITHIN), nominal_level(tuple(looks), BEYOND))


@functools.cache
def nominal_level(looks: tuple[int, ...], overall: float) -> float:
    """Return the one-sided level for a t test at each of these numbers of seeds that gives `overall` over all looks.

    Exact for normal values, by numerical integration to within 0.0001. Raises ValueError unless the looks increase from
    three seeds.

    >>> round(nominal_level((3, 5, 8), 0.05), 4)
    0.0212
    """
    if not looks or looks[0] < MIN_SEEDS or any(late <= early for early, late in itertools.pairwise(looks)):
        raise ValueError(f"looks increase from at least {MIN_SEEDS} seeds, got {list(looks)}")
    checked_fraction(overall, "the overall level")
    if len(looks) == 1:
        return overall
    found: float = scipy.optimize.brentq(
        lambda level: crossing(looks, level) - overall, overall / len(looks), overall, xtol=1e-6
    )
    return found


def crossing(looks: Sequence[int], nominal: float) -> float:
    """Return the chance that the t statistic of normal values of mean zero exceeds its quantile at one look or more.

    t at n values depends on their direction alone: with c the cosine of the angle between them and the vector of ones,
    t = c sqrt(n - 1) / sqrt(1 - c^2). One value more, at latitude phi to those before, turns c into sqrt((n - 1) / n) c
    cos(phi) + sin(phi) / sqrt(n), with a density of phi proportional to cos(phi)^(n - 2), whatever the angles before.
    The chance of no crossing is therefore integrated from the last look back to the first.
    """
    quantiles = {n: float(scipy.special.stdtrit(n - 1, 1 - nominal)) for n in looks}
    limits = {n: t / math.sqrt(t * t + n - 1) for n, t in quantiles.items()}
    angles = np.linspace(-math.pi / 2, math.pi / 2, _GRID)
    kept = np.ones(_GRID)
    for n in range(looks[-1], looks[0], -1):
        kept = _before(n, angles, kept, limits.get(n, 1.0))
    first = looks[0]
    phi, weight = _nodes(np.array([-math.pi / 2]), np.array([math.asin(limits[first])]))
    inside = np.interp(phi, angles, kept) * np.cos(phi) ** (first - 2) * weight
    return 1 - float(inside.sum()) * _density(first - 2)


def _before(n: int, angles: Array, kept: Array, limit: float) -> Array:
    """Return the chance of no crossing from n - 1 values on, by the angle there, given that by the angle at n values.

    Latitudes that lead beyond the limit, an interval around `top`, are left out.
    """
    along, across = math.sqrt((n - 1) / n) * np.sin(angles), math.sqrt(1 / n)
    top, reach = np.arctan2(across, along), np.hypot(along, across)
    half = np.arccos(np.minimum(1.0, limit / reach))
    edge = np.full_like(angles, min(math.pi / 2, _FARTHEST / math.sqrt(n - 2)))
    total = np.zeros_like(angles)
    for low, high in ((-edge, np.clip(top - half, -edge, edge)), (np.clip(top + half, -edge, edge), edge)):
        phi, weight = _nodes(low, high)
        to = np.arcsin(np.clip(along[:, None] * np.cos(phi) + across * np.sin(phi), -1, 1))
        total += (np.interp(to, angles, kept) * np.cos(phi) ** (n - 2) * weight).sum(axis=1)
    return total * _density(n - 2)


def _nodes(low: Array, high: Array) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights of each interval from low to high, [intervals, nodes]."""
    x, w = np.polynomial.legendre.leggauss(_NODES)
    half = (high - low)[:, None] / 2
    return low[:, None] + half * (1 + x), half * w


def _density(power: int) -> float:
    """Return the factor that gives cos^power an integral of one over a half turn."""
    return math.exp(math.lgamma(power / 2 + 1) - math.lgamma((power + 1) / 2)) / math.sqrt(math.pi)
