"""Whole commands on a real Slurm on this machine, compared with the same on this machine alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from programs import results
from real_slurm import OF_THE_RUN, RealSlurm, Sums, eventually
from slurm_commands import Wrap, calls, command, job_of, started, to_slurm
from tiny_suites import TINY, tiny_suite

from harness.run.executors.slurm.submissions import Submission, Submissions
from harness.store.store import Store

pytestmark = pytest.mark.slurm

ALONE = ("--device", "cpu", "--threads", "1")


def same_jobs(there: Path, here: Path) -> int:
    """Compare the results of two stores but for what is of the run alone; give the number of jobs."""
    found = [
        {
            file.parent.name: {k: v for k, v in json.loads(file.read_text()).items() if k not in OF_THE_RUN}
            for file in store.glob("*-*/result.json")
        }
        for store in (there, here)
    ]
    assert found[0] == found[1]
    return len(found[1])


def submissions(store: Path) -> list[Submission]:
    """What was submitted from a store, earliest first."""
    records = Submissions(Store(store))
    records.refresh()
    return list(records)


def test_verify_and_check_run_their_jobs_there(tmp_path: Path, wrap: Wrap) -> None:
    """A job is repeated byte for byte, and a suite agrees with a baseline that was made here."""
    asked = wrap("sbatch", 'exec "$real" "$@"')
    world = Sums(tmp_path, count=1)
    world.undisturbed()
    said = to_slurm("verify", "--store", str(tmp_path / "undisturbed"), "--rerun", job_of(world)[1][:12])
    assert "measure sum0: identical, every output byte for byte" in said
    assert len(calls(asked)) == 1
    baseline = str(tmp_path / "baseline.json")
    command("baseline", "update", str(world.suite), "--baseline", baseline, "--yes", "--device", "cpu")
    to_slurm("check", str(world.suite), "--baseline", baseline, "--store", str(tmp_path / "checked"))
    assert len(calls(asked)) == 2
    assert [path.name for path in (tmp_path / "checked").iterdir()] == []


@pytest.mark.nightly
def test_a_shipped_suite_ends_in_the_same_results(tmp_path: Path, slurm: RealSlurm) -> None:
    """But for environment and cost; the environment says that Slurm ran it."""
    suite = ["run", "prelu_table1", "--scale", "ci"]
    there, here = tmp_path / "there", tmp_path / "here"
    to_slurm(*suite, "--slurm", "memory_gb=2", "--store", str(there / "runs"), "--out", str(there))
    command(*suite, *ALONE, "--store", str(here / "runs"), "--out", str(here))
    assert results(there) == results(here)
    assert same_jobs(there / "runs", here / "runs") == 13
    engines = [json.loads(path.read_text()).get("engine") for path in there.glob("runs/*-*/environment.json")]
    assert engines == ["Slurm"] * 13


@pytest.mark.nightly
@pytest.mark.parametrize("nodes", [1, 2])
def test_a_training_is_shared_by_processes_of_nodes(tmp_path: Path, slurm: RealSlurm, nodes: int) -> None:
    """One task and one torchrun on each node; the same bits as of two processes on this machine."""
    suite = str(tiny_suite(tmp_path, subset={"classes": 10, "per_class": 40}, epochs=1))
    there, here = tmp_path / "there", tmp_path / "here"
    shared = ["run", suite, "--scale", "ci", "--processes", "2", "--out", str(tmp_path / "report")]
    to_slurm(*shared, "--nodes", str(nodes), "--slurm", "memory_gb=2", "--store", str(there))
    command(*shared, *ALONE, "--store", str(here))
    assert same_jobs(there, here) == 3
    (training,) = (one for one in submissions(there) if one.jobs[0].label.startswith("train"))
    assert training.asked["nodes"] == nodes
    script = next(training.folder.glob("*submission.sh")).read_text()
    assert (f"--nodes={nodes}" in script, "--ntasks-per-node=1" in script, "srun" in script) == (True, True, nodes > 1)


@pytest.fixture
def lasting(tmp_path: Path, slurm: RealSlurm) -> Iterator[Callable[..., tuple[subprocess.Popen[str], Submission]]]:
    """A function that starts a driver for a training of some seconds in two processes; gives it once that trains."""
    drivers = []

    def begun(*flags: str) -> tuple[subprocess.Popen[str], Submission]:
        driver = started(*many_epochs(tmp_path), "--store", str(tmp_path / "there"), "--slurm", "memory_gb=2", *flags)
        drivers.append(driver)
        eventually(lambda: any("epoch 3/" in path.read_text() for path in tmp_path.glob("there/slurm/*/*.err")), 240)
        return driver, submissions(tmp_path / "there")[-1]

    yield begun
    for driver in drivers:
        driver.kill()
        driver.communicate()


def many_epochs(folder: Path) -> list[str]:
    """The command that runs one training of many short epochs, and tests it."""
    suite = tiny_suite(folder, subset={"classes": 10, "per_class": 40}, epochs=25)
    return ["run", str(suite), "--scale", "ci", "--processes", "2", "--out", str(folder / "report")]


@pytest.mark.nightly
@pytest.mark.parametrize("nodes", [1, 2])
def test_a_training_that_loses_a_process_is_tried_again(
    tmp_path: Path, lasting: Any, slurm: RealSlurm, nodes: int
) -> None:
    """Kill -9 of one of its two processes, which may be on the other node than the one that keeps the job."""
    driver, _ = lasting("--nodes", str(nodes))
    os.kill(process_of_rank(1, slurm.folder), signal.SIGKILL)
    said, _ = driver.communicate(timeout=400)
    assert driver.returncode == 0, said
    assert said.count("it is submitted again") == 1, said
    command(*many_epochs(tmp_path), *ALONE, "--store", str(tmp_path / "here"))
    assert same_jobs(tmp_path / "there", tmp_path / "here") == 3


@pytest.mark.nightly
def test_a_training_on_two_nodes_is_preempted_and_goes_on(tmp_path: Path, lasting: Any, slurm: RealSlurm) -> None:
    """It saves, is started again under its number, and ends in the same bits."""
    driver, training = lasting("--nodes", "2", "--slurm", "partition=low")
    hog = slurm.call("sbatch", "--parsable", "-pmain", "-N2", "--exclusive", "-o/dev/null", "--wrap=sleep 600").strip()
    eventually(lambda: "RUNNING" in slurm.call("squeue", "-h", "-j", hog, "-o", "%T"), 120)
    assert training.word(0).says == "stopped"
    slurm.call("scancel", hog)
    said, _ = driver.communicate(timeout=400)
    assert driver.returncode == 0, said
    assert (training.word(0).says, training.word(0).restarts) == ("done", 1)
    assert len(submissions(tmp_path / "there")) == 3
    command(*many_epochs(tmp_path), *ALONE, "--store", str(tmp_path / "here"))
    assert same_jobs(tmp_path / "there", tmp_path / "here") == 3


def process_of_rank(rank: int, cluster: Path) -> int:
    """The number of a process that shares a job of a cluster, known by its variables."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            variables = (path / "environ").read_bytes().split(b"\0")
            if f"RANK={rank}".encode() in variables and f"SLURM_CONF={cluster / 'slurm.conf'}".encode() in variables:
                return int(path.name)
    raise AssertionError(f"no process has rank {rank}")


@pytest.mark.nightly
def test_looks_are_submitted_one_at_a_time(tmp_path: Path, slurm: RealSlurm) -> None:
    """Two nets that differ in their precision alone are undecided at the first look."""
    suite = two_arms(tmp_path)
    store = tmp_path / "runs"
    said = to_slurm(
        "run", str(suite), "--scale", "ci", "--slurm", "memory_gb=2", "--store", str(store), "--out", str(tmp_path)
    )
    assert "look 1 of 2 leaves something undecided" in said
    by_look: dict[int, list[Submission]] = {1: [], 2: []}
    for one in submissions(store):
        seeds = {int(job.label.rpartition("seed ")[2]) for job in one.jobs if "seed " in job.label}
        assert seeds <= {0, 1, 2} or seeds == {3}
        by_look[2 if seeds == {3} else 1].append(one)
    assert sum(len(one.jobs) for one in by_look[2]) == 4
    ended = max(path.stat().st_mtime for one in by_look[1] for path in one.folder.glob("word-*.json"))
    assert min(one.at for one in by_look[2]) > ended


def two_arms(folder: Path) -> Path:
    """Write a suite that asks in looks at three and four seeds whether one of two like nets errs less."""
    suite: Any = json.loads(tiny_suite(folder, "two_arms").read_text())
    tiny = {**TINY, "seeds": {"looks": [3, 4]}, "subset": {"classes": 10, "per_class": 40}}
    suite["scales"] = {"ci": {**tiny, "train": {**TINY["train"], "epochs": 1}}}
    arm = json.loads(json.dumps(suite["experiments"]["cnn"]))
    arm["train"]["change"] = {"precision": "bf16"}
    suite["experiments"]["other"] = {**arm, "says": "in fewer digits"}
    errors = ["cnn.ten_crop.top1_error", "other.ten_crop.top1_error"]
    suite["claims"]["better"] = {"ref": "A01", "says": "a", "source": "b", "less": errors}
    path = folder / "two_arms.yaml"
    path.write_text(json.dumps(suite))
    return path
