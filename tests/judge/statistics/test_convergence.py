"""Steps to a threshold, their ratio with runs that never got there, and nets that stay at chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.convergence import (
    Censored,
    Never,
    Reached,
    ReachedBy,
    against_chance,
    ratio_of_steps,
    ratio_within,
    steps_to_reach,
)

steps = st.floats(1, 1000)


def test_the_crossing_is_interpolated() -> None:
    """From 30% at 10 epochs to 20% at 20, 25% is reached at 15."""
    assert steps_to_reach([0, 10, 20], [90.0, 30.0, 20.0], 25.0) == Reached(15.0)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20), st.floats(0, 100))
def test_the_curve_is_at_the_threshold_where_it_is_said_to_be_reached(errors, threshold) -> None:
    """Interpolation by numpy agrees, and the curve lies above the threshold before."""
    at = np.arange(len(errors)) * 10.0
    found = steps_to_reach(at, errors, threshold)

    if isinstance(found, Reached):
        assert np.interp(found.steps, at, errors) == pytest.approx(threshold, abs=1e-6)
        assert all(error > threshold for step, error in zip(at, errors, strict=True) if step < found.steps - 1e-6)
    else:
        assert isinstance(found, ReachedBy) == (errors[0] <= threshold)


def test_the_first_crossing_counts() -> None:
    """A curve that rises again has reached it all the same."""
    assert steps_to_reach([1, 2, 3, 4], [50.0, 20.0, 40.0, 10.0], 20.0) == Reached(2.0)


def test_a_run_that_never_gets_there_is_censored_at_its_last_evaluation() -> None:
    """It takes longer, by an unknown amount."""
    assert steps_to_reach([1, 2, 30], [90.0, 80.0, 70.0], 25.0) == Censored(30.0)


def test_a_run_that_is_there_at_its_first_evaluation_got_there_by_then() -> None:
    """The exact step is unknown."""
    assert steps_to_reach([5, 10], [20.0, 10.0], 25.0) == ReachedBy(5.0)


def test_a_diverged_run_is_censored_where_it_was_last_looked_at() -> None:
    """Errors that are not finite are no crossing, and no part of an interpolation."""
    assert steps_to_reach([1, 2, 3], [90.0, math.nan, math.inf], 25.0) == Censored(3.0)
    assert steps_to_reach([1, 2, 3], [30.0, math.nan, 20.0], 25.0) == Reached(2.0)


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1, 1], [2.0, 1.0]), ([2, 1], [2.0, 1.0]), ([1], [1.0, 2.0]), ([-1], [1.0])]
)
def test_steps_that_do_not_increase_are_refused(x, y) -> None:
    """A curve out of order is an error."""
    with pytest.raises(ValueError, match="steps must increase"):
        steps_to_reach(x, y, 1.0)


def test_ratio_without_censoring_is_a_t_interval_on_logs() -> None:
    """The interval by scipy of the logarithms of the ratios agrees."""
    slow, fast = [60.0, 70.0, 50.0, 80.0], [10.0, 11.0, 9.0, 14.0]
    logs = np.log(slow) - np.log(fast)
    low, high = np.exp(stats.t.interval(0.95, 3, loc=logs.mean(), scale=stats.sem(logs)))

    found = ratio_of_steps([*map(Reached, slow)], [*map(Reached, fast)])

    assert found.bound == "estimate"
    assert found.ratio == pytest.approx(stats.gmean(slow) / stats.gmean(fast))
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-9)
    assert found.comparison.decided_by.p_value == pytest.approx(stats.ttest_rel(np.log(slow), np.log(fast)).pvalue)
    assert found.comparison.direction == "greater"
    assert "geometric mean" in found.interval.speaks_of


def test_a_censored_slow_arm_bounds_the_ratio_from_below() -> None:
    """An arm not there after 100 steps, against 10, is at least ten times slower; the interval is open above."""
    found = ratio_of_steps(
        [Reached(50.0), Censored(100.0), Censored(100.0)], [Reached(10.0), Reached(10.0), Reached(12.5)]
    )

    assert found.bound == "at_least"
    assert found.ratio == pytest.approx((5 * 10 * 8) ** (1 / 3))
    assert found.interval is None  # nor does a sign test over three seeds limit the median
    assert found.comparison.decided_by is None  # a sign test over three seeds could not reject
    assert "censored runs: 2" in found.comparison.reason
    assert "at least 6" in found.comparison.reason


def test_a_fast_arm_there_at_once_bounds_the_ratio_from_below() -> None:
    """It may have taken less, so the ratio may be larger."""
    found = ratio_of_steps([Reached(50.0)] * 3, [ReachedBy(10.0)] * 3)

    assert (found.bound, found.ratio) == ("at_least", pytest.approx(5.0))


def test_a_censored_fast_arm_bounds_the_ratio_from_above() -> None:
    """The supposedly fast arm did not get there; the interval is open below."""
    found = ratio_of_steps([Reached(50.0), Reached(60.0)], [Censored(100.0), Reached(100.0)])

    assert (found.bound, found.ratio) == ("at_most", pytest.approx(math.sqrt(0.5 * 0.6)))
    assert found.interval is None


def test_the_limit_of_a_bounded_ratio_is_that_of_a_sign_test_on_the_median() -> None:
    """At 95%, six seeds bound the median by their smallest bound, nine by the second smallest."""
    slow = [Reached(50.0), *[Censored(100.0)] * 8]
    fast = [Reached(10.0 + seed) for seed in range(9)]
    six, nine = ratio_of_steps(slow[:6], fast[:6]), ratio_of_steps(slow, fast)
    bounds = sorted([50 / 10, *(100 / (10 + seed) for seed in range(1, 9))])

    assert (six.interval.low, six.interval.high) == (pytest.approx(50 / 10), math.inf)
    assert nine.interval.low == pytest.approx(bounds[1])
    assert "median" in nine.interval.speaks_of
    assert ratio_of_steps(fast, slow).interval.high == pytest.approx(1 / bounds[1])


def test_with_both_arms_censored_there_is_no_bound() -> None:
    """The ratio is unknown, and the seed is no evidence for either side."""
    found = ratio_of_steps([Censored(100.0)] * 6, [Censored(100.0)] * 6)

    assert (found.ratio, found.bound, found.interval) == (None, "none", None)
    assert found.comparison.direction == "undecided"


def test_six_seeds_in_which_only_one_arm_gets_there_show_a_direction() -> None:
    """The sign test knows which arm was later without knowing how much."""
    found = ratio_of_steps([Censored(100.0)] * 6, [Reached(10.0 + i) for i in range(6)])

    assert found.comparison.direction == "greater"
    assert found.comparison.decided_by.test == "sign_test"
    assert found.comparison.decided_by.p_value == 2 / 64


def test_a_run_censored_before_the_other_arm_got_there_settles_nothing() -> None:
    """A run cut after 10 steps may be slower or faster than one of 20 steps."""
    found = ratio_of_steps([Censored(10.0)] * 6, [Reached(20.0)] * 6)

    assert found.comparison.direction == "undecided"
    assert "0 seeds that differ" in found.comparison.reason


def test_seeds_in_which_either_arm_may_be_the_faster_count_against_both_directions() -> None:
    """Of ten fast runs all are cut short, so that only slow runs of luck are seen to win: six of ten decide nothing."""
    slow, fast = [Reached(50.0)] * 6 + [Censored(60.0)] * 4, [Censored(60.0)] * 10
    found = ratio_of_steps(slow, fast)

    assert found.comparison.direction == "undecided"
    assert found.comparison.decided_by.p_value == pytest.approx(stats.binomtest(6, 10).pvalue)
    assert "seeds in which either arm may be the faster: 4" in found.comparison.reason
    assert ratio_of_steps(slow[:6], fast[:6]).comparison.direction == "less"


def test_two_runs_that_diverged_are_no_evidence_that_a_direction_is_wrong() -> None:
    """Both take for ever, which is a tie."""
    found = ratio_of_steps([Never()] * 9, [Reached(50.0)] * 6 + [Never()] * 3)

    assert found.comparison.decided_by.p_value == 2 / 64


def test_a_run_that_diverged_takes_longer_than_any_other() -> None:
    """However late the other got there, and however early it was cut short."""
    diverged = [Never()] * 6
    assert ratio_of_steps(diverged, [Reached(1000.0)] * 6).comparison.direction == "greater"
    assert ratio_of_steps([Reached(1000.0)] * 6, diverged).comparison.direction == "less"
    assert ratio_of_steps(diverged, [Censored(10.0)] * 6).comparison.direction == "undecided"


def test_a_seed_in_which_both_arms_diverged_says_nothing() -> None:
    """It is no seed in which they are equally fast either, which would be a ratio of one."""
    found = ratio_of_steps([Never()] * 6, [Never()] * 6)

    assert (found.ratio, found.bound, found.interval) == (None, "none", None)
    assert "0 seeds that differ" in found.comparison.reason
    assert ratio_of_steps([Never(), Reached(9.0)], [Never(), Reached(3.0)]).bound == "none"


def test_a_diverged_run_leaves_a_limit_on_the_median_and_no_mean() -> None:
    """Of seven ratios one is larger than any number; six of them still bound the median from below."""
    found = ratio_of_steps([Never(), *[Reached(50.0)] * 6], [Reached(10.0 + seed) for seed in range(7)])

    assert (found.ratio, found.bound) == (None, "at_least")
    assert (found.interval.low, found.interval.high) == (pytest.approx(50 / 16), math.inf)
    assert ratio_of_steps([Never()] * 6 + [Reached(50.0)], [Reached(10.0)] * 7, level=0.6).interval is None


def test_thresholds_met_before_the_first_step_make_no_ratio() -> None:
    """Zero steps have no logarithm, and nothing is divided by them."""
    assert ratio_of_steps([Reached(5.0)] * 3, [ReachedBy(0.0)] * 3).bound == "none"
    assert ratio_of_steps([ReachedBy(0.0)] * 3, [Reached(5.0)] * 3).bound == "none"
    assert ratio_of_steps([ReachedBy(0.0)] * 3, [ReachedBy(0.0)] * 3).comparison.direction == "undecided"


@given(st.lists(st.tuples(steps, steps), min_size=3, max_size=8), st.sampled_from([0.5, 128.0, 9375.0]))
def test_the_unit_of_steps_is_of_no_account(pairs, scale) -> None:
    """Epochs or iterations, the ratio is the same."""
    slow, fast = ([Reached(value) for value in arm] for arm in zip(*pairs, strict=True))
    found = ratio_of_steps(slow, fast)
    scaled = ratio_of_steps([Reached(scale * t.steps) for t in slow], [Reached(scale * t.steps) for t in fast])

    assert scaled.ratio == pytest.approx(found.ratio, rel=1e-9)


@given(st.lists(st.tuples(steps, steps), min_size=3, max_size=8))
def test_exchanged_arms_have_the_inverse_ratio(pairs) -> None:
    """Six times as fast is a sixth of the steps."""
    slow, fast = ([Reached(value) for value in arm] for arm in zip(*pairs, strict=True))

    assert ratio_of_steps(fast, slow).ratio == pytest.approx(1 / ratio_of_steps(slow, fast).ratio, rel=1e-9)


@given(st.lists(st.tuples(steps, steps), min_size=3, max_size=8), st.floats(10, 900))
def test_a_bound_is_on_the_right_side_of_the_truth(pairs, budget) -> None:
    """Cutting the slow arm at a budget never gives more than the ratio of the uncut runs."""
    slow, fast = ([Reached(value) for value in arm] for arm in zip(*pairs, strict=True))
    cut = [time if time.steps <= budget else Censored(budget) for time in slow]

    assert ratio_of_steps(cut, fast).ratio <= ratio_of_steps(slow, fast).ratio * (1 + 1e-9)


def test_a_wide_interval_of_a_ratio_opens_instead_of_overflowing() -> None:
    """Two seeds that differ a thousandfold at a high level reach past the largest float."""
    found = ratio_of_steps([Reached(1.0), Reached(1000.0)], [Reached(1.0), Reached(1.0)], level=0.9999)

    assert found.interval.high == math.inf


def test_arms_of_unequal_length_have_no_ratio() -> None:
    """Runs are paired by seed."""
    with pytest.raises(ValueError, match="paired by seed"):
        ratio_of_steps([Reached(1.0)], [])
    with pytest.raises(ValueError, match="paired by seed"):
        ratio_of_steps([], [])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=5), st.sampled_from([0.01, 0.05, 0.3]))
def test_chance_is_tested_by_exact_one_sided_binomial_tests(wrong, tolerance) -> None:
    """Both p-values of each net are scipy's, about chance minus the tolerance."""
    found = against_chance(wrong, 1000, 0.9, tolerance=tolerance)

    for k, stays, leaves in zip(wrong, found.stays, found.leaves, strict=True):
        assert stays == pytest.approx(stats.binomtest(k, 1000, 0.9 - tolerance, "greater").pvalue, rel=1e-6, abs=1e-12)
        assert leaves == pytest.approx(stats.binomtest(k, 1000, 0.9 - tolerance, "less").pvalue, rel=1e-6, abs=1e-12)


def test_a_printed_ratio_is_two_one_sided_tests_of_the_logarithms() -> None:
    """One-sample t tests of both edges by scipy agree; the larger p-value counts."""
    ratios = [5.1, 6.9, 6.2, 5.5]
    slow, fast = [Reached(10 * ratio) for ratio in ratios], [Reached(10.0)] * 4
    found = ratio_within(slow, fast, 6, 1.5)
    logs, (low, high) = np.log(ratios), np.log([6 / 1.5, 6 * 1.5])
    both = [stats.ttest_1samp(logs, edge, alternative=side).pvalue for edge, side in ((low, "greater"), (high, "less"))]
    assert found is not None
    assert (found.position, found.p_within) == ("within", pytest.approx(max(both)))


@pytest.mark.parametrize(("slow", "fast"), [([Censored(20.0), Reached(9.0)], [Reached(3.0)] * 2),
                                            ([Reached(9.0)] * 2, [ReachedBy(1.0), Reached(3.0)]),
                                            ([Never()] * 2, [Never()] * 2),
                                            ([Reached(9.0)], [Reached(3.0)])])  # fmt: skip
def test_a_bound_or_a_single_seed_is_set_against_no_printed_ratio(slow, fast) -> None:
    """Neither can show that the ratio is within the factor."""
    assert ratio_within(slow, fast, 3, 1.5) is None


@pytest.mark.parametrize(
    ("wrong", "outcome", "staying", "leaving"),
    [
        ([9000, 9000, 9013], "stays", 3, 0),
        ([3000, 2500, 8000], "leaves", 0, 3),
        ([9000, 2500, 9000], "mixed", 2, 1),
        ([9000, 8800, 9000], "undecided", 2, 0),  # the second on the boundary
    ],
)
def test_every_seed_must_show_it(wrong, outcome, staying, leaving) -> None:
    """Ten classes, 10,000 images, two points of tolerance; one net that learns undoes a stall."""
    found = against_chance(wrong, 10_000, 0.9, tolerance=0.02)
    assert (found.outcome, found.staying, found.leaving) == (outcome, staying, leaving)


def test_a_test_set_too_small_to_tell_is_no_stall() -> None:
    """At chance on 30 images is no evidence of staying there."""
    assert against_chance([27, 27, 27], 30, 0.9, tolerance=0.02).outcome == "undecided"
    assert against_chance([27_000] * 3, 30_000, 0.9, tolerance=0.02).outcome == "stays"


def test_three_seeds_that_stall_do_not_show_that_all_do() -> None:
    """The share of seeds is bounded as Clopper and Pearson bound three of three."""
    expected = stats.binomtest(3, 3, alternative="greater").proportion_ci(0.95, method="exact").low

    assert against_chance([900] * 3, 1000, 0.9, tolerance=0.05).share_at_least == pytest.approx(expected)
    assert against_chance([900, 100], 1000, 0.9, tolerance=0.05).share_at_least == 0


@pytest.mark.parametrize(
    ("wrong", "tolerance", "message"),
    [
        ([], 0.02, "counts"),
        ([1001], 0.02, "counts"),
        ([-1], 0.02, "counts"),
        ([9], 0.0, "tolerance"),
        ([9], 0.9, "tolerance"),
    ],
)
def test_impossible_counts_and_tolerances_are_refused(wrong, tolerance, message) -> None:
    """Without a tolerance nothing could ever be shown to stay at chance."""
    with pytest.raises(ValueError, match=message):
        against_chance(wrong, 1000, 0.9, tolerance=tolerance)
