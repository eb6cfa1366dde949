"""Equivalence with printed numbers: rounding, the two one-sided tests, and the seeds that would settle it."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics import Levels
from harness.judge.statistics.equivalence import (
    equal_within,
    equivalence,
    equivalence_to_runs,
    relative_within,
    seeds_to_settle,
)
from harness.suite.printed import half_last_digit, printed_number

errors = st.lists(st.integers(3000, 4000).map(lambda count: count / 100), min_size=3, max_size=10)


@pytest.mark.parametrize(
    ("printed", "half"),
    [
        ("24.20", 0.005),
        ("37.5", 0.05),
        ("42", 0.5),
        ("-3.1", 0.05),
        ("253,440", 0.5),
        ("1.2e6", 50_000.0),
        (".5", 0.05),
    ],
)
def test_a_printed_number_is_known_to_half_its_last_digit(printed, half) -> None:
    """A trailing zero is a digit: 24.20 says more than 24.2."""
    assert half_last_digit(printed) == half


@pytest.mark.parametrize("text", ["", "60 million", "<0.3", "nan", "inf", "37.5%", "1,00", "1_000"])
def test_what_is_not_a_printed_number_is_refused(text) -> None:
    """Only a plain number is read; words and signs around it belong elsewhere."""
    with pytest.raises(ValueError, match="not a printed number"):
        printed_number(text)


def test_a_printed_number_keeps_its_digits() -> None:
    """Commas go, zeros stay."""
    assert str(printed_number("253,440")) == "253440"
    assert printed_number("24.20").as_tuple() == Decimal("24.20").as_tuple()


@given(errors, st.sampled_from(["37.5", "35.00", "36"]), st.sampled_from([0.6, 1.0, 2.0]))
def test_tost_is_the_larger_of_two_one_sided_t_tests(values, printed, margin) -> None:
    """The p-value is that of scipy's one-sided tests against the margin less the rounding."""
    inside = margin - half_last_digit(printed)
    values[0] += 0.005  # never all equal
    expected = max(
        stats.ttest_1samp(values, float(printed) - inside, alternative="greater").pvalue,
        stats.ttest_1samp(values, float(printed) + inside, alternative="less").pvalue,
    )

    assert equivalence(values, printed, margin).p_within == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(errors, st.sampled_from([0.1, 0.5, 2.0]), st.sampled_from([0.8, 0.9, 0.95]))
def test_position_and_p_values_tell_the_same(values, margin, level) -> None:
    """Within if and only if TOST rejects, outside if and only if the two-sided test against the margin does."""
    found = equivalence([*values, 36.005], "35.0", margin, Levels(1 - level, (1 - level) / 2))

    assert (found.position == "within") == (found.p_within < 1 - level)
    assert (found.position in {"above", "below"}) == (found.p_outside < 1 - level)


def test_the_four_positions() -> None:
    """Inside, beyond on either side, and across an edge, which a mean far from the printed number may be too."""
    near, spread_out = [37.45, 37.50, 37.55], [36.5, 37.5, 38.5]

    assert equivalence(near, "37.5", 0.5).position == "within"
    assert equivalence(near, "30.0", 0.5).position == "above"
    assert equivalence(near, "45.0", 0.5).position == "below"
    assert equivalence(spread_out, "37.5", 0.5).position == "undecided"
    assert equivalence(near, "37.0", 0.5).position == "undecided"
    assert equivalence(near, "38.0", 0.5).position == "undecided"


def test_the_last_digit_can_undo_a_match() -> None:
    """The same runs that match 37.50 do not match 37.5, which may mean 37.45."""
    runs = [37.92, 37.93, 37.94]

    assert equivalence(runs, "37.50", 0.46).position == "within"
    assert equivalence(runs, "37.5", 0.46).position == "undecided"
    assert equivalence(runs, 37.5, 0.46).rounding == 0


def test_the_last_digit_can_undo_a_difference() -> None:
    """Runs wholly beyond the margin of 37.50 may lie within that of what 37.5 was rounded from."""
    runs = [38.05, 38.06, 38.07]

    assert equivalence(runs, "37.50", 0.5).position == "above"
    assert equivalence(runs, "37.5", 0.5).position == "undecided"


def test_a_margin_within_the_rounding_never_matches() -> None:
    """A paper that prints whole numbers cannot be matched to a tenth, and the reason says so."""
    found = equivalence([37.0, 37.0001, 36.9999], "37", 0.1)

    assert found.position == "undecided"
    assert found.settles_at is None
    assert "rounding" in found.reason


def test_two_seeds_are_measured_but_not_judged() -> None:
    """Below three seeds there are intervals and no outcome; with one there is an error."""
    found = equivalence([37.5, 37.5001], "37.50", 0.5)

    assert found.position == "undecided"
    assert "at least 3" in found.reason
    with pytest.raises(ValueError, match="at least 2"):
        equivalence([37.5], "37.5", 0.5)


def test_equal_runs_have_p_values_of_0_and_1_and_say_so() -> None:
    """Without any spread nothing is divided by zero and the reason names it."""
    found = equivalence([37.5] * 3, "37.5", 0.5)

    assert (found.position, found.p_within, found.p_outside) == ("within", 0.0, 1.0)
    assert "same value" in found.reason
    assert equivalence([37.5] * 3, 37.0, 0.5).position == "undecided"  # on the margin itself


def test_equal_runs_are_spread_by_the_step_of_the_metric() -> None:
    """Three seeds that agree on 360 images are still uncertain by two such images, as if one had been up or down."""
    step = 100 / 360
    found = equivalence([10.0] * 3, 10.0, 0.2, resolution=step)

    assert found.std == pytest.approx(1.5 * step)
    assert found.position == "undecided"
    assert equivalence([10.0] * 3, 10.0, 1.0, resolution=step).position == "within"


@pytest.mark.parametrize(("runs", "least"), [((9.75, 10.0, 10.0, 10.0, 10.0), 0.75), ((9.75, 9.75, 10.25, 9.75), 1.5),
                                             ((9.75, 10.0, 10.0, 10.0, 10.0, 10.0), 0.8),
                                             ((9.0, 9.0, 10.25, 9.0, 9.0), 1.5)])  # fmt: skip
def test_the_spread_is_a_part_of_the_smallest_gap_or_more(runs: tuple[float, ...], least: float) -> None:
    """Of one step where two runs are neighbours, else of two; a spread that is larger is left as it is."""
    found = equivalence(runs, 10.0, 5.0, resolution=0.25).std
    assert found == pytest.approx(max(stdev(runs), least * 0.25))
    assert equivalence(runs, 10.0, 5.0, resolution=0.001).std == pytest.approx(stdev(runs))


@given(errors, st.integers(-500, 500))
def test_shifting_runs_and_figure_together_changes_nothing(values, shift) -> None:
    """Only the difference counts."""
    values = [*values, 36.005]
    plain, moved = equivalence(values, 35.0, 0.7), equivalence([v + shift for v in values], 35.0 + shift, 0.7)

    assert moved.p_within == pytest.approx(plain.p_within, rel=1e-6, abs=1e-12)
    assert moved.p_outside == pytest.approx(plain.p_outside, rel=1e-6, abs=1e-12)


@given(errors)
def test_mirrored_runs_have_the_mirrored_position(values) -> None:
    """Above becomes below, the rest stays."""
    opposite = {"above": "below", "below": "above", "within": "within", "undecided": "undecided"}

    found, mirrored = equivalence(values, 35.0, 0.5), equivalence([-v for v in values], -35.0, 0.5)

    assert mirrored.position == opposite[found.position]


@given(errors, st.sampled_from([0.1, 0.5, 1.0]), st.sampled_from([1.5, 3.0]))
def test_a_wider_margin_never_loses_a_match(values, margin, factor) -> None:
    """Matching is monotone in the margin."""
    narrow, wide = equivalence(values, "35.0", margin), equivalence(values, "35.0", margin * factor)

    assert wide.p_within <= narrow.p_within
    assert narrow.position != "within" or wide.position == "within"


@given(errors)
def test_arms_equal_within_are_their_differences_against_zero(values) -> None:
    """Paired TOST is TOST on the differences, whatever the seeds have in common."""
    b = np.array([*values, 36.0])
    differences = np.linspace(-0.3, 0.4, len(b))

    found = equal_within(b + differences, b, 1.0)
    alone = equivalence(differences, 0.0, 1.0)

    assert found.p_within == pytest.approx(alone.p_within, rel=1e-6)
    assert found.position == alone.position
    assert "mean difference" in found.inner.speaks_of


def test_a_diverged_run_has_no_place_in_an_equivalence() -> None:
    """A run without a value is an error here, not a silent drop."""
    with pytest.raises(ValueError, match="diverged"):
        equal_within([1.0, math.nan, 2.0], [1.0, 1.0, 1.0], 0.5)


@pytest.mark.parametrize(("std", "difference", "margin"), [(0.3, 0.1, 0.5), (0.3, 0.9, 0.5), (0.2, -0.3, 0.5)])
def test_seeds_to_settle_is_the_first_number_that_settles(std, difference, margin) -> None:
    """Runs of just that mean and spread settle with so many seeds and not with one fewer."""
    n = seeds_to_settle(std, difference, margin)

    assert n is not None
    assert equivalence(_runs(n, difference, std), 0.0, margin).position != "undecided"
    assert n == 3 or equivalence(_runs(n - 1, difference, std), 0.0, margin).position == "undecided"


def test_an_undecided_cell_says_how_many_seeds_would_settle_it() -> None:
    """The number stands in the result; a settled one has none."""
    assert equivalence(_runs(3, 0.1, 0.3), 0.0, 0.5).settles_at == seeds_to_settle(0.3, 0.1, 0.5)
    assert equivalence(_runs(30, 0.1, 0.3), 0.0, 0.5).settles_at is None


@pytest.mark.parametrize("difference", [0.5, -0.5, 0.499, 0.46, 0.54])
def test_a_difference_on_the_margin_never_settles(difference) -> None:
    """On the margin, or nearer to it than the rounding, no number of seeds is enough."""
    assert seeds_to_settle(0.3, difference, 0.5, rounding=0.05, max_n=5000) is None


def test_seeds_to_settle_stops_at_its_bound() -> None:
    """What would take more seeds than allowed counts as never."""
    n = seeds_to_settle(1.0, 0.2, 0.5)

    assert n is not None
    assert seeds_to_settle(1.0, 0.2, 0.5, max_n=n) == n
    assert seeds_to_settle(1.0, 0.2, 0.5, max_n=n - 1) is None


@pytest.mark.parametrize(
    ("value", "position"),
    [(60_965_224, "within"), (61.2e6, "within"), (58.8e6, "within"), (62.4e6, "above"), (0, "below")],
)
def test_round_figures_hold_to_two_percent_ends_included(value, position) -> None:
    """AlexNet's 60,965,224 parameters are the "60 million" of its abstract."""
    assert relative_within(value, 60e6, 0.02).position == position


def test_a_negative_round_figure_keeps_its_sides() -> None:
    """Less than a negative figure is below it."""
    assert relative_within(-12.0, -10.0, 0.1).position == "below"


@pytest.mark.parametrize("bad", [(1.0, 0.0, 0.02), (1.0, 1.0, -0.02), (math.nan, 1.0, 0.02), (1.0, math.inf, 0.02)])
def test_a_round_figure_needs_numbers(bad) -> None:
    """NaN is not within anything, and nothing is within a fraction of 0."""
    with pytest.raises(ValueError, match="finite"):
        relative_within(*bad)


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan])
def test_a_margin_must_be_positive(margin) -> None:
    """A margin of nothing would match nothing: an error of the suite."""
    with pytest.raises(ValueError, match="margin must be positive"):
        equivalence([1.0, 2.0, 3.0], "2.0", margin)


def _runs(n: int, mean: float, std: float) -> np.ndarray:
    """Runs of exactly this mean and sample standard deviation."""
    runs = np.arange(n, dtype=float)
    return mean + std * (runs - runs.mean()) / runs.std(ddof=1)


@given(
    st.lists(st.floats(5, 8), min_size=3, max_size=8),
    st.floats(0.05, 1.0),
    st.integers(2, 12),
    st.floats(0.02, 2.0),
)
def test_a_printed_spread_makes_it_welchs_test(values, std, runs, margin) -> None:
    """Interval and p-value are those of scipy's Welch test from the printed summary, the margin less the rounding."""
    values = [values[0] + 0.05, *values[1:]]
    if np.ptp(values) < 1e-6:
        return
    found = equivalence_to_runs(values, "6.61", std, runs, margin)
    ours = np.mean(values), np.std(values, ddof=1), len(values)
    inside = margin - 0.005
    tails = [
        stats.ttest_ind_from_stats(*ours, bound, std, runs, equal_var=False, alternative=side).pvalue
        for bound, side in ((6.61 - inside, "greater"), (6.61 + inside, "less"))
    ]
    assert found.p_within == pytest.approx(max(tails), abs=1e-9)
    test = stats.ttest_ind_from_stats(*ours, 6.61, std, runs, equal_var=False)
    half = stats.t.ppf(0.975, _welch_df(ours, std, runs)) * abs(found.difference / test.statistic)
    assert found.outer.high - found.difference == pytest.approx(half, rel=1e-6)


def _welch_df(ours, std, runs):
    a, b = ours[1] ** 2 / ours[2], std**2 / runs
    return (a + b) ** 2 / (a**2 / (ours[2] - 1) + b**2 / (runs - 1))


def test_a_printed_spread_never_narrows() -> None:
    """Where the mean alone would match, the uncertainty of five printed runs may leave it open; and it is said."""
    values = [6.7, 6.75, 6.65, 6.7, 6.72]
    known, sampled = equivalence(values, "6.61", 0.2), equivalence_to_runs(values, "6.61", 0.16, 5, 0.2)
    assert (known.position, sampled.position) == ("within", "undecided")
    assert "against a mean of 5 printed runs (Welch)" in sampled.reason
    assert equivalence_to_runs(values, "6.61", 0.16, 5, 0.5).position == "within"
    with pytest.raises(ValueError, match="two runs or more"):
        equivalence_to_runs(values, "6.61", 0.16, 1, 0.2)
