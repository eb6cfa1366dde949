"""Numbers as text: digits follow the paper's own print, signs are true, nothing is invented."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.page import numbers

REALS = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("37.5", 2),
        ("24.20", 3),
        ("13", 1),
        ("253,440", 1),
        ("about -2", 1),
        ("<0.3%", 2),
        ("six times", None),
        (None, None),
    ],
)
def test_one_digit_more_than_printed(printed, expected):
    """The zero of 24.20 counts, a thousands separator does not."""
    assert expected == numbers.digits_after(printed)


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (36.916, 2, "36.92"),
        (36.9, 2, "36.90"),
        (-0.001, 2, "0.00"),
        (60965224.0, 1, "60,965,224"),
        (1234.5, 2, "1,234.50"),
        (1234.5, None, "1,234"),
        (0.123456, None, "0.1235"),
        (None, 2, ""),
        (math.nan, 2, ""),
        (math.inf, 2, ""),
    ],
)
def test_plain(value, digits, expected):
    """Counts to the unit, no negative zero, nothing where there is no number."""
    assert expected == numbers.plain(value, digits)


@given(REALS, st.integers(0, 6))
def test_plain_is_within_half_a_digit(value, digits):
    """What is shown differs from the value by rounding only."""
    half = 0.5 if abs(value) >= 10_000 else 0.5 * 10**-digits

    assert float(numbers.plain(value, digits).replace(",", "")) == pytest.approx(value, abs=half * (1 + 1e-9))


@given(REALS, st.integers(0, 6))
def test_no_hyphen_stands_for_a_minus(value, digits):
    """A negative number has a true minus sign, which does not break from its digits."""
    shown = numbers.number(value, digits)

    assert "-" not in shown
    assert shown.startswith(numbers.MINUS) == (float(numbers.plain(value, digits).replace(",", "")) < 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, "+0.50"), (-0.5, "\N{MINUS SIGN}0.50"), (0.001, "0.00"), (0.0, "0.00"), (None, "\N{EM DASH}")],
)
def test_signed(value, expected):
    """A difference carries its sign; none where it rounds to zero."""
    assert expected == numbers.signed(value, 2)


def test_interval():
    """Both ends with the same digits, or a dash."""
    assert numbers.interval([-1.0, 2.345], 2) == "[\N{MINUS SIGN}1.00, 2.35]" or numbers.interval(None) == ""
    assert numbers.interval(None, 2) == "\N{EM DASH}"


@pytest.mark.parametrize(("p", "expected"), [(0.0004, "< 0.001"), (0.0123, "0.012"), (0.25, "0.25"), (1.0, "1.00")])
def test_probability(p, expected):
    """Two significant digits, and no p of zero."""
    assert expected == numbers.probability(p)


def test_measured():
    """Values are shown to six digits; a record's own values exactly."""
    assert numbers.measured(0.12345678) == "0.123457"
    assert numbers.leaf(0.12345678) == "0.12345678"
    assert numbers.leaf(None) == "null"
    assert numbers.measured(-1.5) == "\N{MINUS SIGN}1.5"


def test_flattened():
    """Every leaf once, under its dotted path; lists of records are numbered, other lists stay whole."""
    record = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": "x"}, {"e": True}], "f": {}, "g": []}

    assert numbers.flattened(record) == [
        ("a.b", "1"),
        ("a.c", "[1, 2]"),
        ("d[0].e", "x"),
        ("d[1].e", "true"),
        ("f", "{}"),
        ("g", "[]"),
    ]


def test_an_exponent_has_the_same_minus_as_a_number() -> None:
    """Whatever the sign of the number."""
    assert numbers.signed(4.4e-16) == f"+4.4e{numbers.MINUS}16"
    assert numbers.signed(-4.4e-16) == f"{numbers.MINUS}4.4e{numbers.MINUS}16"
