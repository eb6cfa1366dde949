"""Tests of scaled widths."""

from hypothesis import given
from hypothesis import strategies as st

from harness.models.geometry import scaled


@given(units=st.integers(1, 5000), width=st.floats(0.001, 4))
def test_a_scaled_number_is_even_and_the_nearest_there_is(units, width):
    """A scaled number is even, at least 2, and within one of the exact one."""
    number = scaled(units, width)
    assert number % 2 == 0
    assert number == 2 or abs(number - units * width) <= 1


@given(units=st.integers(1, 2500).map(lambda half: 2 * half))
def test_at_full_width_the_papers_numbers_stay(units):
    """At full width the paper's numbers, which are all even, stay."""
    assert scaled(units, 1.0) == units
