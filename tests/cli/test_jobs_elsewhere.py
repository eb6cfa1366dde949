"""The commands and options of a cluster, without one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pretended_slurm import install
from suite_files import TABLE1

from harness.cli.main import command


def call(*arguments: object) -> Any:
    """Call the program."""
    return CliRunner(catch_exceptions=True).invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("flags", [["--slurm", "partition=x"], ["--nodes", "2"]])
def test_settings_of_a_cluster_need_the_cluster(flags: list[str]) -> None:
    """A flag that would do nothing is an error."""
    assert f"{flags[0]} is a setting of --on slurm" in str(call("plan", TABLE1, "--scale", "ci", *flags).exception)


def test_a_plan_shows_its_arrays_and_submits_nothing(tmp_path: Path) -> None:
    """In steps, inputs first, with what each asks for; Slurm's commands need not be there."""
    done = call("plan", TABLE1, "--scale", "ci", "--on", "slurm", "--device", "cpu", "--json", "--slurm", "memory_gb=9")
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)["slurm"]
    assert [(one["step"], one["jobs"], one["memory_gb"]) for one in found["arrays"]] == [
        (1, 1, 9),
        (2, 3, 9),
        (3, 3, 9),
    ]
    assert not (tmp_path / "runs").exists()
    shown = call("plan", TABLE1, "--scale", "ci", "--on", "slurm", "--device", "cpu").output
    assert "Slurm would get 7 jobs in 3 arrays, at most 256 at once" in " ".join(shown.split())


def test_a_run_without_slurm_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One message."""
    monkeypatch.setenv("PATH", str(tmp_path))
    pytest.importorskip("submitit", reason="submitit is not installed")
    done = call("run", TABLE1, "--scale", "ci", "--on", "slurm", "--device", "cpu", "--threads", "1")
    assert str(done.exception) == "--on slurm needs Slurm's commands, and sbatch, squeue, scancel is not on PATH here"


def test_jobs_of_a_store_without_any_submission(tmp_path: Path) -> None:
    """Slurm is not asked."""
    (tmp_path / "runs").mkdir()
    assert call("jobs").output == "nothing was submitted from here\n"
    assert "there is no store at nowhere" in str(call("jobs", "--store", "nowhere").exception)


def test_rerun_is_what_runs_there(tmp_path: Path) -> None:
    """`verify` alone runs nothing."""
    done = call("verify", "--on", "slurm", "--store", tmp_path)
    assert str(done.exception) == "--on slurm is where --rerun runs the job; without it nothing runs"


def test_commands_of_the_stand_in_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in that other tests use answers to every command that a driver calls."""
    from harness.run.executors.slurm.queue import largest_array

    monkeypatch.setenv("PATH", f"{install(tmp_path / 'commands', array=77)}:{os.environ['PATH']}")
    assert largest_array() == 77
