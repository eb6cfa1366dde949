"""Every file of a suite's paper is read, ids agree with folders, and what a suite refers to is on the paper's list."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from suite_files import TABLE1

from harness.plan.outline import outlines
from harness.suite.load import load_suite
from harness.suite.paper_checks import paper_faults
from harness.suite.shipped import shipped_names, shipped_suites, suite_path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Table 1 with files of its paper of its own, which may be changed."""
    shutil.copytree(shipped_suites() / "papers" / "alexnet", tmp_path / "papers" / "alexnet")
    shutil.copy(TABLE1, tmp_path / "table1.yaml")
    return tmp_path / "table1.yaml"


def faults(suite: Path) -> list[str]:
    """What is wrong, by the names of the files."""
    return [line.replace(f"{suite.parent}/", "") for line in paper_faults(load_suite(suite))]


def changed(file: Path, old: str, new: str) -> None:
    """Replace a text in a file."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_paper_that_agrees_has_no_fault(own: Path) -> None:
    """As it is shipped."""
    assert faults(own) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ref: A01", "ref: A99", "A99"),
        ("ref: T1", "ref: T9", "no table or figure 'T9' in the paper's references.yaml; known: "),
    ],
)
def test_what_is_not_on_the_list_is_told_at_its_line(own: Path, old: str, new: str, said: str) -> None:
    """A claim, a table."""
    changed(own, old, new)
    (line,) = faults(own)
    assert line.startswith("table1.yaml:")
    assert said in line


@pytest.mark.parametrize("name", ["paper.yaml", "references.yaml", "released.yaml"])
def test_a_file_of_another_paper_is_told(own: Path, name: str) -> None:
    """With its folder."""
    changed(own.parent / "papers" / "alexnet" / name, "paper: alexnet", "paper: alexnt")
    (line,) = faults(own)
    assert line.startswith(f"papers/alexnet/{name}:")
    assert line.endswith("paper: 'alexnt' lies in the folder alexnet; name both alike")


def test_references_that_cannot_be_read_are_a_fault(own: Path) -> None:
    """Which no run would read."""
    changed(own.parent / "papers" / "alexnet" / "references.yaml", "claims:", "clams:")
    assert [line.split(":")[0] for line in faults(own)] == ["papers/alexnet/references.yaml"]


def test_validate_reads_them_and_remembers(own: Path) -> None:
    """A fault of the paper is one of each of its suites; sound ones are remembered, until a file changes."""
    assert outlines([own])[1] == []
    assert outlines([own])[1] == []
    changed(own.parent / "papers" / "alexnet" / "references.yaml", "  A01:", "  B01:")
    sound, lines = outlines([own])
    assert sound == {}
    assert any("no claim 'A01'" in line for line in lines)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_suite_agrees_with_its_paper(name: str) -> None:
    """What it refers to is on the paper's list, or among the questions to its release."""
    assert paper_faults(load_suite(suite_path(name))) == []
