"""Whether the printed numbers of a suite are those that its paper's references.yaml has of the same table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
    own = {} if file.table is None else {name: column.label for name, column in file.table.columns.items()}
    columns = {} if file.table is None else _columns_named(references.tables.get(file.table.ref), own)
    for place, ref, (label, column), printed in _numbers(file):
        table = references.tables.get(ref)
        if table is None:
            continue
        rows, at = _rows_named(table, label), columns.get(column)
        known = [value for row in rows or range(len(table.rows)) for value in _values(table, row, at) if value]
        if not _is_among(printed, known):
            line, _ = read_yaml(path).place(("tables", ref, "rows", rows[0]) if rows else ("tables", ref))
            listed = ", ".join([*known[:_MOST], *(["..."] if len(known) > _MOST else [])])
            where = "" if at is None else f" in column {_labels(table)[at]!r}"
            why = f"{printed} is not what {path}:{line} has of {ref}{where}: {listed or 'nothing'}"
            places.fault(place, f"{why}; correct the one that is not as the paper prints it")


def _numbers(file: SuiteFile) -> Iterator[tuple[KeyPath, str, tuple[str, str], str]]:
    """Each printed number: its place, what it refers to, the label of its row and the name of its column, the text."""
    if file.table is not None:
        for row, column, text in file.table.printed():
            names = file.table.rows[row].label, column
            yield ("table", "rows", row, "printed", column), file.table.ref, names, text
    for name, cell in file.cells.items():
        yield ("cells", name, "printed"), cell.ref, ("", ""), cell.printed


def _rows_named(table: TableReference, label: str) -> Sequence[int]:
    """The rows of the list with the longest name that a row of the suite begins with; empty where there is none.

    Such a name ends where a word ends: "VGG-16" is no row of "VGG".
    """
    own = _CITATION.sub("", label)
    names = [_CITATION.sub("", row.label) for row in table.rows]
    begun = (name for name in names if re.match(rf"{re.escape(name)}(?![\w*-])", own))
    longest = max(begun, key=len, default=None)
    return [number for number, name in enumerate(names) if name == longest]


def _columns_named(table: TableReference | None, own: Mapping[str, str]) -> dict[str, int]:
    """By column of the suite, the one of the list that has its label.

    Without one, it is that of which all words are in the label, or the other way round, if neither fits another.
    """
    names = [] if table is None else _labels(table)
    alike = {key: [at for at, name in enumerate(names) if _plain(label) == _plain(name)] for key, label in own.items()}
    same = {key: places[0] for key, places in alike.items() if len(places) == 1}
    left = [at for at in range(len(names)) if at not in same.values()]
    fits = {
        key: [at for at in left if _nested(_words(label), _words(names[at]))]
        for key, label in own.items()
        if key not in same
    }
    wanted = Counter(at for places in fits.values() for at in places)
    return same | {key: places[0] for key, places in fits.items() if len(places) == 1 and wanted[places[0]] == 1}


def _labels(table: TableReference) -> list[str]:
    """The labels of the columns of numbers: a list may begin with that of its rows."""
    more = len(table.columns) - max((len(row.values) for row in table.rows), default=0)
    return table.columns[more:] if more in (0, 1) else []


def _values(table: TableReference, row: int, column: int | None) -> list[str | None]:
    """The values of a row, or the one of a column where the row has one for each."""
    values = table.rows[row].values
    return values if column is None or len(values) != len(_labels(table)) else [values[column]]


def _plain(label: str) -> str:
    return " ".join(label.lower().split())


def _words(label: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w+-]+", label.lower()))


def _nested(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and (one <= other or other <= one)


def _is_among(printed: str, known: Sequence[str]) -> bool:
    """Say whether a text is one of these, a part of one or a number in one; spaces and powers of ten mean nothing."""
    of_ten = powered(printed)
    text = printed.replace(" ", "") if of_ten is None else of_ten.partition("e")[0]
    parts = {part for one in known for part in one.replace(" ", "").split(";")}
    return text in parts or any(text in _NUMBER.findall(part) for part in parts)
