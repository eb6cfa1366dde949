"""The exports that are one text, by name."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import UsageError
from harness.report.exports.eval_results import as_eval_results
from harness.report.exports.frame import as_csv, as_json
from harness.report.exports.latex import as_latex
from harness.report.exports.pull_request import as_markdown
from harness.report.results.document import Results

KINDS: dict[str, Callable[[Results], str]] = {
    "csv": as_csv,
    "json": as_json,
    "latex": as_latex,
    "markdown": as_markdown,
    "eval-results": as_eval_results,
}
"""The forms that are one text; `crate` is a file of a report folder, and has a module of its own."""


def export(results: Results, kind: str) -> str:
    """The results as a text of a kind.

    Raises:
        UsageError: another kind was asked for, or a number is larger than a table holds.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown export {kind!r}; choose one of {', '.join(KINDS)}")
    try:
        return KINDS[kind](results)
    except OverflowError as error:
        said = f"these results cannot be exported ({error})"
        raise UsageError(f"{said}; run the suite again to write them anew") from None
