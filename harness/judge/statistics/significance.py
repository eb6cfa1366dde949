"""Exact and t tests on paired differences over training seeds. A test that cannot reject is never run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from harness.judge.statistics.intervals import MIN_SEEDS, Array, Values, checked_fraction, coarse_spread, spread

Alternative = Literal["two-sided", "less", "greater"]
Direction = Literal["less", "greater", "undecided"]
TestName = Literal["paired_t", "sign_flip", "signed_rank", "sign_test", "mcnemar"]

COARSEST = 2  # steps; where so few seeds differ by no more, a t test errs too often
FEW_SEEDS = 4
_ENUMERATED = 20  # 2 ** 20 sums take 8 MB; more differences are sampled
_SAMPLED = 99_999
_ROUND_OFF = 1e-12  # sums of the same magnitudes in another order differ by less


@dataclass(frozen=True, slots=True)
class Significance:
    """The result of a test: its statistic, its p-value, and the number `n` of differences it used.

    A t test uses all differences, the exact tests those other than zero. `alternative` concerns a - b, as does `leans`:
    the side on which the statistic lies, significant or not. Tests over seeds concern the method on these test images;
    McNemar's concerns two nets.
    """

    test: TestName
    statistic: float
    p_value: float
    n: int
    alternative: Alternative
    leans: Direction

    def direction(self, alpha: float) -> Direction:
        """Return the side on which the test rejects at alpha; "undecided" when it does not."""
        return self.leans if self.p_value <= alpha else "undecided"


def paired_t(
    differences: Values, alternative: Alternative = "two-sided", *, resolution: float = 0.0
) -> Significance | None:
    """Test by Student's t test whether the mean difference over training seeds is zero, for normal differences.

    `resolution` is the step in which they move, which `coarse_spread` allows for. None where it cannot be run: fewer
    than three differences, all of them equal, so that there is no spread, or three or four of which none is above two
    steps, for so few values are far from normal.
    """
    d = _finite(differences)
    if len(d) < MIN_SEEDS or spread(d) == 0 or too_coarse(d, resolution):
        return None
    t = float(d.mean()) / (coarse_spread(d, resolution) / math.sqrt(len(d)))
    lower, upper = (float(scipy.special.stdtr(len(d) - 1, side)) for side in (t, -t))
    p = {"less": lower, "greater": upper, "two-sided": 2 * min(lower, upper)}[alternative]
    return Significance("paired_t", t, p, len(d), alternative, _side(t))


def too_coarse(differences: Array, resolution: float) -> bool:
    """Say whether differences in steps of `resolution` are too few, and too few steps large, to be taken as normal."""
    return len(differences) <= FEW_SEEDS and _narrow(differences, resolution)


def avoids_zero(differences: Array, resolution: float) -> bool:
    """Say whether every difference is one or two steps up or down, and none is zero: two heaps instead of a bell."""
    return bool(np.all(differences != 0)) and _narrow(differences, resolution)


def _narrow(differences: Array, resolution: float) -> bool:
    return float(np.abs(differences).max()) <= COARSEST * resolution * (1 + 1e-9)


def sign_flip(differences: Values, alternative: Alternative = "two-sided") -> Significance:
    """Run Fisher's randomisation test over training seeds: each difference has either sign with equal chance.

    It is exact by enumeration up to 20 differences; beyond, it uses 99,999 seeded draws and the observed signs
    themselves. The statistic is the mean difference.

    >>> sign_flip([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).p_value
    0.03125
    """
    d = _finite(differences)
    mean, n = float(d.mean()), int(np.count_nonzero(d))
    return Significance("sign_flip", mean, _flip_p(d, alternative), n, alternative, _side(mean))


def signed_rank(differences: Values, alternative: Alternative = "two-sided") -> Significance:
    """Run the exact Wilcoxon signed-rank test over training seeds.

    Infinite differences (diverged runs) rank highest, tied. Tied magnitudes share the mean of their ranks, and zeros
    are ranked but count for neither side (Pratt 1959). The null distribution is that of flipping the signs of these
    very ranks. The statistic is the sum of positive ranks.
    """
    d = _without_nan(differences)
    _, place, count = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    ranks = np.sign(d) * (np.cumsum(count) - (count - 1) / 2)[place]
    statistic, n = float(ranks[ranks > 0].sum()), int(np.count_nonzero(d))
    return Significance("signed_rank", statistic, _flip_p(ranks, alternative), n, alternative, _side(ranks.sum()))


def sign_test(differences: Values, alternative: Alternative = "two-sided", *, unresolved: int = 0) -> Significance:
    """Run the exact sign test over training seeds, which counts positive differences and leaves out zeros.

    It only needs to know which arm is larger, so it applies where runs are censored. The statistic is that count. Of
    the zeros, `unresolved` are differences of unknown sign, because both runs were cut short. They count against
    either side: left out, they would favour the arm that varies more, whose runs alone end early enough to be seen.
    """
    d = _without_nan(differences)
    positive, n = int((d > 0).sum()), int(np.count_nonzero(d))
    least, most = even_odds_p(positive, n + unresolved, "greater"), even_odds_p(n - positive, n + unresolved, "greater")
    p = {"greater": least, "less": most, "two-sided": min(1.0, 2 * min(least, most))}[alternative]
    return Significance("sign_test", positive, p, n, alternative, _side(2 * positive - n))


def even_odds_p(successes: int, n: int, alternative: Alternative = "two-sided") -> float:
    """Return the exact binomial p-value of `successes` of `n` against even odds; 1 for n = 0.

    >>> even_odds_p(6, 6)
    0.03125
    """
    if n == 0:
        return 1.0
    lower, upper = (float(scipy.special.bdtr(k, n, 0.5)) for k in (successes, n - successes))
    return min(1.0, {"less": lower, "greater": upper, "two-sided": 2 * min(lower, upper)}[alternative])


def smallest_p(test: TestName, n: int, alternative: Alternative = "two-sided") -> float:
    """Return the smallest p-value of a test with `n` differences other than zero (for McNemar's: discordant images).

    A paired t test can give any p-value from three seeds on and, by this project's rule, is not run on fewer.
    """
    if test == "paired_t":
        return 0.0 if n >= MIN_SEEDS else 1.0
    return min(1.0, (2.0 if alternative == "two-sided" else 1.0) * 0.5**n)


def can_reject(test: TestName, n: int, alpha: float = 0.05, alternative: Alternative = "two-sided") -> bool:
    """Check whether a test can reject at all with `n` differences other than zero; one that cannot is never run."""
    return smallest_p(test, n, alternative) <= checked_fraction(alpha, "alpha")


def seeds_to_reject(test: TestName, alpha: float = 0.05, alternative: Alternative = "two-sided") -> int:
    """Return the smallest number of seeds with which a test can reject: 6 for the exact two-sided tests at 5%.

    >>> seeds_to_reject("sign_test")
    6
    """
    n = 1
    while not can_reject(test, n, alpha, alternative):
        n += 1
    return n


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values in the given order, for one family of claims (Holm 1979).

    Comparing each with alpha keeps the chance of any false rejection in the family at alpha, whatever their dependence.
    Raises ValueError for values outside [0, 1].

    >>> holm([0.01, 0.04])
    [0.02, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values lie between 0 and 1, got {p.tolist()}")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return [float(value) for value in adjusted]


def _side(balance: float) -> Direction:
    return "greater" if balance > 0 else "less" if balance < 0 else "undecided"


def _flip_p(d: Array, alternative: Alternative) -> float:
    sums, slack = _flipped_sums(d), _ROUND_OFF * float(np.abs(d).sum())
    observed = float(d.sum())
    if alternative == "two-sided":
        return float(np.mean(np.abs(sums) >= abs(observed) - slack))
    return float(np.mean(sums <= observed + slack if alternative == "less" else sums >= observed - slack))


def _flipped_sums(d: Array) -> Array:
    """Return sums of the differences under every choice of signs, or under a seeded sample and the observed signs."""
    if len(d) > _ENUMERATED:
        signs = np.random.default_rng(0).choice(np.array([-1.0, 1.0]), size=(_SAMPLED, len(d)))
        return np.append(signs @ d, d.sum())
    sums = np.zeros(1)
    for difference in d:
        sums = np.concatenate([sums + difference, sums - difference])
    return sums


def _without_nan(differences: Values) -> Array:
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 1 or len(d) == 0 or np.isnan(d).any():
        raise ValueError(f"differences are one or more numbers in one dimension, got {d.tolist()}")
    return d


def _finite(differences: Values) -> Array:
    d = _without_nan(differences)
    if not np.isfinite(d).all():
        raise ValueError(f"differences must be finite, got {d.tolist()}: diverged runs are compared by rank")
    return d
