"""Tests of differences against published examples and scipy.stats, and the rule that none is run in vain."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.significance import (
    can_reject,
    even_odds_p,
    holm,
    paired_t,
    seeds_to_reject,
    sign_flip,
    sign_test,
    signed_rank,
    smallest_p,
)

# Student (1908), drug 1 less drug 2: the `sleep` data of R.
SLEEP_DIFFERENCES = [-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4]
# Darwin's maize, crossed less self-fertilised, in eighths of an inch: Fisher (1935), The Design of Experiments.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
# Depression scores before and after: Hollander and Wolfe (1973), p. 29, the example of R's wilcox.test.
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]

differences = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=9)
alternatives = st.sampled_from(["two-sided", "less", "greater"])
exact_tests = pytest.mark.parametrize("test", [sign_flip, signed_rank, sign_test])


def test_paired_t_of_students_sleep_data() -> None:
    """R prints t = -4.0621, df = 9, p-value = 0.002833."""
    found = paired_t(SLEEP_DIFFERENCES)

    assert found is not None
    assert found.statistic == pytest.approx(-4.0621, abs=5e-5)
    assert found.p_value == pytest.approx(0.002833, abs=5e-7)
    assert (found.n, found.leans) == (10, "less")


def test_sign_flip_of_darwins_maize() -> None:
    """Fisher counted 863 of 32,768 sums as large as the one observed; on both sides 1,726."""
    assert sign_flip(MAIZE).p_value == 1726 / 32768
    assert sign_flip(MAIZE, "greater").p_value == 863 / 32768


def test_signed_rank_of_hollander_and_wolfe() -> None:
    """R prints V = 40, p-value = 0.01953 for the alternative "greater"."""
    found = signed_rank(np.subtract(BEFORE, AFTER), "greater")

    assert found.statistic == 40
    assert found.p_value == pytest.approx(0.01953, abs=5e-6)


def test_sign_test_is_a_binomial_test() -> None:
    """Seven of eight, no ties, against scipy's exact test."""
    assert sign_test([1, 2, 3, 4, 5, 6, 7, -8]).p_value == pytest.approx(stats.binomtest(7, 8).pvalue, rel=1e-12)


@given(differences, alternatives)
def test_paired_t_agrees_with_scipy(d, alternative) -> None:
    """The t test spelt with scipy.special is the one of scipy.stats, and is not run without a spread."""
    found = paired_t(d, alternative)

    if len(d) < 3 or len(set(d)) == 1:
        assert found is None
    else:
        assert found.p_value == pytest.approx(stats.ttest_1samp(d, 0, alternative=alternative).pvalue, rel=1e-9)


@given(st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=7), alternatives)
def test_sign_flip_agrees_with_scipys_permutation_test(d, alternative) -> None:
    """Enumeration by doubling sums gives scipy's exact permutation p-value."""
    expected = stats.permutation_test(
        (d,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", vectorized=True, alternative=alternative
    )
    # scipy doubles the smaller tail where this test counts magnitudes: the same for a symmetric distribution
    assert sign_flip(d, alternative).p_value == pytest.approx(expected.pvalue, rel=1e-12)


@given(st.lists(st.integers(1, 30), min_size=3, max_size=9, unique=True), st.data(), alternatives)
def test_signed_rank_agrees_with_scipy_without_ties(magnitudes, data, alternative) -> None:
    """Where there are neither ties nor zeros scipy has the exact distribution too."""
    d = [size * data.draw(st.sampled_from([-1.0, 1.0])) for size in magnitudes]
    expected = stats.wilcoxon(d, alternative=alternative, method="exact")

    assert signed_rank(d, alternative).p_value == pytest.approx(expected.pvalue, rel=1e-12)


@given(differences.filter(any), alternatives)
def test_signed_rank_with_ties_enumerates_the_signs_of_midranks(d, alternative) -> None:
    """Ties and zeros: the p-value is the share of sign choices as extreme, counted one by one."""
    ranks = stats.rankdata(np.abs(d)) * (np.array(d) != 0)
    sums = np.array([np.dot(signs, ranks) for signs in itertools.product([-1, 1], repeat=len(d))])
    observed = np.dot(np.sign(d), ranks)
    extreme = {"less": sums <= observed, "greater": sums >= observed, "two-sided": np.abs(sums) >= abs(observed)}

    assert signed_rank(d, alternative).p_value == pytest.approx(extreme[alternative].mean(), rel=1e-12)


def test_a_test_has_a_direction_only_where_it_rejects() -> None:
    """It may lean without rejecting; a p-value of alpha itself rejects."""
    found = sign_flip([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

    assert (found.leans, found.p_value) == ("greater", 2 / 64)
    assert found.direction(2 / 64) == "greater"
    assert found.direction(0.03) == "undecided"


@exact_tests
@given(d=differences)
def test_flipping_every_sign_changes_the_side_and_not_the_p_value(test, d) -> None:
    """The tests treat both arms alike."""
    other_side = {"less": "greater", "greater": "less", "undecided": "undecided"}
    found, flipped = test(d), test([-value for value in d])

    assert flipped.p_value == pytest.approx(found.p_value, rel=1e-12)
    assert flipped.leans == other_side[found.leans]
    assert test(d, "less").p_value == pytest.approx(test([-value for value in d], "greater").p_value, rel=1e-12)


@exact_tests
@given(d=differences, scale=st.sampled_from([1e-3, 0.1, 3.0, 1e6]))
def test_exact_tests_do_not_depend_on_the_unit_or_the_order(test, d, scale) -> None:
    """Percent or proportion, seeds in any order: the same p-value."""
    assert test([scale * value for value in reversed(d)]).p_value == pytest.approx(test(d).p_value, rel=1e-12)


@exact_tests
@given(d=differences, alternative=alternatives)
def test_no_exact_test_goes_below_its_smallest_p(test, d, alternative) -> None:
    """The bound behind `can_reject` holds for every outcome."""
    found = test(d, alternative)

    assert smallest_p(found.test, found.n, alternative) <= found.p_value + 1e-12
    assert found.p_value <= 1


@exact_tests
@pytest.mark.parametrize("n", [1, 2, 5, 6, 10])
def test_the_smallest_p_is_attained(test, n) -> None:
    """Differences all of one sign give exactly the bound."""
    d = np.arange(1.0, n + 1)

    assert test(d).p_value == smallest_p(test(d).test, n)
    assert test(d, "greater").p_value == smallest_p(test(d).test, n, "greater")


@pytest.mark.parametrize("name", ["sign_flip", "signed_rank", "sign_test", "mcnemar"])
def test_six_seeds_are_the_fewest_at_five_percent(name) -> None:
    """Two-sided 2/32 does not reject, 2/64 does; one side needs five."""
    assert not can_reject(name, 5)
    assert can_reject(name, 6)
    assert seeds_to_reject(name) == 6
    assert seeds_to_reject(name, alternative="less") == 5
    assert seeds_to_reject(name, alpha=0.01) == 8


def test_a_paired_t_test_needs_three_seeds() -> None:
    """The rule of the project, though two would do for the formula."""
    assert seeds_to_reject("paired_t") == 3
    assert paired_t([1.0, 1.1]) is None


def test_zeros_do_not_help_an_exact_test_to_reject() -> None:
    """Five differences and a tie are five differences."""
    found = sign_flip([1.0, 2.0, 3.0, 4.0, 5.0, 0.0])

    assert found.n == 5
    assert found.p_value == 2 / 32


def test_diverged_runs_rank_highest_and_tie() -> None:
    """Two infinite differences share the top ranks; the rest is as ever."""
    found = signed_rank([math.inf, math.inf, 1.0, -2.0])

    assert found.statistic == 3.5 + 3.5 + 1
    assert sign_test([math.inf, -math.inf, 1.0]).statistic == 2


def test_many_differences_are_sampled_with_those_observed() -> None:
    """Beyond twenty the p-value is a seeded estimate, never 0, and near the t test's for normal differences."""
    d = np.random.default_rng(3).normal(0.4, 1, size=25)

    assert sign_flip(d) == sign_flip(d)
    assert sign_flip(d).p_value == pytest.approx(paired_t(d).p_value, abs=0.02)
    assert sign_flip(np.full(25, 1.0)).p_value >= 1 / 100_000


@pytest.mark.parametrize("bad", [[], [math.nan, 1.0], [[1.0]]])
def test_what_is_no_list_of_differences_is_refused(bad) -> None:
    """Nothing, NaN and tables are errors."""
    with pytest.raises(ValueError, match="differences"):
        signed_rank(bad)
    with pytest.raises(ValueError, match="differences"):
        paired_t(bad)


def test_a_mean_is_not_taken_over_diverged_runs() -> None:
    """Tests of means refuse infinities instead of giving NaN."""
    with pytest.raises(ValueError, match="by rank"):
        sign_flip([math.inf, 1.0])


@given(st.integers(0, 60), st.integers(0, 60), alternatives)
def test_even_odds_agree_with_scipys_binomial_test(successes, failures, alternative) -> None:
    """The exact binomial tail, doubled for two sides, since even odds are symmetric."""
    n = successes + failures
    expected = stats.binomtest(successes, n, alternative=alternative).pvalue if n else 1.0

    assert even_odds_p(successes, n, alternative) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("raw", "adjusted"),
    [
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holm_as_r_adjusts(raw, adjusted) -> None:
    """What R's p.adjust(p, "holm") prints, in the order given."""
    assert holm(raw) == pytest.approx(adjusted, rel=1e-12)


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(p_values)
def test_holm_lies_between_the_raw_values_and_1(p) -> None:
    """Adjusting never helps a claim, and the strongest pays as with Bonferroni."""
    for raw, adjusted in zip(p, holm(p), strict=True):
        assert raw <= adjusted <= 1
    assert min(holm(p)) == min(1.0, len(p) * min(p))  # the smallest is adjusted as Bonferroni would


@given(p_values)
def test_holm_keeps_the_order_of_the_claims(p) -> None:
    """A smaller p-value never gets the larger adjusted one, and equal ones stay equal."""
    adjusted = holm(p)

    for (one, a), (other, b) in itertools.combinations(zip(p, adjusted, strict=True), 2):
        assert (a <= b) if one <= other else (b <= a)


@given(p_values, st.randoms())
def test_holm_does_not_depend_on_the_order_given(p, random) -> None:
    """Shuffled claims get the shuffled adjusted values."""
    order = list(range(len(p)))
    random.shuffle(order)

    assert holm([p[i] for i in order]) == [holm(p)[i] for i in order]


@pytest.mark.parametrize("bad", [[-0.1], [1.1], [math.nan]])
def test_holm_refuses_what_is_no_p_value(bad) -> None:
    """A NaN among the claims is an error and never a silent rejection."""
    with pytest.raises(ValueError, match="p-values"):
        holm(bad)
