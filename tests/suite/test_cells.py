"""Cells: what a table's rows and columns, and numbers of the text, come to."""

from __future__ import annotations

from typing import Any

import pytest

from harness.suite.cells import Cell, cells_of, number, places_in
from harness.suite.file import SuiteFile
from harness.suite.printed import half_last_digit
from harness.suite.printed_table import FreeCell, Table

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


def test_a_number_times_a_power_of_ten_is_known_to_its_own_last_digit() -> None:
    """1.90 x 10^10 may be anything from 1.895 to 1.905 times as much."""
    cell = Cell("a", "a", "", "", "", "1.90 x 10^10", 1.9e10, "", None, None)
    assert cell.target == "1.90e10"
    assert half_last_digit(str(cell.target)) == 5e7


def test_a_mean_over_runs_is_a_cell_with_a_spread():
    """The best and the spread are kept as printed; what is judged is the mean, known to half its last digit."""
    free = {"ref": "T6", "label": "ResNet-110", "printed": "6.43 (6.61 +- 0.16)", "runs": 5, "margin": 0.3}
    cell = cells(cells={"resnet110": free})["resnet110"]
    assert (cell.paper, cell.target, cell.runs) == (6.61, "6.61", 5)
    assert (cell.over_runs.spread, cell.over_runs.best) == (0.16, 6.43)


def test_a_number_with_a_magnitude_is_known_to_its_last_digit():
    """0.27M keeps its text."""
    cell = cells(cells={"size": {"ref": "T6", "label": "Size", "printed": "0.27M"}})["size"]
    assert (cell.paper, cell.target) == (270_000, "0.27M")


def test_a_row_may_draw_on_several_experiments():
    """A column's own value stands in the place of the row's and the column's parts; the other columns keep theirs."""
    columns = {"size": {"label": "#params"}, "error": {"label": "error", "metric": "top1_error"}}
    row = {
        "label": "ResNet-20",
        "printed": {"size": "0.27M", "error": "8.75"},
        "value": "resnet20.test",
        "values": {"size": "counts20.parameters"},
    }
    found = cells(table={"ref": "T6", "columns": columns, "rows": {"r20": row}})
    assert found["r20.size"].place == ("counts20", "parameters")
    assert found["r20.error"].place == ("resnet20", "test", "top1_error")


REDUCED: dict[str, Any] = {"label": "Norm", "printed": {"top1": "1.4"}, "minus": ["without.ten", "cnn.ten"]}
REDUCTIONS: dict[str, Any] = {
    "ref": "T3",
    "columns": {"top1": {"label": "Top-1", "metric": "top1_error", "unit": "points", "margin": 0.5}},
    "rows": {"norm": REDUCED},
}


def test_a_difference_has_two_places_that_a_column_completes():
    """The row names two tests, the column the metric of both; neither side of the number is the better one."""
    cell = cells(table=REDUCTIONS)["norm.top1"]
    assert cell.places == (("without", "ten", "top1_error"), ("cnn", "ten", "top1_error"))
    assert cell.value == "without.ten.top1_error - cnn.ten.top1_error"
    assert places_in(cell.value) == cell.places
    assert cell.metric is None


@pytest.mark.parametrize(
    "given", [{"value": "cnn"}, {"experiment": "cnn"}, {"cited": "[2]"}, {"values": {"top1": "a"}}]
)
def test_a_difference_takes_no_other_place(given):
    """Two ways to name the number would hide one of them."""
    with pytest.raises(ValueError, match="drop one of the two"):
        cells(table=REDUCTIONS | {"rows": {"norm": REDUCED | given}})
