"""Whether the printed numbers of a suite are those that its paper's references.yaml has of the same table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.suite.file import SuiteFile
from harness.suite.printed import powered
from harness.suite.references import References, TableReference
from harness.suite.yaml_places import KeyPath, Places, read_yaml

_CITATION = re.compile(r"\s*\[\d+\]")
_NUMBER = re.compile(r"\d[\d.,]*[kKMBG]?")
_MOST = 8
"""The most numbers of the list that a fault names."""


def check_printed(file: SuiteFile, references: References, path: Path, places: Places) -> None:
    """Note a fault for each printed number of a table that the paper's list, the file `path`, has not.

    A row is looked for among those of its name; without one, and for a number outside the table, in all of it. Numbers
    that stand for claims are not looked at: the list has these in words.
    """
    for place, ref, label, printed in _numbers(file):
        table = references.tables.get(ref)
        if table is None:
            continue
        rows = _rows_named(table, label)
        known = [value for row in rows or range(len(table.rows)) for value in table.rows[row].values if value]
        if not _is_among(printed, known):
            line, _ = read_yaml(path).place(("tables", ref, "rows", rows[0]) if rows else ("tables", ref))
            listed = ", ".join([*known[:_MOST], *(["..."] if len(known) > _MOST else [])])
            why = f"{printed} is not what {path}:{line} has of {ref}: {listed or 'nothing'}"
            places.fault(place, f"{why}; correct the one that is not as the paper prints it")


def _numbers(file: SuiteFile) -> Iterator[tuple[KeyPath, str, str, str]]:
    """Each printed number: its place, what it refers to, the label of its row of the table, the text."""
    if file.table is not None:
        for row, column, text in file.table.printed():
            yield ("table", "rows", row, "printed", column), file.table.ref, file.table.rows[row].label, text
    for name, cell in file.cells.items():
        yield ("cells", name, "printed"), cell.ref, "", cell.printed


def _rows_named(table: TableReference, label: str) -> Sequence[int]:
    """The rows of the list with the longest name that a row of the suite begins with; empty where there is none."""
    own = _CITATION.sub("", label)
    name = max((row.label for row in table.rows if own.startswith(row.label)), key=len, default=None)
    return [number for number, row in enumerate(table.rows) if row.label == name]


def _is_among(printed: str, known: Sequence[str]) -> bool:
    """Say whether a text is one of these, a part of one or a number in one; spaces and powers of ten mean nothing."""
    of_ten = powered(printed)
    text = printed.replace(" ", "") if of_ten is None else of_ten.partition("e")[0]
    parts = {part for one in known for part in one.replace(" ", "").split(";")}
    return text in parts or any(text in _NUMBER.findall(part) for part in parts)
