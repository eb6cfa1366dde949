"""Compares two runs where they lie, and writes the comparison in one of its forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.report.compare.document import compare
from harness.report.page.read import read_results

Document = dict[str, Any]


def compare_files(a: Path, b: Path) -> Document:
    """The comparison of two report folders, or of two `results.json`.

    Raises UsageError for a file that holds no results of this format, and for runs of two suites.
    """
    results = read_results(a), read_results(b)
    try:
        return compare(*results, (str(a), str(b)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{a} and {b}: one of them holds no results of a suite ({type(error).__name__}: {error}); "
            "run the suite again to write them anew"
        ) from error


def written(document: Document, form: str) -> str:
    """The comparison as text; `form` is a key of `FORMS`."""
    return FORMS[form](document)


def _as_terminal(document: Document) -> str:
    from harness.report.compare.shown import as_terminal  # noqa: PLC0415 - rich

    return as_terminal(document)


def _as_markdown(document: Document) -> str:
    from harness.report.compare.shown import as_markdown  # noqa: PLC0415 - rich

    return as_markdown(document)


def _as_page(document: Document) -> str:
    from harness.report.compare.page import render  # noqa: PLC0415 - jinja

    return f"{render(document)}\n"


FORMS: dict[str, Callable[[Document], str]] = {"terminal": _as_terminal, "markdown": _as_markdown, "html": _as_page}
