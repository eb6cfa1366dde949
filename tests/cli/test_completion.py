"""Completion by the shell: the script that it reads, and the words that it gets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import environment, program


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_that_of_the_shell(tmp_path: Path, shell: str) -> None:
    """Named, or taken from SHELL."""
    if shutil.which("bash") is None:
        pytest.skip("click looks for bash")
    named = program(tmp_path, "--show-completion", shell)
    found = program(tmp_path, "--show-completion", SHELL=f"/bin/{shell}")
    assert named.returncode == 0, named.stderr
    assert named.stdout == found.stdout
    assert f"_PAPER_HARNESS_COMPLETE={shell}_complete" in named.stdout


@pytest.mark.parametrize("shell", ["/bin/tcsh", ""])
def test_another_shell_is_told(tmp_path: Path, shell: str) -> None:
    """In one line, with those that there are."""
    done = program(tmp_path, "--show-completion", SHELL=shell)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "bash, zsh or fish" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [("paper-harness ver", "plain,verify"), ("paper-harness run table", "plain,table1"),
     ("paper-harness run table1 --sca", "plain,--scale"), ("paper-harness report x --export cr", "plain,crate")],
)  # fmt: skip
def test_bash_completes(tmp_path: Path, words: str, expected: str) -> None:
    """Commands, names of suites, options and their values."""
    asked = {"_PAPER_HARNESS_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-m", "harness"],
        cwd=tmp_path, env=environment(**asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert expected in done.stdout.splitlines()


def test_no_summary_of_a_command_is_cut(tmp_path: Path) -> None:
    """Help has the whole first sentence of each, on a narrow terminal too."""
    from harness.cli.main import command

    said = " ".join(program(tmp_path, "--help", COLUMNS="60").stdout.split())
    assert "..." not in said.split("Commands:")[1].split("Examples:")[0]
    for name, one in command.commands.items():
        first = " ".join((one.help or "").split("\n\n")[0].split()).split(". ")[0].rstrip(".")
        assert f"{name} {first}" in said, name
