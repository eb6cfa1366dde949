"""The names that a typed suite file defines: rows, columns, cells, and which of these are ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import TABLE1, loaded

from harness.suite.load import load_suite
from harness.suite.lookup import Defined
from harness.suite.shipped import suite_path


@pytest.fixture
def table1() -> Defined:
    """The names of AlexNet's Table 1."""
    return Defined(load_suite(TABLE1).file)


def test_rows_columns_and_cells_are_told(table1: Defined) -> None:
    """A cell for every number that a row prints."""
    assert table1.trained == ["cnn"]
    assert set(table1.rows) >= {"sparse_coding", "sift_fv", "cnn"}
    assert set(table1.cells) >= {"cnn.top1", "cnn.top5", "sift_fv.top1"}


def test_an_experiment_has_its_tests_and_one_that_is_not_there_none(table1: Defined) -> None:
    """An unknown name is a fault of the place that names it, and defines nothing."""
    assert (table1.tests("cnn"), table1.inspections("cnn")) == (["ten_crop"], [])
    assert (table1.tests("cmn"), table1.inspections("cmn"), table1.measures("cmn")) == ([], [], False)


def test_only_cells_with_a_place_are_ours(table1: Defined) -> None:
    """The others are quoted from other papers."""
    assert table1.is_ours("cnn.top1")
    assert not table1.is_ours("sift_fv.top1")


def test_a_row_that_is_not_run_is_ours_nonetheless(tmp_path: Path) -> None:
    """It is the authors' own, and a claim may speak of it."""
    suite = loaded(tmp_path, ("value: cnn.ten_crop}", "not_run: No machine is large enough}"))
    assert Defined(suite.file).is_ours("cnn.top1")


def test_a_measurement_has_a_net_where_it_is_of_one() -> None:
    """A figure can draw that net, and none of a recipe."""
    names = Defined(load_suite(suite_path("architecture")).file)
    assert names.measures("net")
    assert [names.has_net(name) for name in ("net", "recipe")] == [True, False]
