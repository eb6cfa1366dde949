"""Suite files as types: cells out of rows and columns, claims with one operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from suite_files import TABLE1, loaded

from harness.suite.claims import Claim
from harness.suite.file import Scale
from harness.suite.load import load_suite
from harness.suite.printed_table import Place, Row


def test_cells_stand_row_by_row() -> None:
    """Every printed number once, with an id of row and column."""
    ids = [cell.id for cell in load_suite(TABLE1).cells()]
    assert ids == [f"{row}.{column}" for row in ("sparse_coding", "sift_fv", "cnn") for column in ("top1", "top5")]


def test_row_and_column_supply_parts_of_a_cell() -> None:
    """Here the row gives experiment and evaluation, the column metric, unit and margin."""
    cell = {cell.id: cell for cell in load_suite(TABLE1).cells()}["cnn.top5"]
    assert cell.place == ("cnn", "ten_crop", "top5_error")
    assert (cell.printed, cell.paper, cell.unit, cell.margin) == ("17.0", 17.0, "%", 0.5)
    assert (cell.ref, cell.label) == ("alexnet:T1.cnn.top5", "CNN, Top-5")


def test_a_quoted_row_has_no_place() -> None:
    """And says whose number it is."""
    cell = {cell.id: cell for cell in load_suite(TABLE1).cells()}["sift_fv.top1"]
    assert (cell.place, cell.cited) == (None, "best published since [24]")


def test_columns_may_name_experiments_and_rows_metrics(tmp_path: Path) -> None:
    """A table whose columns are nets is as easy."""
    table = """table:
  ref: T9
  columns:
    net: {label: Net, value: cnn.ten_crop, unit: "%", margin: 1.0}
  rows:
    top1: {label: Top-1, metric: top1_error, printed: {net: "37.5"}, margin: 0.25}
    top5: {label: Top-5, metric: top5_error, printed: {net: "17.0"}}
    gap:  {label: Gap, metric: top5_error, printed: {net: null}}
"""
    text = TABLE1.read_text(encoding="utf-8")
    old = text[text.index("table:\n") : text.index("experiments:\n")]
    claims = text[text.index("claims:\n") : text.index("deviations:\n")]
    cells = {cell.id: cell for cell in loaded(tmp_path, (old, table + "\n"), (claims, "")).cells()}
    assert cells.keys() == {"top1.net", "top5.net"}
    assert cells["top1.net"].place == ("cnn", "ten_crop", "top1_error")
    assert [cells[name].margin for name in ("top1.net", "top5.net")] == [0.25, 1.0]


def test_a_suite_needs_no_table(tmp_path: Path) -> None:
    """Claims alone are a suite too."""
    text = TABLE1.read_text(encoding="utf-8")
    table = text[text.index("table:\n") : text.index("experiments:\n")]
    claims = text[text.index("claims:\n") : text.index("deviations:\n")]
    assert loaded(tmp_path, (table, ""), (claims, "")).cells() == []


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ({}, {}),
        ({"value": "a"}, {"experiment": "a"}),
        ({"value": "a.b"}, {"experiment": "a", "evaluation": "b"}),
        ({"value": "a.b.c"}, {"experiment": "a", "evaluation": "b", "metric": "c"}),
        ({"metric": "c", "value": "a"}, {"experiment": "a", "metric": "c"}),
    ],
)
def test_the_shorthand_gives_parts_from_the_left(place: dict[str, Any], parts: dict[str, str]) -> None:
    """The rest may come from elsewhere."""
    assert Place.parsed(place).parts() == parts


@pytest.mark.parametrize("given", [{}, {"cells": ["a.b"], "less": ["a.b", "c.d"]}])
def test_a_claim_has_one_operator(given: dict[str, Any]) -> None:
    """Neither none nor two."""
    with pytest.raises(ValidationError, match="needs exactly one of cells, less"):
        Claim.parsed({"ref": "A01", "says": "s", "source": "s", **given})


def test_a_claim_knows_its_operator_and_operands() -> None:
    """By name and in order."""
    claim = Claim.parsed({"ref": "A01", "says": "s", "source": "s", "less": ["a.b", "c.d"]})
    assert (claim.operator, claim.operands) == ("less", ("a.b", "c.d"))


def test_a_row_names_no_path() -> None:
    """Names become keys and folders."""
    with pytest.raises(ValidationError):
        Row.parsed({"label": "x", "printed": {"../up": "1"}})


@pytest.mark.parametrize("seeds", [0, -1, 1001, 10**30])
def test_a_scale_has_a_sensible_number_of_seeds(seeds: int) -> None:
    """A slip of the keyboard is no plan of a million jobs."""
    with pytest.raises(ValidationError):
        Scale.parsed({"seeds": seeds})
