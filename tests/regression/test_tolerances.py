"""Tolerances of numbers: zero where nothing moves them, and never smaller for a larger disturbance."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.regression import tolerances
from harness.regression.tolerances import departures, furthest

NUMBERS = st.lists(st.floats(-100, 100), min_size=1, max_size=8)


@given(NUMBERS)
def test_numbers_are_no_distance_from_themselves(values: list[float]) -> None:
    """This holds even with a tolerance of zero."""
    found = furthest(departures(values, values, [0.0] * len(values)))
    assert found is not None
    assert found.times == 0


def test_the_furthest_is_that_which_exceeds_most_what_it_may() -> None:
    """The largest movement may be another one."""
    found = furthest(departures([1.0, 2.0, 3.0], [1.1, 2.5, 3.0], [0.01, 0.5, 0.1]))
    assert found is not None
    assert (found.place, round(found.times)) == (0, 10)


@pytest.mark.parametrize(("before", "now"), [(1.0, math.nan), (math.inf, 1.0), (math.inf, -math.inf)])
def test_what_is_no_number_is_infinitely_far(before: float, now: float) -> None:
    """It is far from every number, and from another kind of non-number."""
    found = furthest(departures([before], [now], [1e9]))
    assert found is not None
    assert found.times == math.inf


def test_no_number_is_near_itself() -> None:
    """A training that diverged still diverges."""
    found = furthest(departures([math.nan], [math.nan], [0.0]))
    assert found is not None
    assert found.times == 0


def test_nothing_allowed_is_nothing() -> None:
    """Exact numbers have no tolerance."""
    found = furthest(departures([1.0], [1.0 + 1e-15], [0.0]))
    assert found is not None
    assert found.times == math.inf


@given(NUMBERS, st.floats(0, 1), st.floats(0, 1))
def test_runs_further_apart_allow_no_less(values: list[float], small: float, more: float) -> None:
    """The tolerance grows step by step."""
    narrow = tolerances.of_losses(values, [small] * len(values))
    wide = tolerances.of_losses(values, [small + more] * len(values))
    assert all(a <= b for a, b in zip(narrow, wide, strict=True))


def test_a_step_allows_what_any_before_it_does() -> None:
    """A disturbance of one loss has moved the weights."""
    allowed = tolerances.of_losses([2.0, 2.0, 2.0], [0.0, 1e-4, 0.0])
    assert allowed == [2.0 * tolerances.LOSS, tolerances.SPREAD * 1e-4, tolerances.SPREAD * 1e-4]


def test_chaos_begins_where_disturbed_runs_leave_each_other_and_never_ends() -> None:
    """A later coincidence means nothing."""
    allowed = tolerances.of_losses([2.0] * 4, [0.0, 1e-6, 0.1, 0.0])
    assert tolerances.chaotic_from(allowed) == 2
    assert [math.isinf(may) for may in allowed] == [False, False, True, True]


def test_a_training_that_stays_in_line_is_never_chaotic() -> None:
    """All its steps are compared."""
    assert tolerances.chaotic_from(tolerances.of_losses([2.0, 1.0], [1e-7, 1e-6])) is None


def test_the_furthest_run_counts_number_by_number() -> None:
    """Each number may have another furthest run."""
    runs = [[1.0, 2.5], [0.75, 2.0]]
    assert tolerances.furthest_apart(runs, [1.0, 2.0]) == [0.25, 0.5]


@pytest.mark.parametrize("run", [[1.0, math.nan], [1.0, math.inf], [1.0]])
def test_a_run_that_diverged_is_far(run: list[float]) -> None:
    """The distance is a number that a document can hold."""
    assert tolerances.furthest_apart([run], [1.0, 2.0]) == [0.0, tolerances.FAR]


def test_the_first_step_is_compared_whatever_comes_later() -> None:
    """Rounding errors have not grown in it."""
    assert tolerances.of_updates([0.0, 1.0], [0.0, 0.01], first=True) == [tolerances.SPREAD * 0.01] * 2
    assert tolerances.of_updates([0.0, 1.0], [0.0, 0.5], first=False) == [math.inf] * 2


def test_disturbed_runs_widen_a_first_step_by_no_more_than_one_step_can() -> None:
    """An edited baseline that is sealed anew could give any number."""
    widest = [tolerances.SPREAD * tolerances.LINEAR_UPDATES * 2.0] * 2
    assert tolerances.of_updates([0.0, 2.0], [0.0, 1e9], first=True) == widest


def test_logs_of_probabilities_are_logits_again() -> None:
    """They are equal up to their mean, image by image."""
    found = tolerances.centred_logs([0.25, 0.75, 0.5, 0.5], 2)
    assert found == pytest.approx([-math.log(3) / 2, math.log(3) / 2, 0, 0])


def test_a_number_without_a_partner_is_too_far() -> None:
    """A training that now diverges earlier has fewer losses."""
    assert [one.times for one in departures([1.0, 2.0, 3.0], [1.0], [1.0, 1.0, 1.0])] == [0.0, math.inf]
    assert departures([1.0], [1.0, 2.0], [1.0])[-1].now == 2.0
