"""A comparison as text: every cell and claim, in a terminal of eighty columns and in Markdown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt
from result_documents import typed
from two_runs import moved, sample

from harness.report.compare.comparison import Comparison
from harness.report.compare.document import compare
from harness.report.compare.shown import as_markdown, as_terminal


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without colour."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def compared_of(a: dict[str, Any], b: dict[str, Any], names: tuple[str, str] = ("A", "B")) -> Comparison:
    """The comparison of two plain documents."""
    return compare(typed(a), typed(b), names)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """The comparison of two runs that differ in everything."""
    return compared_of(*moved(), ("before/results.json", "after/results.json"))


def html(text: str) -> str:
    """Markdown as a page."""
    return MarkdownIt("commonmark").enable("table").render(text)


def test_the_terminal_shows_every_cell_and_claim(compared: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its numbers, what B is against A, and by what."""
    monkeypatch.setenv("COLUMNS", "240")
    text = as_terminal(compared)
    for one in [*compared.cells, *compared.claims]:
        assert one.id in text
    assert re.search(r"cnn\.top1 .* 11\.13 .* 10\.24 .* .0\.89 .* < 0\.001 .* lower \(better\)", text)
    assert "lower (better): cnn.top1: paired t over 5 seeds" in text
    assert "other verdict: selective: A: the interval holds zero; B: paired t over 5 seeds" in text
    assert "B: after/results.json, small scale" in text
    assert compared.headline in text


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_the_terminal_is_never_wider_than_it_is(
    compared: Comparison, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """Its tables, that is; sentences wrap where the reader's terminal wraps them."""
    monkeypatch.setenv("COLUMNS", str(columns))
    tables = [line for line in as_terminal(compared).splitlines() if line[:1] in "│┃┏┡└"]
    assert tables
    assert max(map(len, tables)) <= columns


def test_markdown_has_a_row_for_each(compared: Comparison) -> None:
    """In the columns that the tables announce."""
    page = html(as_markdown(compared))
    rows = len(compared.cells) + len(compared.claims) + sum(len(rows) for _, rows in compared.differing.tables())
    tables = re.findall("<table>.*?</table>", page, re.DOTALL)
    assert page.count("<tr>") == rows + len(tables)
    for table in tables:
        assert table.count("<td") == (table.count("<tr>") - 1) * len(re.findall("<th[ >]", table))


@pytest.mark.parametrize("hostile", ["[/]", "[bold]x", "a|b", "<b>x</b>", "\\[", "`x`"])
def test_nothing_in_the_data_is_markup(hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the terminal nor of Markdown."""
    monkeypatch.setenv("COLUMNS", "240")
    a, b = moved()
    for results in (a, b):
        results["title"] = hostile
        results["claims"][0] |= {"ref": hostile, "reason": hostile}
    b["environment"][hostile] = hostile
    document = compared_of(a, b, (hostile, hostile))
    assert as_terminal(document).count(hostile) >= 4
    escaped = hostile.replace("<", "&lt;").replace(">", "&gt;")
    assert html(as_markdown(document)).count(escaped) >= 5


def test_what_does_not_differ_has_no_table() -> None:
    """A run beside itself has its cells and claims alone."""
    text = as_markdown(compared_of(sample(), sample()))
    assert re.findall("^## (.*)$", text, re.MULTILINE) == ["Cells", "Claims"]
