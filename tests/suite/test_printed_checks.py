"""A printed number that is not on the paper's list is told at its line, with the line of the list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.suite.file import SuiteFile
from harness.suite.printed_checks import check_printed
from harness.suite.references import References
from harness.suite.yaml_places import Places

ROWS = {
    "Sparse coding": ["47.1", "28.2"],
    "CNN": ["37.5", "17.0"],
    "CNN (v2)": ["36.0", None],
    "operations, x10^10": ["1.96", ">1"],
    "filters": ["3x3,64 x2; maxpool /2", "0.27M"],
}
COLUMNS = {"top1": {"label": "Top-1", "unit": "%"}, "top5": {"label": "Top-5", "unit": "%"}}


def told(
    rows: dict[str, list[str | None]], cells: dict[str, Any] | None = None, columns: tuple[str, ...] = ("a", "b")
) -> list[str]:
    """The faults of a suite with these rows, by label, and these numbers of the text; `columns` are the list's."""
    table = {"columns": COLUMNS, "rows": {
        f"row{number}": {"label": label, "printed": dict(zip(COLUMNS, printed, strict=True))}
        for number, (label, printed) in enumerate(rows.items())
    }}  # fmt: skip
    others = {name: {"label": name, "printed": "1"} | cell for name, cell in (cells or {}).items()}
    file = SuiteFile.parsed({
        "suite": "mine", "paper": "alexnet", "title": "", "source": "", "experiments": {}, "cells": others,
        "table": {"ref": "T1", **table}, "scales": {"ci": {"seeds": 1}},
    })  # fmt: skip
    listed = [{"label": label, "kind": "own", "values": values} for label, values in ROWS.items()]
    tables = {"T1": {"caption": "", "columns": columns, "in_text": False, "rows": listed}}
    references = References.parsed({"paper": "alexnet", "claims": {}, "figures": {}, "choices": {}, "tables": tables})
    places = Places(Path("mine.yaml"))
    check_printed(file, references, Path("references.yaml"), places)
    return places.lines()


@pytest.mark.parametrize(
    ("label", "printed"),
    [
        ("Sparse coding [2]", ["47.1", "28.2"]),
        ("CNN [5] (v2)", ["36.0", None]),
        ("CNN, on the test set", ["17.0", "37.5"]),
        ("Another name", ["47.1", "17.0"]),
        ("Complexity", ["1.96 x 10^10", "1"]),
        ("Width", ["0.27M", None]),
    ],
)
def test_what_the_list_has_is_sound(label: str, printed: list[str | None]) -> None:
    """Under its name without citations, under the longest one, in other columns, with a power of ten."""
    assert told({label: printed}) == []


@pytest.mark.parametrize(
    ("label", "printed", "known"),
    [
        ("CNN", "37.6", "37.5, 17.0"),
        ("CNN", "47.1", "37.5, 17.0"),
        ("CNN", "7.5", "37.5, 17.0"),
        ("CNN (v2)", "37.5", "36.0"),
        ("Another name", "37.6", "47.1, 28.2, 37.5, 17.0, 36.0, 1.96, >1, 3x3,64 x2; maxpool /2, ..."),
    ],
)
def test_another_number_is_a_fault_with_both_lines_and_a_remedy(label: str, printed: str, known: str) -> None:
    """One of another row too, where the row is known by its name."""
    (line,) = told({label: [printed, None]})
    assert line == (
        f"mine.yaml:1:1: table.rows.row0.printed.top1: {printed} is not what references.yaml:1 has of T1: {known}; "
        "correct the one that is not as the paper prints it"
    )


def test_a_number_of_another_column_is_a_fault() -> None:
    """Where one column of the list has the name of the suite's, by its words."""
    swapped = told({"CNN": ["17.0", "37.5"]}, columns=("top-1 %", "top-5 %"))
    assert [line.partition(": ")[2].partition(";")[0] for line in swapped] == [
        "table.rows.row0.printed.top1: 17.0 is not what references.yaml:1 has of T1 in column 'top-1 %': 37.5",
        "table.rows.row0.printed.top5: 37.5 is not what references.yaml:1 has of T1 in column 'top-5 %': 17.0",
    ]


@pytest.mark.parametrize(
    "columns", [("top-1", "top-1 or top-5"), ("method", "top-1", "top-5"), ("top-1 val", "top-5 val"), ("Top-1", "")]
)
def test_a_column_is_found_by_its_label_or_else_by_its_words(columns: tuple[str, ...]) -> None:
    """An equal label comes first; a list may begin with the label of its rows."""
    assert told({"CNN": ["17.0", "37.5"]}, columns=columns) != []
    assert told({"CNN": ["37.5", "17.0"]}, columns=columns) == []


@pytest.mark.parametrize(
    "columns", [("top-1 val", "top-1 test"), ("error", "test set"), ("top", "other"), ("top-1", "top-1")]
)
def test_a_column_that_may_be_another_is_not_chosen(columns: tuple[str, ...]) -> None:
    """Its numbers are looked for in the whole row."""
    assert told({"CNN": ["17.0", "37.5"]}, columns=columns) == []


def test_a_row_of_a_longer_name_is_another_row() -> None:
    """CNN-7 is no CNN; its numbers may be anywhere in the table."""
    assert told({"CNN-7": ["47.1", "28.2"]}) == []
    assert len(told({"CNN, version 7": ["47.1", "28.2"]})) == 2


def test_a_number_of_the_text_may_be_of_a_table() -> None:
    """It is looked for in all of that; one of a claim is not looked for."""
    assert told({"CNN": [None, None]}, {"sound": {"ref": "T1", "printed": "28.2"}, "claim": {"ref": "A01"}}) == []
    (line,) = told({"CNN": [None, None]}, {"other": {"ref": "T1", "printed": "28.3"}})
    assert "cells.other.printed: 28.3 is not what" in line


def test_filters_are_a_part_of_what_is_listed() -> None:
    """Spaces mean nothing."""
    sound = {"ref": "T1", "printed": "3x3, 64 x2", "number": 9.0}
    assert told({"CNN": [None, None]}, {"filters": sound}) == []
    assert len(told({"CNN": [None, None]}, {"filters": sound | {"printed": "3x3, 64 x3"}})) == 1
