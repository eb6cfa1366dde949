"""When the learning rate drops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.recipe import FixedDrops, Plateau
from harness.jobs.training.schedule import Rate

PLATEAU = Plateau(rule="plateau", drops=3, patience=2, smallest_gain=0.1)


def drops(schedule, errors):
    """The epochs, from 1, after which the rate drops for these validation errors."""
    rate, found = Rate(1.0), []
    for epoch, error in enumerate(errors, start=1):
        before = rate.value
        rate.after_epoch(schedule, epoch, error)
        if rate.value != before:
            found.append(epoch)
    return found


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([50, 40, 30, 20, 10], []),
        ([50, 50, 50], [3]),
        ([50, 49.95, 49.91], [3]),
        ([50, 51, 49, 51, 49], [5]),
        ([50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50], [3, 5, 7]),
        ([50, 60, 60, 55, 55, 49, 49, 49], [3, 5, 8]),
    ],
    ids=["improving", "still", "too small a gain", "a gain starts the count anew", "three at most", "best of all time"],
)
def test_plateau_drops_when_the_error_has_stopped_falling(errors, expected):
    """After `patience` epochs without a gain on the best error so far, and at most `drops` times."""
    assert drops(PLATEAU, errors) == expected


@pytest.mark.parametrize("first", [37.3, 37.4, 50.0, 99.9])
def test_a_gain_of_just_the_smallest_counts(first):
    """The rule says "at least", and binary fractions do not change that."""
    assert drops(PLATEAU, [first, round(first - 0.1, 1), first, first]) == [4]


def test_without_a_smallest_gain_an_equal_error_is_none():
    """Standing still is no improvement."""
    schedule = Plateau(rule="plateau", drops=1, patience=2, smallest_gain=0)
    assert drops(schedule, [50, 50, 50]) == [3]


@given(st.lists(st.floats(0, 100), max_size=60))
def test_plateau_never_drops_more_often_than_declared(errors):
    """The paper's authors dropped three times."""
    assert len(drops(PLATEAU, errors)) <= PLATEAU.drops


@given(st.lists(st.floats(0, 100), min_size=9, max_size=9))
def test_fixed_drops_come_when_declared_whatever_the_error(errors):
    """After the listed epochs and no others."""
    assert drops(FixedDrops(rule="fixed", after=[2, 5]), errors) == [2, 5]


def test_a_drop_multiplies_by_the_factor():
    """And a second one multiplies what is left."""
    rate, schedule = Rate(0.01), FixedDrops(rule="fixed", after=[1, 2], factor=0.5)
    values = []
    for epoch in (1, 2, 3):
        rate.after_epoch(schedule, epoch, 50.0)
        values.append(rate.value)
    assert values == [0.005, 0.0025, 0.0025]
