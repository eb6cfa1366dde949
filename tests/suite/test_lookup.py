"""The names that a suite file defines: what a name means, and what it does where the file is faulty."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import TABLE1

from harness.suite.lookup import Defined
from harness.suite.yaml_places import read_yaml


@pytest.fixture
def table1() -> Defined:
    """What AlexNet's Table 1 defines."""
    return Defined(read_yaml(TABLE1))


def test_rows_columns_and_cells_are_told(table1: Defined) -> None:
    """A cell for every number that a row prints."""
    assert table1.defined == ["cnn"]
    assert set(table1.rows or ()) >= {"sparse_coding", "sift_fv", "cnn"}
    assert set(table1.cells or ()) >= {"cnn.top1", "cnn.top5", "sift_fv.top1"}


def test_a_known_name_is_no_fault(table1: Defined) -> None:
    """And an unknown one is one, with the nearest."""
    assert table1._known(("claims",), "cnn", table1.defined, "experiment")
    assert not table1.located.faults
    assert not table1._known(("claims",), "cmn", table1.defined, "experiment")
    assert "no experiment 'cmn'; did you mean 'cnn'?" in str(table1.located.faults)


def test_what_hangs_on_a_faulty_group_is_no_second_fault(tmp_path: Path) -> None:
    """Where `experiments` is misspelt nothing can be said of the names of experiments."""
    path = tmp_path / "mine.yaml"
    path.write_text("suite: mine\nexperimnts: {cnn: {}}\n", encoding="utf-8")
    found = Defined(read_yaml(path))
    found.located.fault(("experimnts",), "is no key of a suite")
    assert found.defined is None
    assert not found._known(("claims",), "cnn", found.defined, "experiment")
    assert len(found.located.faults) == 1


def test_only_cells_with_a_place_are_ours(table1: Defined) -> None:
    """The others are quoted from other papers."""
    assert table1._ours("cnn.top1")
    assert not table1._ours("sift_fv.top1")
