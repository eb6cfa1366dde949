"""Power of the paired t test against published sample sizes, and how plan and effect answer each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.power import seeds_for_effect, smallest_detectable


def test_dalgaards_paired_example() -> None:
    """Introductory Statistics with R, section 8.3: 10 at a spread of 10 sqrt(2) and 85% takes 19.97 pairs."""
    assert seeds_for_effect(10 * math.sqrt(2), 10, power=0.85) == 20


@pytest.mark.parametrize(("effect", "n"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_cohens_small_medium_and_large_effects(effect, n) -> None:
    """G*Power's sample sizes for a two-sided one-sample t test at 5% with 80% power."""
    assert seeds_for_effect(1.0, effect) == n


@pytest.mark.parametrize("n", [3, 5, 10, 40])
@pytest.mark.parametrize(("alternative", "tails"), [("two-sided", 2), ("greater", 1), ("less", 1)])
def test_the_smallest_detectable_effect_has_the_stated_power(n, alternative, tails) -> None:
    """By scipy's noncentral t distribution, an implementation of its own."""
    effect = smallest_detectable(2.0, n, alpha=0.05, power=0.9, alternative=alternative)
    critical = stats.t.ppf(1 - 0.05 / tails, n - 1)

    assert stats.nct.sf(critical, n - 1, effect / 2.0 * math.sqrt(n)) == pytest.approx(0.9, abs=1e-6)


@given(st.floats(0.1, 10), st.floats(1, 100))
def test_the_effect_is_in_the_unit_of_the_spread(std, scale) -> None:
    """Percent or proportion, the number of seeds is the same."""
    assert smallest_detectable(std * scale, 5) == pytest.approx(scale * smallest_detectable(std, 5))


@given(st.floats(0.2, 5))
def test_so_many_seeds_detect_the_effect_and_one_fewer_do_not(effect) -> None:
    """The two functions are each other's inverse."""
    n = seeds_for_effect(1.0, effect)

    assert smallest_detectable(1.0, n) <= effect
    assert n == 3 or smallest_detectable(1.0, n - 1) > effect
    assert seeds_for_effect(1.0, -effect) == n


def test_more_seeds_detect_less() -> None:
    """The smallest detectable effect falls with every seed, and with a weaker demand."""
    effects = [smallest_detectable(1.0, n) for n in range(3, 50)]

    assert (np.diff(effects) < 0).all()
    assert smallest_detectable(1.0, 5, power=0.5) < smallest_detectable(1.0, 5, power=0.9)
    assert smallest_detectable(1.0, 5, alpha=0.1) < smallest_detectable(1.0, 5, alpha=0.05)


def test_where_no_test_is_run_nothing_is_detectable() -> None:
    """Two seeds detect nothing; no number of seeds detects an effect of nothing."""
    assert smallest_detectable(1.0, 2) is None
    assert seeds_for_effect(1.0, 0.0) is None
    assert seeds_for_effect(1.0, 0.1, max_n=100) is None


@pytest.mark.parametrize("std", [-1.0, math.nan, math.inf])
def test_an_impossible_spread_is_refused(std) -> None:
    """A guess from nowhere is an error and not a plan."""
    with pytest.raises(ValueError, match="standard deviation"):
        smallest_detectable(std, 5)
