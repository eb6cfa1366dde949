"""Tables in Markdown, in which no text can be markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MARKUP = frozenset(r"\`*_[]<>|#~")


def plain_text(text: str) -> str:
    """The text on one line, every letter that Markdown would take for markup escaped."""
    return " ".join("".join(f"\\{letter}" if letter in _MARKUP else letter for letter in text).split())


def row(cells: Iterable[str]) -> str:
    """One line of a table, of text that is escaped already."""
    return f"| {' | '.join(cells)} |"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A whole table of plain text, a newline at its end; the columns in `numbers`, counted from 0, are set right."""
    right = set(numbers)
    rule = ["---:" if column in right else "---" for column in range(len(header))]
    lines = [map(plain_text, header), rule, *(map(plain_text, cells) for cells in rows)]
    return "".join(f"{row(cells)}\n" for cells in lines)
