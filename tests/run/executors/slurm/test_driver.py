"""The driver on a stand-in that answers as Slurm does: its own cost, and two of it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pretended_slurm import install

from harness.plan.job import Job
from harness.progress import Progress
from harness.run.execute import written
from harness.run.executors.slurm.driver import Slurm
from harness.run.executors.slurm.request import Request
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submissions import Word
from harness.stop_signal import StopSignal
from harness.store.store import Store

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


JOB = Job("measure", {"what": "arithmetic"}, label="a sum")


@pytest.fixture
def two_drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Slurm, Slurm]:
    """Two drivers of one store with the same job; Slurm is the stand-in, where jobs end at once."""
    pytest.importorskip("submitit", reason="submitit is not installed")
    commands = install(tmp_path / "commands")
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    store = Store(tmp_path / "runs")
    store.prepare()
    folder = written(store, JOB)
    one, other = (
        Slurm(store, Settings(poll_s=0.01, grace_s=60), {}, lambda _: Request(1, 0, 1, 1, 15), lambda _: None,
              lambda _: JOB, Progress(io.StringIO()), StopSignal())
        for _ in range(2)
    )  # fmt: skip
    one.begin(folder, JOB.label)
    other.begin(folder, JOB.label)
    return one, other


def submitted(driver: Slurm) -> int:
    """How often the job was submitted."""
    return len(list(driver.store.slurm.glob("paper-harness-*")))


def test_what_another_driver_has_submitted_and_ended_is_done(two_drivers: tuple[Slurm, Slurm]) -> None:
    """Between two questions of this one."""
    one, other = two_drivers
    assert [error for driver in (one, other) for _, error in driver.ended()] == [None, None]
    assert submitted(one) == 1


def test_a_result_of_another_driver_may_become_visible_late(
    two_drivers: tuple[Slurm, Slurm], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's last word says that it is done, so it is waited for; a directory that was moved away is another."""
    one, other = two_drivers
    one.ended()
    (record,) = one.records.known.values()
    record.say(0, Word("done"))
    monkeypatch.setattr(Slurm, "result_of", lambda *_: None)
    (record.job_folder(0).path / "lock.token").write_text("1.0")
    assert other._round() == []
    assert submitted(other) == 1
    other.work[JOB.key].task = None
    (record.job_folder(0).path / "lock.token").unlink()
    assert other._round() == []
    assert submitted(other) == 2


@pytest.mark.nightly
def test_ten_thousand_jobs_cost_the_driver_little(tmp_path: Path) -> None:
    """At most 40 MB of growth and 2 ms of CPU a job."""
    found = no_ops(tmp_path, 10_000)
    assert (found["ran"], found["failed"]) == (10_000, 0)
    assert sum(call.startswith("sbatch") for call in found["calls"]) == 10_000 // LARGEST_ARRAY
    assert found["growth_mb"] <= 40
    assert found["cpu_ms_a_job"] <= 2
