"""Tests of arithmetic as text: its values, and its refusal of anything else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.measures.expression import evaluate

NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("32 * 32 * 2", 2048),
        ("33 * 33 * 2", 2178),
        ("log2(1000)", math.log2(1000)),
        ("(1 / sqrt(2)) ** 22", 2**-11),
        ("min(3, 1, 2) + max(3, 1, 2)", 4),
        ("1.2e6 / 128", 9375),
    ],
)
def test_an_expression_has_the_value_that_it_has_on_paper(text, value):
    """Expressions have the values they have on paper, with Python's precedence."""
    assert evaluate(text, {}) == pytest.approx(value, rel=1e-15)


@given(NUMBERS, NUMBERS)
def test_names_stand_for_their_numbers(a, b):
    """Names stand for the given numbers."""
    assert evaluate("a - b", {"a": a, "b": b}) == a - b
    assert evaluate("max(a, b) - min(a, b)", {"a": a, "b": b}) == abs(a - b)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.real",
        "a[0]",
        "[1][0]",
        "lambda: 1",
        "1 if a else 2",
        "a < 2",
        "a and 1",
        "not a",
        "'text'",
        "True",
        "None",
        "1j",
        "7 // 2",
        "7 % 2",
        "1 << 3",
        "~1",
        "sqrt(x=2)",
        "sqrt()",
        "max(*[1, 2])",
        "exec(a)",
        "(a := 1)",
        "f'{a}'",
        "{1}",
    ],
)
def test_everything_else_is_refused_with_its_place(text):
    """Anything else is refused; the message quotes the part, its position and what is allowed."""
    with pytest.raises(ValueError, match=r"at character|not an arithmetic expression"):
        evaluate(text, {"a": 1.0})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "has no value"),
        ("0 ** -1", "has no value"),
        ("10.0 ** 400", "has no value"),
        ("1e308 * 10", "too large"),
        ("1e400", "too large"),
        ("9 ** 9 ** 9", "exponent of 3.8742e.08 is too large"),
        ("(-1) ** 0.5", "is no real number"),
        ("sqrt(-1)", r"sqrt\(-1\) at character 1 has no value"),
        ("log2(0)", r"log2\(0\) at character 1 has no value"),
        ("sqrt(1, 2)", "has no value"),
        ("1 +", "not an arithmetic expression at character"),
        ("", "not an arithmetic expression"),
        ("b + 1", "unknown name 'b' at character 1; there are a"),
        ("1" * 201, "201 characters are too long"),
        ("\0", "not an arithmetic expression"),
    ],
)
def test_what_has_no_value_says_why(text, message):
    """An expression without a value says why, also at the limits of time and memory."""
    with pytest.raises(ValueError, match=message):
        evaluate(text, {"a": 1.0})


@given(st.text(alphabet="0123456789.abelogsqrtminx+-*/() ,_[]{}:=<'", max_size=30))
def test_any_text_has_a_finite_value_or_is_refused(text):
    """Any text gives a finite number or a ValueError."""
    try:
        value = evaluate(text, {"a": 2.0, "b": 3.0})
    except ValueError:
        return
    assert math.isfinite(value)
