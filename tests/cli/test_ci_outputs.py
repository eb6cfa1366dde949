"""The options for CI servers, on a command that does nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from harness.cli.ci_outputs import with_ci_outputs
from harness.errors import UsageError


def given(*arguments: str | Path) -> dict[str, Any]:
    """Return the parsed options."""
    seen: dict[str, Any] = {}

    @click.command()
    @with_ci_outputs
    def command(**flags: Any) -> None:
        seen.update(flags)

    done = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if isinstance(done.exception, UsageError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return seen


@pytest.mark.parametrize(("variable", "on"), [(None, ""), ("true", "on"), ("false", ""), ("", "")])
def test_github_is_on_where_it_runs_there(monkeypatch: pytest.MonkeyPatch, variable: str | None, on: str) -> None:
    """GitHub's runner sets the variable."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    if variable is not None:
        monkeypatch.setenv("GITHUB_ACTIONS", variable)
    assert given() == {"junit": None, "markdown": None, "github": bool(on)}


def test_github_can_be_turned_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The flag overrides the variable."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert given("--no-github")["github"] is False
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert given("--github")["github"] is True


def test_files_are_paths(tmp_path: Path) -> None:
    """Their folder is created before the work begins."""
    flags = given("--junit", tmp_path / "out" / "check.xml", "--markdown", "check.md")
    assert flags["junit"] == tmp_path / "out" / "check.xml"
    assert flags["markdown"] == Path("check.md")
    assert (tmp_path / "out").is_dir()


def test_a_file_that_could_not_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """The error does not come after an hour of work."""
    (tmp_path / "file").touch()
    with pytest.raises(
        UsageError, match=r"the folder of --junit .* cannot be written .* name another file with --junit"
    ):
        given("--junit", tmp_path / "file" / "check.xml")
