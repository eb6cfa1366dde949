"""Numbers as text: one digit more than the paper prints, a true minus sign, and a dash for what was not measured."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from harness.suite.printed import has_magnitude

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EM DASH}"

_WHOLE_FROM = 10_000  # a count such as 60,965,224 is read to the unit, never to a decimal of it
_EXACTLY_WHOLE = 2**53  # above, a float does not hold every whole number
_FIRST_NUMBER = re.compile(r"\d[\d,]*(?:\.(\d+))?")


def digits_after(printed: str | None) -> int | None:
    """Decimals to show beside a printed number: one more than it has, none beside millions; None without a number."""
    if has_magnitude(printed or ""):
        return 0
    found = _FIRST_NUMBER.search(printed or "")
    return None if found is None else len(found[1] or "") + 1


def plain(value: float | None, digits: int | None = None) -> str:
    """A number in ASCII with `digits` decimals, or four significant digits for None; empty where there is no number."""
    if value is None or not math.isfinite(value):
        return ""
    if abs(value) >= _WHOLE_FROM or (digits is None and abs(value) >= 1000):
        return f"{value:,.0f}"
    text = f"{value:.4g}" if digits is None else f"{value:,.{digits}f}"
    return text if float(text.replace(",", "")) else text.removeprefix("-")


def number(value: float | None, digits: int | None = None) -> str:
    """A number as it is set on the page; a dash where there is none."""
    return plain(value, digits).replace("-", MINUS) or ABSENT


def signed(value: float | None, digits: int | None = None) -> str:
    """A difference, with its sign even when it is positive; what rounds to zero has none."""
    text = plain(value, digits)
    rises = bool(text) and float(text.replace(",", "")) > 0
    return f"+{text}".replace("-", MINUS) if rises else number(value, digits)


def interval(bounds: Sequence[float] | None, digits: int | None = None) -> str:
    """An interval in brackets; a dash where there is none."""
    if bounds is None:
        return ABSENT
    low, high = bounds
    return f"[{number(low, digits)}, {number(high, digits)}]"


def probability(p: float | None) -> str:
    """A p value to two significant digits; below one in a thousand it only says so."""
    if p is None:
        return ABSENT
    return "< 0.001" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def leaf(value: object) -> str:
    """One value of a record, exactly: text as it is, anything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def measured(value: object) -> str:
    """One measured value: whole numbers to the unit, others to six significant digits, anything else exactly."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACTLY_WHOLE:
        return f"{value:,.0f}".replace("-", MINUS)
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}".replace("-", MINUS)
    return leaf(value)


def flattened(node: object, path: str = "") -> list[tuple[str, str]]:
    """A nested record as (dotted path, value) pairs, in its own order; lists of plain values stay on one line."""
    if isinstance(node, dict) and node:
        return [pair for key, child in node.items() for pair in flattened(child, f"{path}.{key}" if path else str(key))]
    if isinstance(node, list) and any(isinstance(child, dict) for child in node):
        return [pair for place, child in enumerate(node) for pair in flattened(child, f"{path}[{place}]")]
    return [(path, leaf(node))]
