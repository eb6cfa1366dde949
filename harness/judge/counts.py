"""Numbers of seeds in words."""

from __future__ import annotations


def seeds_said(count: int) -> str:
    """A number of seeds.

    >>> seeds_said(1), seeds_said(6)
    ('1 seed', '6 seeds')
    """
    return f"{count} seed{'' if count == 1 else 's'}"


def seeds_that_differ(count: int) -> str:
    """The seeds in which two arms are not equal.

    >>> seeds_that_differ(1), seeds_that_differ(0)
    ('1 seed that differs', '0 seeds that differ')
    """
    return f"{seeds_said(count)} that differ{'s' if count == 1 else ''}"
