"""Comparison of two arms over seeds: which test decides, what is said where none can, and diverged runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.paired import compare_paired, gap_difference, paired_differences

# Student (1908): extra hours of sleep with drug 1 and with drug 2, the `sleep` data of R.
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

counts = st.integers(0, 10_000)
pairs = st.lists(st.tuples(counts, counts), min_size=3, max_size=8)
other_side = {"less": "greater", "greater": "less", "undecided": "undecided"}


def test_students_sleep_data_are_decided_by_the_paired_t_test() -> None:
    """The t test, its interval and the companion, with the normality that is assumed."""
    found = compare_paired(DRUG_1, DRUG_2)

    assert found.decided_by is not None
    assert found.companion is not None
    assert found.decided_by.p_value == pytest.approx(0.002833, abs=5e-7)
    assert found.difference == pytest.approx(-1.58)
    assert (found.interval.low, found.interval.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)
    assert (found.decided_by.test, found.companion.test, found.direction) == ("paired_t", "sign_flip", "less")
    assert "normal" in found.reason
    assert "mean difference over training seeds" in found.interval.speaks_of


@given(pairs, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_direction_is_that_of_an_interval_clear_of_zero(both, alpha) -> None:
    """Interval and test never contradict each other."""
    a, b = np.array(both, dtype=float).T / 100
    found = compare_paired(a, b, alpha=alpha)

    if found.interval is not None:
        clear = "less" if found.interval.high < 0 else "greater" if found.interval.low > 0 else "undecided"
        assert found.direction == clear


@given(pairs)
def test_exchanging_the_arms_exchanges_the_outcome(both) -> None:
    """Neither arm is favoured."""
    a, b = np.array(both, dtype=float).T / 100
    found, exchanged = compare_paired(a, b), compare_paired(b, a)

    assert exchanged.direction == other_side[found.direction]
    assert exchanged.difference == -found.difference


@given(pairs, st.integers(0, 1000), st.sampled_from([0.01, 1.0, 50.0]))
def test_what_both_arms_share_is_of_no_account(both, shift, scale) -> None:
    """A change of unit, or what a seed does to both arms, leaves the p-value."""
    a, b = np.array(both, dtype=float).T
    found, changed = compare_paired(a, b), compare_paired(scale * (a + shift), scale * (b + shift))

    assert changed.direction == found.direction
    if found.decided_by is not None:
        assert changed.decided_by.p_value == pytest.approx(found.decided_by.p_value, rel=1e-6)


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_seeds_decide_nothing(n) -> None:
    """However clear it looks, no test is run and the reason says how many are needed."""
    found = compare_paired([1.0, 1.1][:n], [50.0, 60.0][:n])

    assert (found.decided_by, found.companion, found.direction) == (None, None, "undecided")
    assert "at least 3" in found.reason


def test_five_seeds_have_no_companion_and_six_have() -> None:
    """A sign-flip test that cannot reject is not even shown."""
    a, b = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]

    assert compare_paired(a[:5], b[:5]).companion is None
    assert compare_paired(a, b).companion.p_value == 2 / 64


@pytest.mark.parametrize(("n", "direction"), [(3, "undecided"), (5, "undecided"), (6, "less")])
def test_a_constant_difference_is_left_to_the_sign_flip_test(n, direction) -> None:
    """37.5 against 37.4 in each seed: no t of infinity, no NaN, and a reason."""
    base = np.linspace(30, 40, n)
    found = compare_paired(base, base + 0.1)

    assert found.direction == direction
    assert found.interval is None
    assert found.difference == pytest.approx(-0.1)
    assert "no spread" in found.reason
    assert (found.decided_by is None) == (n < 6)


def test_equal_arms_are_said_to_be_equal() -> None:
    """No difference in any seed is no test and no direction."""
    found = compare_paired(DRUG_1, DRUG_1)

    assert (found.direction, found.difference, found.decided_by) == ("undecided", 0.0, None)
    assert "equal in each of 10 seeds" in found.reason


def test_an_alternative_looks_one_way_only() -> None:
    """One side at 5% rejects where two do not, and never on the other side."""
    a, b = [1.0, 2.0, 3.0], [2.0, 2.5, 4.5]

    assert compare_paired(a, b).direction == "undecided"
    assert compare_paired(a, b, alternative="less").direction == "less"
    assert compare_paired(a, b, alternative="greater").direction == "undecided"


def test_a_diverged_run_is_worse_than_any_other() -> None:
    """Six seeds of which b diverged in two: by exact ranks a is less, and no mean is made up."""
    a, b = [10.0] * 6, [11.0, 12.0, None, 13.0, None, 14.0]
    found = compare_paired(a, b)

    assert (found.difference, found.interval, found.direction) == (None, None, "less")
    assert (found.decided_by.test, found.companion.test) == ("signed_rank", "sign_test")
    assert found.decided_by.p_value == 2 / 64
    assert "0 of a, 2 of b" in found.reason


def test_worst_is_lowest_where_higher_is_better() -> None:
    """A diverged arm b has the lower accuracy."""
    accuracies, diverged = [0.9] * 6, [0.8, 0.7, 0.6, 0.5, 0.4, None]

    assert compare_paired(accuracies, diverged, better="higher").direction == "greater"


@pytest.mark.parametrize("n", [1, 3, 5])
def test_few_seeds_with_a_diverged_run_decide_nothing(n) -> None:
    """Ranks need six seeds, and the reason says so."""
    found = compare_paired([1.0] * n, [None] * n)

    assert (found.decided_by, found.direction) == (None, "undecided")
    assert "at least 6" in found.reason


def test_seeds_in_which_both_arms_diverged_tie() -> None:
    """They show no difference and count for no rank test's n."""
    found = compare_paired([None, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [None, 2.0, 2.5, 3.0, 3.5, 4.0, None])

    assert found.decided_by.n == 6
    assert found.decided_by.p_value == stats.binomtest(6, 6).pvalue


@given(pairs, st.sets(st.integers(0, 2), min_size=1))
def test_how_bad_the_others_are_does_not_move_a_diverged_run(both, diverged) -> None:
    """Any rising rescaling that keeps the order of the differences keeps the outcome."""
    a, b = np.array(both, dtype=float).T
    runs = [None if i in diverged else value for i, value in enumerate(a)]
    ten_times = [None if i in diverged else 10 * value for i, value in enumerate(a)]

    assert compare_paired(ten_times, 10 * b).decided_by == compare_paired(runs, b).decided_by


def test_equal_differences_tie_whatever_the_last_bit_says() -> None:
    """37.5 - 37.4 and 0.3 - 0.2 are the same tenth, and infinities of one seed cancel."""
    d = paired_differences([37.5, 0.3, math.inf, math.inf], [37.4, 0.2, math.inf, 1.0])

    assert 37.5 - 37.4 != 0.3 - 0.2
    assert d.tolist() == [0.1, 0.1, 0.0, math.inf]


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=5), st.floats(-1e3, 1e3))
def test_differences_keep_twelve_digits_at_any_scale(values, other) -> None:
    """Nothing overflows, and nothing is lost beyond a part in 1e11 of the values."""
    d = paired_differences(values, [other] * len(values))

    assert d == pytest.approx(np.array(values) - other, rel=0, abs=1e-11 * max(abs(other), *map(abs, values), 1e-280))


def test_arms_of_unequal_length_are_refused() -> None:
    """Runs are paired by seed; a missing seed is an error and not dropped."""
    with pytest.raises(ValueError, match="paired by seed"):
        compare_paired([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="at least one seed"):
        compare_paired([], [])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_refused(bad) -> None:
    """A diverged run is said to be one (None); NaN is never compared."""
    with pytest.raises(ValueError, match="finite"):
        compare_paired([1.0, bad, 2.0], [1.0, 2.0, 3.0])


def test_gaps_are_compared_as_test_less_train() -> None:
    """Equal test errors, smaller training errors in arm a: its gap is greater."""
    test = [20.0, 21.0, 22.0, 23.0]
    found = gap_difference([5.0, 6.1, 7.0, 8.0], test, [10.0, 11.0, 12.0, 13.1], test)

    assert found.direction == "greater"
    assert found.difference == pytest.approx(5.0)


def test_a_diverged_run_has_no_gap() -> None:
    """Chance on both sets is a gap of nothing, which would pass for generalisation."""
    found = gap_difference([1.0, None, 3.0], [2.0, 3.0, 4.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.5])

    assert (found.direction, found.decided_by) == ("undecided", None)
    assert "no gap" in found.reason
