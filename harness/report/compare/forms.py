"""Compares two runs where they lie, and writes the comparison in one of its forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.report.compare.comparison import Comparison
from harness.report.compare.document import compare
from harness.report.page.read import read_results


def compare_files(a: Path, b: Path) -> Comparison:
    """The comparison of two report folders, or of two `results.json`.

    Raises UsageError for a file that holds no results of this format, and for runs of two suites.
    """
    return compare(read_results(a), read_results(b), (str(a), str(b)))


def written(document: Comparison, form: str) -> str:
    """The comparison as text; `form` is a key of `FORMS`."""
    return FORMS[form](document)


def _as_terminal(document: Comparison) -> str:
    from harness.report.compare.shown import as_terminal  # noqa: PLC0415 - rich

    return as_terminal(document)


def _as_markdown(document: Comparison) -> str:
    from harness.report.compare.shown import as_markdown  # noqa: PLC0415 - rich

    return as_markdown(document)


def _as_page(document: Comparison) -> str:
    from harness.report.compare.page import render  # noqa: PLC0415 - jinja

    return f"{render(document)}\n"


FORMS: dict[str, Callable[[Comparison], str]] = {"terminal": _as_terminal, "markdown": _as_markdown, "html": _as_page}
