"""The driver's own cost, on a stand-in that answers as Slurm does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parents[3] / "support"
LARGEST_ARRAY = 1000


def no_ops(folder: Path, jobs: int) -> dict[str, Any]:
    """Plan, submit and collect so many jobs in a fresh process."""
    pytest.importorskip("submitit", reason="submitit is not installed")
    env = {**os.environ, "PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}"}
    command = [sys.executable, str(SUPPORT / "no_op_jobs.py"), str(folder), str(jobs)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_jobs_are_submitted_in_arrays_and_asked_about_together(tmp_path: Path) -> None:
    """One question before the submission and one after it, and one submission."""
    found = no_ops(tmp_path, 30)
    assert (found["ran"], found["failed"]) == (30, 0)
    assert [call.split()[0] for call in found["calls"] if call] == ["scontrol", "squeue", "sbatch", "squeue"]


@pytest.mark.nightly
def test_ten_thousand_jobs_cost_the_driver_little(tmp_path: Path) -> None:
    """At most 40 MB of growth and 2 ms of CPU a job."""
    found = no_ops(tmp_path, 10_000)
    assert (found["ran"], found["failed"]) == (10_000, 0)
    assert sum(call.startswith("sbatch") for call in found["calls"]) == 10_000 // LARGEST_ARRAY
    assert found["growth_mb"] <= 40
    assert found["cpu_ms_a_job"] <= 2
