"""Cells: what a table's rows and columns, and numbers of the text, come to."""

from __future__ import annotations

import pytest

from harness.suite.cells import FreeCell, Table, cells_of, number
from harness.suite.file import SuiteFile

BASE = {
    "suite": "s",
    "paper": "alexnet",
    "title": "t",
    "source": "x",
    "experiments": {},
    "scales": {"ci": {"seeds": 1}},
}


def cells(**more):
    """The cells of a suite file with these parts."""
    file = SuiteFile.parsed(BASE | more)
    return {cell.id: cell for cell in cells_of(file.paper, file.table, file.cells)}


def test_rows_and_columns_complete_each_other():
    """A table whose rows are tests and whose columns are nets and metrics finds its places."""
    table = {
        "ref": "T4",
        "columns": {"relu_top1": {"label": "ReLU", "experiment": "relu", "metric": "top1_error", "unit": "%"}},
        "rows": {"384": {"label": "384", "printed": {"relu_top1": "24.77"}, "evaluation": "at_384"}},
    }
    cell = cells(table=table)["384.relu_top1"]
    assert cell.place == ("relu", "at_384", "top1_error")
    assert cell.ref == "alexnet:T4.384.relu_top1"


def test_zeros_of_a_printed_number_are_kept():
    """24.20 is known to half a hundredth, and stays text."""
    table = {"ref": "T1", "columns": {"a": {"label": "A"}}, "rows": {"r": {"label": "R", "printed": {"a": "24.20"}}}}
    cell = cells(table=table)["r.a"]
    assert (cell.printed, cell.target, cell.paper) == ("24.20", "24.20", 24.2)


def test_a_round_figure_in_prose_has_a_number_and_a_relative_margin():
    """60 million within 2% is 60e6 +- 1.2e6, and its text is no number."""
    free = {"ref": "A02", "label": "Parameters", "printed": "60 million", "number": 6e7, "within_percent": 2}
    cell = cells(cells={"parameters": free})["parameters"]
    assert (cell.target, cell.margin) == (6e7, 1.2e6)


def test_a_cited_row_has_no_place():
    """What the paper quotes from others is measured by nobody here, whatever the columns say."""
    table = {
        "ref": "T1",
        "columns": {"a": {"label": "A", "metric": "top1_error"}},
        "rows": {"r": {"label": "R", "printed": {"a": "47.1"}, "cited": "[2]"}},
    }
    assert cells(table=table)["r.a"].place is None


def test_thousands_commas_are_read():
    """253,440 is a printed number; `about 2` is none."""
    assert number("253,440") == 253440
    with pytest.raises(ValueError, match="not a number"):
        number("about 2")


def test_types_refuse_unknown_keys():
    """A misspelt key of a cell or table is an error, never ignored."""
    with pytest.raises(ValueError, match="Extra inputs"):
        FreeCell.parsed({"ref": "A02", "label": "x", "printed": "1", "unti": "%"})
    with pytest.raises(ValueError, match="Extra inputs"):
        Table.parsed({"ref": "T1", "columns": {}, "rows": {}, "row": {}})
