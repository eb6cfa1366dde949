"""The results of a suite as a pandas frame, and that frame as CSV, LaTeX or Markdown for a paper of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from harness.errors import UsageError
from harness.report import markdown
from harness.report.page.numbers import digits_after, plain

Record = Mapping[str, Any]

_AS_IS = ("id", "row", "column", "label", "ref", "printed", "paper", "unit", "margin", "metric", "n", "mean", "std")
_BOUNDS = ("interval", "tost_interval", "wilson", "prediction")
_VERDICT = ("look", "looks", "difference", "outcome", "reason", "seeds_to_settle", "extended", "stale", "backing")
_BACKING = {"recorded": "recorded by hand", "imported": "evaluation only"}
"""What stands beside the verdict on a number that did not come from running the suite alone."""
_COUNTS = ("n", "look", "looks", "seeds_to_settle")
_NUMBERS = ("paper", "margin", "mean", "std", "difference")
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "[": "{[}"}  # a row that starts with [ would be a length
)


def frame(results: Record) -> pd.DataFrame:
    """One row a cell, at full precision: what was printed, ours with its intervals, and the verdict.

    Columns: `paper`, `suite`, `scale` as `of_paper`, `suite`, `scale`; the cell's own fields under their names; an
    interval as `<name>_low` and `<name>_high`; `look` of so many `looks` where seeds are declared so. Counts are
    nullable integers, missing numbers NaN.
    """
    origin = {"of_paper": results.get("paper"), "suite": results.get("suite"), "scale": results.get("scale")}
    names = [*origin, *_AS_IS, *(f"{name}_{end}" for name in _BOUNDS for end in ("low", "high")), *_VERDICT]
    cells = pd.DataFrame([origin | _row(cell) for cell in results["cells"]], columns=names)
    numbers = [name for name in names if name in _NUMBERS or name.endswith(("_low", "_high"))]
    return cells.astype(dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(numbers, "float64"))


def _row(cell: Record) -> dict[str, Any]:
    row = {name: cell.get(name) for name in (*_AS_IS, *_VERDICT)}
    look = cell.get("look") or {}
    row |= {"look": look.get("number"), "looks": look.get("of")}
    row["backing"] = ", ".join(word for name, word in _BACKING.items() if cell.get(name)) or None
    for name in _BOUNDS:
        row[f"{name}_low"], row[f"{name}_high"] = cell.get(name) or (None, None)
    return row


def export(results: Record, kind: str) -> str:
    """The results as text: `csv` holds the whole frame, `latex` (booktabs) and `markdown` a table as the page sets it.

    Raises:
        UsageError: another kind was asked for, or the results do not hold what a table is made of.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown export {kind!r}; choose one of {', '.join(KINDS)}")
    try:
        return KINDS[kind](results)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        said = f"these results cannot be exported ({type(error).__name__}: {error})"
        raise UsageError(f"{said}; run the suite again to write them anew") from error


def _csv(results: Record) -> str:
    return frame(results).to_csv(index=False, lineterminator="\n")


def _latex(results: Record) -> str:
    table = _as_set(results)
    table.columns = table.columns.map(_latex_text)
    return table.map(_latex_text).to_latex(
        index=False,
        escape=False,
        caption=_latex_text(_caption(results)),
        label=f"tab:{re.sub(r'[^A-Za-z0-9_-]', '-', results['suite'])}",
        column_format="ll" + "r" * (len(table.columns) - 3) + "l",
    )


def _latex_text(text: str) -> str:
    return " ".join(text.translate(_LATEX).split())


def _markdown(results: Record) -> str:
    table = _as_set(results)
    written = markdown.table(list(table.columns), table.to_numpy().tolist(), range(2, len(table.columns) - 1))
    return f"{markdown.plain_text(_caption(results))}\n\n{written}"


def _caption(results: Record) -> str:
    scale = f"{results['scale'].capitalize()} scale"
    note = results.get("scale_note")
    parts = [results.get("title"), results.get("source"), f"{scale}: {note}" if note else scale]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _as_set(results: Record) -> pd.DataFrame:
    """The columns a reader needs, every number with one digit more than the paper prints."""
    rows = [_set_row(cell) for cell in results["cells"]]
    names = ("Cell", "Unit", "Printed", "Ours", "95% interval", "Difference", "Margin", "Seeds", "Verdict")
    return pd.DataFrame(rows, columns=list(names), dtype=str)


def _set_row(cell: Record) -> list[str]:
    digits = digits_after(cell.get("printed"))
    low, high = (plain(end, digits) for end in cell.get("interval") or (None, None))
    difference = plain(cell.get("difference"), digits)
    return [
        cell["label"],
        cell.get("unit") or "",
        cell.get("printed") or "",
        plain(cell.get("mean"), digits),
        f"{low} to {high}" if low else "",
        difference if difference.startswith("-") or not difference else f"+{difference}",
        plain(cell.get("margin")),
        _seeds(cell),
        cell["outcome"] + "".join(f", {word}" for name, word in _BACKING.items() if cell.get(name)),
    ]


def _seeds(cell: Record) -> str:
    """How many, and at which of the declared looks: `5, look 2 of 3`."""
    look = cell.get("look")
    at = f", look {look['number']} of {look['of']}" if look else ""
    return "" if cell.get("n") is None else f"{cell['n']}{at}"


KINDS: dict[str, Callable[[Record], str]] = {"csv": _csv, "latex": _latex, "markdown": _markdown}
