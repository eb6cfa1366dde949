"""A cluster for all tests of this folder that need one, started with the first of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_slurm import RealSlurm, missing, running_slurm
from slurm_commands import Wrap


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSlurm]:
    """The cluster; skips where none can be started, and says why."""
    if (why := missing()) is not None:
        pytest.skip(why)
    with running_slurm(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def slurm(running: RealSlurm) -> Iterator[RealSlurm]:
    """The cluster without any job, and every daemon running."""
    running.empty()
    yield running
    running.empty()


@pytest.fixture
def wrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slurm: RealSlurm) -> Wrap:
    """A function that puts a script before a command of Slurm's; gives a file with a line for each call.

    The script has the command itself as `$real` and the number of the call as `$call`.
    """
    folder = tmp_path / "before"
    folder.mkdir()

    def put(command: str, script: str) -> Path:
        calls = tmp_path / f"{command}.calls"
        calls.touch()
        real = shutil.which(command) or "/bin/false"
        (folder / command).write_text(
            f"#!/bin/bash\nreal={real}\ndate +%s.%N >> {calls}\ncall=$(wc -l < {calls})\n{script}\n"
        )
        (folder / command).chmod(0o755)
        return calls

    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return put
