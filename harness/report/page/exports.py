"""The results of a suite as a pandas frame, and that frame as CSV, LaTeX or Markdown for a paper of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

from harness.errors import UsageError
from harness.report import markdown
from harness.report.page.numbers import digits_after, plain
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord
from harness.report.withdrawn_verdicts import in_headline

_AS_IS = ("id", "row", "column", "label", "ref", "printed", "paper", "unit", "margin", "metric", "n", "mean", "std")
_BOUNDS = ("interval", "tost_interval", "wilson", "prediction")
_VERDICT = ("look", "looks", "difference", "outcome", "reason", "seeds_to_settle", "extended", "stale", "backing")
_COUNTS = ("n", "look", "looks", "seeds_to_settle")
_NUMBERS = ("paper", "margin", "mean", "std", "difference")
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "[": "{[}"}  # a row that starts with [ would be a length
)


def frame(results: Results) -> pd.DataFrame:
    """One row a cell, at full precision: what was printed, ours with its intervals, and the verdict.

    Columns: `paper`, `suite`, `scale` as `of_paper`, `suite`, `scale`; the cell's own fields under their names; an
    interval as `<name>_low` and `<name>_high`; `look` of so many `looks` where seeds are declared so. Counts are
    nullable integers, missing numbers NaN.
    """
    origin = {"of_paper": results.paper, "suite": results.suite, "scale": results.scale}
    names = [*origin, *_AS_IS, *(f"{name}_{end}" for name in _BOUNDS for end in ("low", "high")), *_VERDICT]
    cells = pd.DataFrame([origin | _row(cell) for cell in results.cells], columns=names)
    numbers = [name for name in names if name in _NUMBERS or name.endswith(("_low", "_high"))]
    return cells.astype(dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(numbers, "float64"))


def _row(cell: CellRecord) -> dict[str, object]:
    row = cell.part(*_AS_IS, *_VERDICT)
    row |= {"look": cell.look and cell.look.number, "looks": cell.look and cell.look.of}
    row["backing"] = ", ".join(_backing(cell)) or None
    for name in _BOUNDS:
        row[f"{name}_low"], row[f"{name}_high"] = getattr(cell, name) or (None, None)
    return row


def _backing(cell: CellRecord) -> list[str]:
    """The words beside the verdict on a number that did not come from running the suite alone."""
    replaced = any(record.get("replaced") for record in (cell.recorded or {}).values())
    told = {
        "recorded by hand": cell.recorded,
        "in the place of another score": replaced,
        "evaluation only": cell.imported,
    }
    return [word for word, found in told.items() if found]


def export(results: Results, kind: str) -> str:
    """The results as text: `csv` holds the whole frame, `latex` (booktabs) and `markdown` a table as the page sets it.

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


def _csv(results: Results) -> str:
    return frame(results).to_csv(index=False, lineterminator="\n")


def _latex(results: Results) -> str:
    table = _as_set(results)
    table.columns = table.columns.map(_latex_text)
    return table.map(_latex_text).to_latex(
        index=False,
        escape=False,
        caption=_latex_text(_caption(results)),
        label=f"tab:{re.sub(r'[^A-Za-z0-9_-]', '-', results.suite)}",
        column_format="ll" + "r" * (len(table.columns) - 3) + "l",
    )


def _latex_text(text: str) -> str:
    return " ".join(text.translate(_LATEX).split())


def _markdown(results: Results) -> str:
    table = _as_set(results)
    written = markdown.table(list(table.columns), table.to_numpy().tolist(), range(2, len(table.columns) - 1))
    return f"{markdown.plain_text(_caption(results))}\n\n{written}"


def _caption(results: Results) -> str:
    scale = f"{results.scale.capitalize()} scale"
    note = results.scale_note
    parts = [results.title, results.source, f"{scale}: {note}" if note else scale, *in_headline(results.withdrawn)]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _as_set(results: Results) -> pd.DataFrame:
    """The columns a reader needs, every number with one digit more than the paper prints."""
    rows = [_set_row(cell) for cell in results.cells]
    names = ("Cell", "Unit", "Printed", "Ours", "95% interval", "Difference", "Margin", "Seeds", "Verdict")
    return pd.DataFrame(rows, columns=list(names), dtype=str)


def _set_row(cell: CellRecord) -> list[str]:
    digits = digits_after(cell.printed)
    low, high = (plain(end, digits) for end in cell.interval or (None, None))
    difference = plain(cell.difference, digits)
    return [
        cell.label,
        cell.unit,
        cell.printed,
        plain(cell.mean, digits),
        f"{low} to {high}" if low else "",
        difference if difference.startswith("-") or not difference else f"+{difference}",
        plain(cell.margin),
        _seeds(cell),
        ", ".join([cell.outcome, *_backing(cell)]),
    ]


def _seeds(cell: CellRecord) -> str:
    """The number of seeds, and at which of the declared looks they were judged: `5, look 2 of 3`."""
    at = f", look {cell.look.number} of {cell.look.of}" if cell.look else ""
    return "" if cell.n is None else f"{cell.n}{at}"


KINDS: dict[str, Callable[[Results], str]] = {"csv": _csv, "latex": _latex, "markdown": _markdown}
