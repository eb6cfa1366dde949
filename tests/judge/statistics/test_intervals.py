"""Intervals against published examples and scipy.stats, and the properties that any interval must have."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.statistics.intervals import (
    SPEAKS_OF,
    Interval,
    as_sample,
    prediction_interval,
    spread,
    t_interval,
    wilson,
)

# Student (1908), extra hours of sleep, drug 1 less drug 2: the `sleep` data of R.
SLEEP_DIFFERENCES = [-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4]

values = st.lists(st.integers(0, 10_000).map(lambda count: count / 100), min_size=2, max_size=12)
levels = st.floats(0.5, 0.999)


def test_t_interval_of_students_sleep_data() -> None:
    """The interval is the one R's t.test prints for the sleep data."""
    interval = t_interval(SLEEP_DIFFERENCES)

    assert (interval.low, interval.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


@pytest.mark.parametrize("make", [t_interval, prediction_interval])
def test_two_values_make_an_interval_and_one_does_not(make) -> None:
    """Two seeds are the fewest that show a spread."""
    assert make([1.0, 2.0]).high > 2.0
    with pytest.raises(ValueError, match="at least 2"):
        make([1.0])


def test_prediction_interval_of_ten_runs_against_scipy() -> None:
    """One more run is predicted with the standard error of a difference between it and the mean."""
    mean, std, n = np.mean(SLEEP_DIFFERENCES), np.std(SLEEP_DIFFERENCES, ddof=1), len(SLEEP_DIFFERENCES)
    expected = stats.t.interval(0.9, n - 1, loc=mean, scale=std * math.sqrt(1 + 1 / n))

    interval = prediction_interval(SLEEP_DIFFERENCES, level=0.9)

    assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("errors", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_of_newcombes_examples(errors, n, low, high) -> None:
    """The four examples of Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    interval = wilson(errors, n)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("n", [3, 20, 10_000])
def test_wilson_reaches_0_and_1_exactly(n) -> None:
    """No error gives a lower side of 0 and not of a rounding below it."""
    assert wilson(0, n).low == 0
    assert wilson(n, n).high == 1


@given(st.integers(0, 300), st.integers(1, 300), levels)
def test_wilson_agrees_with_scipy(errors, n, level) -> None:
    """The formula written out gives what scipy.stats gives."""
    errors = min(errors, n)
    expected = stats.binomtest(errors, n).proportion_ci(level, method="wilson")

    interval = wilson(errors, n, level)

    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.integers(0, 300), st.integers(1, 300))
def test_wilson_stays_between_0_and_1_and_mirrors(errors, n) -> None:
    """The interval of the right answers is that of the wrong ones, mirrored."""
    errors = min(errors, n)
    wrong, right = wilson(errors, n), wilson(n - errors, n)

    assert 0 <= wrong.low <= errors / n <= wrong.high <= 1
    assert (wrong.low, wrong.high) == pytest.approx((1 - right.high, 1 - right.low), abs=1e-12)


@pytest.mark.parametrize(("errors", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_wilson_refuses_impossible_counts(errors, n) -> None:
    """Counts that no test set can give are an error, not an interval."""
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(errors, n)


@pytest.mark.parametrize("make", [t_interval, prediction_interval])
@given(sample=values, shift=st.integers(-100, 100), scale=st.integers(1, 50))
def test_intervals_move_and_stretch_with_their_values(make, sample, shift, scale) -> None:
    """A change of unit changes the interval by the same rule."""
    plain, changed = make(sample), make([scale * value + shift for value in sample])

    assert (changed.low, changed.high) == pytest.approx(
        (scale * plain.low + shift, scale * plain.high + shift), rel=1e-9, abs=1e-6
    )


@pytest.mark.parametrize("make", [t_interval, prediction_interval])
@given(sample=values)
def test_intervals_mirror_with_their_values(make, sample) -> None:
    """Negated values give the negated interval."""
    plain, mirrored = make(sample), make([-value for value in sample])

    assert (mirrored.low, mirrored.high) == pytest.approx((-plain.high, -plain.low), abs=1e-9)


@given(values, levels, levels)
def test_a_higher_level_gives_a_wider_interval(sample, one, other) -> None:
    """Intervals nest by level."""
    narrow, wide = (t_interval(sample, level) for level in sorted((one, other)))

    assert wide.low <= narrow.low <= narrow.high <= wide.high


@given(values)
def test_one_more_run_is_less_certain_than_the_mean(sample) -> None:
    """The prediction interval holds the interval of the mean."""
    mean, run = t_interval(sample), prediction_interval(sample)

    assert run.low <= mean.low <= mean.high <= run.high


def test_equal_values_have_no_spread_whatever_their_mean_rounds_to() -> None:
    """Three times 0.1 does not average to 0.1 in binary; its spread is 0 all the same."""
    assert np.std([0.1] * 3, ddof=1) > 0
    assert spread(as_sample([0.1] * 3)) == 0
    assert t_interval([0.1] * 3).low == t_interval([0.1] * 3).high


@pytest.mark.parametrize("bad", [[1.0, math.nan], [1.0, math.inf], [[1.0, 2.0], [3.0, 4.0]]])
def test_values_that_are_no_sample_are_refused(bad) -> None:
    """NaN, infinities and tables are errors rather than NaN intervals."""
    with pytest.raises(ValueError, match="values"):
        t_interval(bad)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_a_level_that_is_no_level_is_refused(level) -> None:
    """95 instead of 0.95 is said to be wrong."""
    with pytest.raises(ValueError, match="level lies strictly between 0 and 1"):
        t_interval([1.0, 2.0], level)


def test_every_kind_of_interval_says_what_it_speaks_of() -> None:
    """An interval over images never claims to speak of seeds."""
    assert wilson(1, 10).speaks_of == SPEAKS_OF["test_images"]
    assert "one trained net" in wilson(1, 10).speaks_of
    assert "mean over training seeds" in t_interval([1.0, 2.0]).speaks_of
    assert "one more training seed" in prediction_interval([1.0, 2.0]).speaks_of


def test_an_interval_scales_and_widens_and_keeps_its_order() -> None:
    """A proportion in percent, a rounding added on both sides, and sides that cross refused."""
    interval = Interval(0.25, 0.5, 0.95, "mean")

    assert interval.scaled(100) == Interval(25.0, 50.0, 0.95, "mean")
    assert interval.widened(0.25) == Interval(0.0, 0.75, 0.95, "mean")
    with pytest.raises(ValueError, match="low to high"):
        Interval(1.0, 0.0, 0.95, "mean")
    with pytest.raises(ValueError, match="low to high"):
        Interval(math.nan, 0.0, 0.95, "mean")


def test_the_package_and_a_verdict_do_without_scipy_stats() -> None:
    """Importing loads no part of scipy's special functions, and judging a cell and a claim not scipy.stats."""
    script = """if True:
        import sys
        import harness.judge.statistics as statistics
        assert not {"scipy.special", "scipy.stats"} & set(sys.modules)
        statistics.equivalence([37.4, 37.6, 37.5], "37.5", 0.5)
        statistics.compare_paired([1.0, 2.0, 3.5], [2.0, 4.0, 5.0])
        statistics.monotone_trend([[1.0, 2.0, 3.0], [1.0, 3.0, 2.0], [1.0, 2.0, 3.0]])
        assert "scipy.stats" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", script], check=True)
