"""The cells of a suite as rows of text: the columns that a reader needs, numbers with one digit more than printed."""

from __future__ import annotations

from harness.report.bounded import bounded, cut_in_words
from harness.report.exports.beside import in_words
from harness.report.page.numbers import digits_after, plain
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord

CELLS = ("Cell", "Unit", "Printed", "Ours", "95% interval", "Difference", "Margin", "Seeds", "Verdict")


def cell_rows(results: Results) -> list[list[str]]:
    """One row a cell, with a text for each of `CELLS`."""
    return [_row(results, cell) for cell in results.cells]


def _row(results: Results, cell: CellRecord) -> list[str]:
    digits = digits_after(cell.printed)
    difference = plain(cell.difference, digits)
    return [
        cell.label,
        cell.unit,
        cell.printed,
        plain(cell.mean, digits),
        interval(cell, digits),
        difference if difference.startswith("-") or not difference else f"+{difference}",
        plain(cell.margin),
        seeds(cell),
        in_words(results, cell),
    ]


def interval(cell: CellRecord, digits: int | None) -> str:
    """The interval over seeds, `0.00 to 1.20 (cut at 0)`; empty where there is none."""
    low, high = (plain(end, digits) for end in bounded(cell, cell.interval))
    cut = cut_in_words(cell, cell.interval)
    return f"{low} to {high}{f' ({cut})' if cut else ''}" if low else ""


def seeds(cell: CellRecord) -> str:
    """How many seeds, and at which of the declared looks they were judged: `5, look 2 of 3`."""
    at = f", look {cell.look.number} of {cell.look.of}" if cell.look else ""
    return f"{cell.n}{at}" if cell.n else ""
