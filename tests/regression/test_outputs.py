"""Files and streams of a check for a CI server."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from findings import EVERY, REGRESSION, checked, many
from harness.errors import UsageError
from harness.regression.annotations import LARGEST_SUMMARY
from harness.regression.outputs import write_outputs


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the running step's file with earlier content."""
    path = tmp_path / "summary"
    path.write_text("# Before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_both_files_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their folders need not exist, and nothing is printed."""
    junit, markdown = tmp_path / "a" / "check.xml", tmp_path / "b" / "check.md"
    write_outputs(checked(*EVERY), junit, markdown, github=False)
    assert len(list(ET.parse(junit).iter("testcase"))) == 5
    assert "1 regression, 1 error" in markdown.read_text(encoding="utf-8")
    assert capsys.readouterr() == ("", "")


def test_nothing_is_written_that_was_not_asked_for(summary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """This holds even where the step's variable is set."""
    write_outputs(checked(*EVERY), None, None, github=False)
    assert summary.read_text(encoding="utf-8") == "# Before\n"
    assert capsys.readouterr() == ("", "")


def test_annotations_leave_standard_output_to_data(summary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The runner reads both streams."""
    write_outputs(checked(*EVERY), None, None, github=True)
    out, said = capsys.readouterr()
    assert out == ""
    assert [line.split(" ")[0] for line in said.splitlines()] == ["::error", "::error", "::warning"]


def test_a_summary_is_added_to_what_stands_there(summary: Path) -> None:
    """A step may run several checks."""
    write_outputs(checked(REGRESSION), None, None, github=True)
    write_outputs(checked(*EVERY), None, None, github=True)
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# Before\n")
    assert text.count("## Reproduction check: ") == 2


def test_a_summary_is_never_too_large(summary: Path) -> None:
    """With the earlier content it stays within the size that GitHub shows."""
    summary.write_text("x" * 900_000, encoding="utf-8")
    for _ in range(3):
        write_outputs(checked(*many("ok", 5000)), None, None, github=True)
    assert 900_000 < summary.stat().st_size <= LARGEST_SUMMARY
    assert summary.read_text(encoding="utf-8").startswith("x" * 900_000)


def test_without_a_step_there_are_annotations_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user's own machine has no step."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write_outputs(checked(REGRESSION), None, None, github=True)
    assert capsys.readouterr().err.startswith("::error ")


def test_a_file_that_cannot_be_written_costs_no_other(summary: Path, tmp_path: Path) -> None:
    """All others are written, then each fault is reported with its remedy."""
    markdown = tmp_path / "check.md"
    junit = tmp_path / "taken"
    junit.mkdir()
    with pytest.raises(UsageError, match=r"taken cannot be written \(.*\); name another file with --junit FILE"):
        write_outputs(checked(*EVERY), junit, markdown, github=True)
    assert markdown.exists()
    assert "## Reproduction check" in summary.read_text(encoding="utf-8")


def test_a_summary_that_cannot_be_written_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the flag that skips it."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(UsageError, match="--no-github"):
        write_outputs(checked(*EVERY), tmp_path / "check.xml", None, github=True)
    assert (tmp_path / "check.xml").exists()
