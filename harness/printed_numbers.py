"""Numbers as papers print them, and how well a printed number is known."""

from __future__ import annotations

import re
from decimal import Decimal

_PRINTED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d+)?|[+-]?\.\d+([eE][+-]?\d+)?")


def printed_number(text: str) -> Decimal:
    """Read a number as a paper prints it, thousands commas allowed; ValueError for anything else."""
    if not _PRINTED.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a printed number such as 24.20 or 253,440")
    return Decimal(text.strip().replace(",", ""))


def half_last_digit(printed: str) -> float:
    """Half a unit of the last digit printed: 0.005 for "24.20"; how far the number meant may lie from that printed."""
    exponent = printed_number(printed).as_tuple().exponent
    assert isinstance(exponent, int)  # the pattern admits no NaN and no infinity
    return float(Decimal(5).scaleb(exponent - 1))
