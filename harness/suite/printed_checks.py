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

    A number is looked for in the rows and the column of its names; without such a row or column, and for a number
    outside the table, in all of them. Numbers that stand for claims are not looked at: the list has these in words.
    """
    for place, ref, (label, column), printed in _numbers(file):
        table = references.tables.get(ref)
        if table is None:
            continue
        rows, at = _rows_named(table, label), _column_named(table, column)
        known = [value for row in rows or range(len(table.rows)) for value in _values(table, row, at) if value]
        if not _is_among(printed, known):
            line, _ = read_yaml(path).place(("tables", ref, "rows", rows[0]) if rows else ("tables", ref))
            listed = ", ".join([*known[:_MOST], *(["..."] if len(known) > _MOST else [])])
            why = f"{printed} is not what {path}:{line} has of {ref}: {listed or 'nothing'}"
            places.fault(place, f"{why}; correct the one that is not as the paper prints it")


def _numbers(file: SuiteFile) -> Iterator[tuple[KeyPath, str, tuple[str, str], str]]:
    """Each printed number: its place, what it refers to, the labels of its row and column of the table, the text."""
    if file.table is not None:
        for row, column, text in file.table.printed():
            labels = file.table.rows[row].label, file.table.columns[column].label
            yield ("table", "rows", row, "printed", column), file.table.ref, labels, text
    for name, cell in file.cells.items():
        yield ("cells", name, "printed"), cell.ref, ("", ""), cell.printed


def _rows_named(table: TableReference, label: str) -> Sequence[int]:
    """The rows of the list with the longest name that a row of the suite begins with; empty where there is none.

    Such a name ends where a word ends: "VGG-16" is no row of "VGG".
    """
    own = _CITATION.sub("", label)
    begun = (row.label for row in table.rows if re.match(rf"{re.escape(row.label)}(?![\w*-])", own))
    name = max(begun, key=len, default=None)
    return [number for number, row in enumerate(table.rows) if row.label == name]


def _column_named(table: TableReference, label: str) -> int | None:
    """The one column of the list of which all words are in a column of the suite, or the other way round."""
    own = _words(label)
    alike = [number for number, name in enumerate(table.columns) if own and _nested(own, _words(name))]
    return alike[0] if len(alike) == 1 else None


def _values(table: TableReference, row: int, column: int | None) -> list[str | None]:
    """The values of a row, or the one of a column where the row has one for each."""
    values = table.rows[row].values
    return values if column is None or len(values) != len(table.columns) else [values[column]]


def _words(label: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", label.lower()))


def _nested(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(other) and (one <= other or other <= one)


def _is_among(printed: str, known: Sequence[str]) -> bool:
    """Say whether a text is one of these, a part of one or a number in one; spaces and powers of ten mean nothing."""
    of_ten = powered(printed)
    text = printed.replace(" ", "") if of_ten is None else of_ten.partition("e")[0]
    parts = {part for one in known for part in one.replace(" ", "").split(";")}
    return text in parts or any(text in _NUMBER.findall(part) for part in parts)
