"""Numbers of seeds in words."""

from __future__ import annotations

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def seeds_said(count: int) -> str:
    """A number of seeds.

    >>> seeds_said(1), seeds_said(6)
    ('1 seed', '6 seeds')
    """
    return f"{count} seed{'' if count == 1 else 's'}"


def seeds_in_words(count: int) -> str:
    """A number of seeds in a sentence, spelt out up to twelve.

    >>> seeds_in_words(1), seeds_in_words(6), seeds_in_words(15)
    ('one seed', 'six seeds', '15 seeds')
    """
    number, _, noun = seeds_said(count).partition(" ")
    return f"{_WORDS[count] if count < len(_WORDS) else number} {noun}"


def seeds_that_differ(count: int) -> str:
    """The seeds in which two arms are not equal.

    >>> seeds_that_differ(1), seeds_that_differ(0)
    ('1 seed that differs', '0 seeds that differ')
    """
    return f"{seeds_said(count)} that differ{'s' if count == 1 else ''}"
