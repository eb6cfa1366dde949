"""Markdown in which text is text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from harness.report import markdown


def test_markup_is_escaped() -> None:
    """Each letter of it."""
    assert markdown.plain_text("a|b `c` <d> *e* ~f~ [g](h)") == r"a\|b \`c\` \<d\> \*e\* \~f\~ \[g\](h)"


@given(st.text())
def test_any_text_is_one_cell_of_one_line(text: str) -> None:
    """No pipe or tag opens in it, and no line ends."""
    written = markdown.row([markdown.plain_text(text)])
    assert len(written.splitlines()) == 1
    assert re.sub(r"\\.", "", written).count("|") == 2
    assert "<" not in re.sub(r"\\.", "", written)


def test_a_table_sets_numbers_right() -> None:
    """And ends with a newline, its last row included."""
    assert markdown.table(["name", "n"], [["a", "1"], ["b", "22"]], [1]) == (
        "| name | n |\n| --- | ---: |\n| a | 1 |\n| b | 22 |\n"
    )
