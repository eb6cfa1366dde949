"""Trends over layers against scipy's tau, counted permutations, and the outcome over seeds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.trend import monotone_trend

rows = st.integers(2, 7).flatmap(lambda layers: st.lists(st.permutations(range(layers)), min_size=1, max_size=5))


@given(rows)
def test_tau_is_kendalls(values) -> None:
    """Seed by seed, by scipy."""
    expected = [stats.kendalltau(range(len(row)), row).statistic for row in values]

    assert monotone_trend(values).taus == pytest.approx(expected)


@given(st.permutations(range(8)))
def test_the_permutation_p_value_of_one_net_is_kendalls_exact_one(row) -> None:
    """For one net the distribution is that of Kendall's test."""
    expected = stats.kendalltau(range(8), row, method="exact").pvalue

    assert monotone_trend([row]).p_within == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.permutations(range(4)), min_size=2, max_size=2))
def test_the_permutation_p_value_of_two_nets_counts_their_orders(values) -> None:
    """Every pair of orders of four layers, one by one."""
    scores = [
        sum(int(np.sign(order[j] - order[i])) for i, j in itertools.combinations(range(4), 2))
        for order in itertools.permutations(range(4))
    ]
    sums = np.add.outer(scores, scores)
    found = monotone_trend(values)

    assert found.p_within == pytest.approx((np.abs(sums) >= abs(sum(found.taus) * 6) - 1e-9).mean(), rel=1e-9)


@given(rows)
def test_only_the_order_of_the_layers_values_counts(values) -> None:
    """A rising transformation changes nothing, a falling one only the direction."""
    opposite = {"increasing": "decreasing", "decreasing": "increasing", "undecided": "undecided"}
    plain = monotone_trend(values)

    assert monotone_trend(np.exp(np.array(values) / 3)) == plain
    assert monotone_trend(-np.array(values)).direction == opposite[plain.direction]
    assert monotone_trend(-np.array(values)).p_within == pytest.approx(plain.p_within)


@given(st.lists(st.lists(st.integers(0, 2), min_size=4, max_size=4), min_size=1, max_size=2))
def test_ties_never_make_the_permutation_p_value_too_small(values) -> None:
    """It is at least the share of orders of these very values, ties and all, with as strong a trend."""
    scores = [
        [
            sum(int(np.sign(o[j] - o[i])) for i, j in itertools.combinations(range(4), 2))
            for o in itertools.permutations(row)
        ]
        for row in values
    ]
    sums = np.array([sum(chosen) for chosen in itertools.product(*scores)])
    found = monotone_trend(values)

    assert found.p_within >= (np.abs(sums) >= abs(sum(found.taus) * 6) - 1e-9).mean() - 1e-12


def test_seeds_that_agree_on_a_trend_show_it() -> None:
    """Slopes that fall with depth in each of four seeds, not always strictly."""
    values = [
        [0.68, 0.5, 0.3, 0.2, 0.1],
        [0.7, 0.4, 0.5, 0.2, 0.1],
        [0.6, 0.5, 0.2, 0.3, 0.1],
        [0.6, 0.5, 0.4, 0.2, 0.1],
    ]
    found = monotone_trend(values)

    assert found.direction == "decreasing"
    assert found.over_seeds.decided_by.test == "paired_t"
    assert "4 seeds" in found.reason


def test_the_same_order_in_every_seed_is_judged_by_permutations() -> None:
    """Tau 1 three times has no spread for a t test; six layers in order three times are no chance."""
    found = monotone_trend([range(6)] * 3)

    assert (found.taus, found.direction) == ((1.0, 1.0, 1.0), "increasing")
    assert found.p_within == pytest.approx(2 / math.factorial(6) ** 3)
    assert "permuted" in found.reason


def test_two_layers_in_order_three_times_may_be_chance() -> None:
    """With one order in two the p-value is a quarter."""
    found = monotone_trend([[1, 2]] * 3)

    assert found.p_within == pytest.approx(0.25)
    assert found.direction == "undecided"


def test_a_consistent_tau_of_two_layers_is_not_enough() -> None:
    """In seven seeds of eight the second layer is larger: a t test on taus of -1 and 1 rejects, counting orders not."""
    found = monotone_trend([[1, 2]] * 7 + [[2, 1]])

    assert found.over_seeds.direction == "greater"
    assert found.p_within == pytest.approx(2 * 9 / 2**8)
    assert found.direction == "undecided"


def test_fewer_than_three_seeds_show_no_trend_of_a_method() -> None:
    """One net's order may be beyond chance and still speaks of that net only."""
    found = monotone_trend([range(8)])

    assert found.p_within < 0.001
    assert found.direction == "undecided"
    assert "at least 3" in found.reason


def test_a_flat_quantity_has_no_trend() -> None:
    """Equal layers: tau 0, p-value 1, no direction."""
    found = monotone_trend(np.ones((3, 5)))

    assert (found.taus, found.p_within, found.direction) == ((0.0, 0.0, 0.0), 1.0, "undecided")


@pytest.mark.parametrize("bad", [[], [[1.0]], [[1.0, math.nan]], [1.0, 2.0]])
def test_what_is_no_table_of_seeds_by_layers_is_refused(bad) -> None:
    """One layer has no trend, NaN no order."""
    with pytest.raises(ValueError, match="trend"):
        monotone_trend(bad)
