"""The commands that begin a paper or a suite, and the one that lists what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import program


def test_new_paper_says_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    """One line a file; exit 0."""
    done = program(tmp_path, "new", "paper", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "wrote suites/mine_table1.yaml" in lines
    assert lines[-1].startswith("next: python -m harness validate suites/mine_table1.yaml")
    again = program(tmp_path, "new", "paper", "mine")
    assert (again.returncode, again.stdout) == (2, "")
    assert "there is a paper or a net named 'mine' already" in again.stderr


def test_a_project_of_ones_own_is_told_what_it_needs(tmp_path: Path) -> None:
    """Where its `pyproject.toml` is kept."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "own"\nversion = "1"\n')
    done = program(tmp_path, "new", "paper", "mine", "--keep")
    assert done.returncode == 0, done.stderr
    assert '[project.entry-points."paper_harness.models"]\nmine = "mine_paper.nets:Mine"' in done.stdout
    assert "wrote pyproject.toml" not in done.stdout


def test_new_suite_validates(tmp_path: Path) -> None:
    """Beside the first."""
    program(tmp_path, "new", "paper", "mine")
    done = program(tmp_path, "new", "suite", "mine_figure2")
    assert (done.returncode, done.stdout) == (0, "wrote suites/mine_figure2.yaml\n")
    assert program(tmp_path, "validate", "mine_figure2").returncode == 0


@pytest.mark.parametrize("group", ["models", "datasets", "measures", "inspections"])
def test_list_is_data_too(tmp_path: Path, group: str) -> None:
    """By group, or one of them alone."""
    done = program(tmp_path, "list", group, "--json")
    found = json.loads(done.stdout)
    assert list(found) == [group]
    assert all(one.keys() >= {"name", "says", "from"} for one in found[group])


def test_list_names_everything(tmp_path: Path) -> None:
    """What the project of this folder adds is marked as its."""
    program(tmp_path, "new", "paper", "mine")
    lines = program(tmp_path, "list").stdout.splitlines()
    assert {"papers", "suites", "models", "datasets", "measures", "inspections"} <= set(lines)
    (net,) = [line for line in lines if line.startswith("  mine  ") and "[" in line]
    assert net.endswith("[mine-paper 0.1.0]")


def test_an_unknown_group_has_a_nearest(tmp_path: Path) -> None:
    """Exit 2."""
    done = program(tmp_path, "list", "model")
    assert (done.returncode, done.stderr) == (2, "no group 'model'; did you mean 'models'?\n")
