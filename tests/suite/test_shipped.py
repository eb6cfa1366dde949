"""Shipped suites: found by path or by name, and what is none is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_packages import install, place

from harness.errors import UsageError
from harness.suite.shipped import files_of, paper_homes, papers_named, shipped_names, shipped_suites, suite_path

__all__ = ["place"]


def test_the_shipped_folder_holds_suites_and_their_papers() -> None:
    """In a clone it lies beside the package."""
    assert "table1" in shipped_names()
    assert (shipped_suites() / "papers" / "alexnet" / "recipes.yaml").is_file()


@pytest.mark.parametrize("argument", ["table1", "table1.yaml", "suites/table1.yaml"])
def test_a_shipped_suite_is_found_from_anywhere(argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its bare name, or as a clone would name it."""
    monkeypatch.chdir(tmp_path)
    assert suite_path(argument) == shipped_suites() / "table1.yaml"


def test_a_file_that_is_there_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite of one's own may have a shipped one's name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table1.yaml").touch()
    assert suite_path("table1.yaml") == Path("table1.yaml")


def test_a_folder_of_that_name_does_not_hide_a_shipped_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a report's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table1").mkdir()
    assert suite_path("table1").name == "table1.yaml"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("tabel1", "no suite file at 'tabel1'; did you mean table1?"),
        ("suites/tabel1.yaml", "no suite file at 'suites/tabel1.yaml'; did you mean table1?"),
        ("elsewhere/table1.yaml", "no suite file at 'elsewhere/table1.yaml'; did you mean table1?"),
        ("zzz", "no suite file at 'zzz'; there are "),
        ("", "'' is a folder; name a suite file"),
        ("folder", "'folder' is a folder; name a suite file"),
        ("n" * 5000, "no suite file at 'nnn"),
    ],
)
def test_what_is_no_suite_is_told_in_one_line(
    argument: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the nearest there is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError) as raised:
        suite_path(argument)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def a_paper(home: Path, name: str, *suites: str) -> None:
    """A folder of suites with a paper in it."""
    (home / "papers" / name).mkdir(parents=True)
    (home / "papers" / name / "paper.yaml").write_text(f"paper: {name}\n")
    for suite in suites:
        (home / f"{suite}.yaml").write_text(f"suite: {suite}\npaper: {name}\n")


def test_the_suites_of_this_folder_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their bare names, where a paper lies beside them."""
    monkeypatch.chdir(tmp_path)
    a_paper(tmp_path / "suites", "mine", "my_table")
    assert suite_path("my_table") == Path("suites/my_table.yaml")
    assert paper_homes()["mine"] == Path("suites/papers/mine")
    assert files_of("mine", paper_homes()["mine"]) == [Path("suites/my_table.yaml")]


def test_the_suites_of_an_installed_package_are_known(place: Path, tmp_path: Path) -> None:
    """Inside of the package, or beside it."""
    install(place, "their-paper", {"their_paper/__init__.py": ""}, {"papers": {"theirs": "their_paper"}})
    a_paper(place / "their_paper" / "suites", "theirs", "their_table")
    assert suite_path("their_table") == place / "their_paper" / "suites" / "their_table.yaml"


def test_an_entry_point_that_leads_to_no_paper_is_told(place: Path) -> None:
    """With what it should lead to."""
    install(place, "their-paper", {"their_paper/__init__.py": ""}, {"papers": {"theirs": "their_paper"}})
    with pytest.raises(UsageError, match=r"their-paper 1.2 has no suites/papers/theirs/paper.yaml inside or beside"):
        paper_homes()


def test_one_name_of_two_suites_or_papers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody chooses one of them in silence."""
    monkeypatch.chdir(tmp_path)
    a_paper(tmp_path / "suites", "mine", "table1")
    with pytest.raises(UsageError, match=r"two suites are named table1: .*; name one by its path"):
        suite_path("table1")
    a_paper(tmp_path / "suites", "alexnet")
    with pytest.raises(UsageError, match="two papers are named alexnet"):
        paper_homes()


def test_an_unknown_paper_has_a_nearest() -> None:
    """As an unknown suite has."""
    with pytest.raises(UsageError, match="no paper 'alexnt'; did you mean 'alexnet'"):
        papers_named(["alexnt"])
