"""Numbers as papers print them: zeros and thousands commas, a magnitude, or a mean with its spread over runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

MAGNITUDES = {"k": 3, "K": 3, "M": 6, "B": 9, "G": 9}
"""Powers of ten that a letter after a number stands for: 0.27M is 270,000."""

_DIGITS = r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
_NUMBER = re.compile(rf"({_DIGITS})(?: ?([{''.join(MAGNITUDES)}]))?", re.ASCII)
_POWERED = re.compile(r"(\d+(?:\.\d+)?) x 10\^([+-]?\d{1,3})", re.ASCII)
_SPREAD = re.compile(rf"(?:({_DIGITS}) ?\()?({_DIGITS}) ?(?:\u00b1|\+-|\+/-) ?({_DIGITS})(\))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class OverRuns:
    """A mean with a spread over several runs, and the best of them where that is printed: 6.43 (6.61 +- 0.16)."""

    mean: str
    spread: float
    """The standard deviation over the runs."""
    best: float | None = None


def over_runs(text: str) -> OverRuns | None:
    """Read a mean with its spread over runs; None for any other text.

    >>> over_runs("6.43 (6.61 +- 0.16)")
    OverRuns(mean='6.61', spread=0.16, best=6.43)
    """
    found = _SPREAD.fullmatch(text)
    if found is None or (found[1] is None) != (found[4] is None):
        return None
    best = None if found[1] is None else float(printed_number(found[1]))
    return OverRuns(found[2], float(printed_number(found[3])), best)


def powered(text: str) -> str | None:
    """A number that is printed with a power of ten, such as 1.96 x 10^10, as 1.96e10; None for anything else.

    Its last digit is that before the power.
    """
    found = _POWERED.fullmatch(text)
    return None if found is None else f"{found[1]}e{found[2]}"


def is_printed(text: str) -> bool:
    """Say whether a text is one number as printed.

    >>> is_printed("253,440"), is_printed("37,5")
    (True, False)
    """
    return _NUMBER.fullmatch(text) is not None


def printed_number(text: str) -> Decimal:
    """Read a number as a paper prints it; ValueError for anything else."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a printed number such as 24.20, 253,440 or 0.27M")
    return Decimal(found[1].replace(",", "")).scaleb(MAGNITUDES.get(found[2], 0))


def half_last_digit(printed: str) -> float:
    """Half a unit of the last digit printed: 0.005 for "24.20", 5,000 for "0.27M".

    So far the number meant may lie from that printed.
    """
    exponent = printed_number(printed).as_tuple().exponent
    assert isinstance(exponent, int)  # the pattern admits no NaN and no infinity
    return float(Decimal(5).scaleb(exponent - 1))


def has_magnitude(text: str) -> bool:
    """Say whether a letter scales the printed number, so that ours has no decimals beside it."""
    found = _NUMBER.fullmatch(text)
    return found is not None and found[2] is not None
