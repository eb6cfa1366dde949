"""Evaluates arithmetic given as text: numbers, names, + - * / ** and four functions.

The text is parsed and the tree is walked. No part of it is ever executed as Python.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 200
"""Largest length in characters. A printed relation between printed numbers is shorter."""

LARGEST_EXPONENT = 1000.0

FUNCTIONS: dict[str, Callable[..., float]] = {"log2": math.log2, "sqrt": math.sqrt, "min": min, "max": max}


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > LARGEST_EXPONENT:
        raise ValueError(f"an exponent of {exponent:g} is too large; at most {LARGEST_EXPONENT:g}")
    if base < 0 and not exponent.is_integer():
        raise ValueError(f"{base:g} ** {exponent:g} is no real number")
    return float(base**exponent)


_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _power,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def evaluate(text: str, names: Mapping[str, float]) -> float:
    """Return the value of an expression over named numbers.

    Raises ValueError that says what is wrong, and at which character.

    >>> evaluate("100 * (a - b) / a", {"a": 7.4, "b": 3.7})
    50.0
    """
    if len(text) > LONGEST:
        raise ValueError(f"{len(text)} characters are too long for an expression; split it, at most {LONGEST}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's warnings do not apply to expressions
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" at character {error.offset}" if isinstance(error, SyntaxError) else ""
        raise ValueError(f"{text!r} is not an arithmetic expression{place}") from None
    try:
        return _finite(_value(tree, names))
    except (OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"{text!r} has no value: {error}") from None


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id=name):
            raise ValueError(f"unknown name {name!r}{_at(node)}; there are {', '.join(names) or 'none'}")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, names))
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as arguments, keywords=[]) if name in FUNCTIONS:
            return _called(name, [_value(argument, names) for argument in arguments], node)
        case _:
            allowed = f"numbers, names, + - * / ** ( ) and {', '.join(FUNCTIONS)}"
            raise ValueError(f"{ast.unparse(node)!r}{_at(node)} is not allowed; only {allowed} are")


def _called(name: str, values: list[float], node: ast.AST) -> float:
    try:
        return float(FUNCTIONS[name](values) if name in {"min", "max"} else FUNCTIONS[name](*values))
    except (TypeError, ValueError):
        given = ", ".join(f"{value:g}" for value in values)
        raise ValueError(f"{name}({given}){_at(node)} has no value") from None


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise OverflowError("too large")
    return value


def _at(node: Any) -> str:
    return f" at character {node.col_offset + 1}"
