"""Shipped suites: found by path or by name, and what is none is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.suite.shipped import shipped_names, shipped_suites, suite_path


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
