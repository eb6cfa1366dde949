"""Commands of the program on a real Slurm, scripts put before commands of Slurm's, and what tests ask of a run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from real_slurm import HERE, PACKAGE, Sums

Wrap = Callable[[str, str], Path]
"""Puts a script before a command of Slurm's; gives a file with a line for each call."""


def calls(file: Path) -> list[float]:
    """The times of calls."""
    return [float(line) for line in file.read_text().split()]


def began(world: Sums, job: int = 0) -> bool:
    """Say whether a job of the newest submission has begun."""
    return bool(world.records()) and world.records()[-1].word(job) is not None


def job_of(world: Sums) -> tuple[str, str]:
    """Kind and key of the first job."""
    job = next(iter(world.plan.jobs.values()))
    return job.kind, job.key


def site() -> tuple[str, str]:
    """Folders of the path on which a driver finds what slows jobs down, and the program."""
    return str(HERE / "site"), str(PACKAGE)


def command(*arguments: str) -> str:
    """Call the program."""
    called = [sys.executable, "-m", "harness", *arguments]
    done = subprocess.run(called, check=False, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stderr
    return done.stdout


def started(*arguments: str, **environ: str) -> subprocess.Popen[str]:
    """Start the program with its jobs on the cluster, also those that a driver does itself."""
    env = {**os.environ, "PYTHONPATH": ":".join(site()), "HARNESS_TEST_ALL_TO_SLURM": "1", **environ}
    few = ["--on", "slurm", "--device", "cpu", "--threads", "1", "--slurm", "poll_s=1", "--slurm", "cpus_per_gpu=1"]
    called = [sys.executable, "-m", "harness", *arguments, *few]
    return subprocess.Popen(called, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def to_slurm(*arguments: str, **environ: str) -> str:
    """Call the program so; give what it said."""
    with started(*arguments, **environ) as process:
        try:
            said, _ = process.communicate(timeout=580)
        finally:
            process.kill()
    assert process.returncode == 0, said
    return said
