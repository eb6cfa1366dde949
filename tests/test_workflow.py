"""The example workflow: the commands it runs exist, and it has no more permissions than it needs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.cli.main import command
from harness.regression.annotations import MARKER

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docs" / "github-actions.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """Read the file as plain data in YAML 1.2, where `on` is a word."""
    return YAML(typ="safe", pure=True).load(FILE)


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of its one job."""
    (job,) = workflow["jobs"].values()
    return job["steps"]


def commands(workflow: dict[str, Any]) -> list[list[str]]:
    """Return the command lines of the program as words, without the program."""
    lines = [line for step in steps(workflow) for line in step.get("run", "").splitlines()]
    return [shlex.split(line)[3:] for line in lines if line.startswith("python -m harness ")]


def test_its_commands_and_options_exist(workflow: dict[str, Any]) -> None:
    """The program accepts every command and option in it."""
    assert commands(workflow)
    for name, *arguments in commands(workflow):
        if name not in command.commands:
            pytest.skip(f"this version has no command {name!r}")
        known = {option for parameter in command.commands[name].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("-")} <= known


def test_the_files_that_are_written_are_those_that_are_used(workflow: dict[str, Any]) -> None:
    """This covers the comment and the artifacts."""
    (arguments,) = commands(workflow)
    written = {arguments[arguments.index(option) + 1] for option in ("--junit", "--markdown")}
    text = FILE.read_text(encoding="utf-8")
    assert set(re.findall(r"body=@(\S+)", text)) <= written
    (kept,) = [step["with"]["path"] for step in steps(workflow) if "upload-artifact" in step.get("uses", "")]
    assert {str(Path(path).parent) for path in written} == {kept}


def test_it_finds_its_own_comment(workflow: dict[str, Any]) -> None:
    """It searches for the first line that every comment has."""
    (step,) = [step for step in steps(workflow) if "gh api" in step.get("run", "")]
    assert f'startswith("{MARKER}")' in step["run"]


def test_nothing_of_an_event_becomes_a_command(workflow: dict[str, Any]) -> None:
    """A title or branch could hold anything, so a shell gets an event's data through variables."""
    assert not [step for step in steps(workflow) if "${{" in step.get("run", "")]


def test_it_may_write_a_comment_and_nothing_else(workflow: dict[str, Any]) -> None:
    """Its token permits nothing more, and other people's actions are pinned to a version."""
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert all(re.fullmatch(r"actions/[a-z/-]+@v\d+", step["uses"]) for step in steps(workflow) if "uses" in step)


def test_the_page_on_continuous_integration_names_it() -> None:
    """It links to the workflow, and the README to it."""
    assert "(github-actions.yml)" in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert "(docs/ci.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
