"""A real Slurm on this machine for tests, with two nodes and pretended GPUs, and suites of sums to run on it."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.data.locate import Locations
from harness.machine.runtime import Runtime
from harness.plan.graph import Plan, make_plan
from harness.plan.status import surveyed
from harness.progress import Progress
from harness.run.execute import Execution, execute
from harness.run.executors.local import Local
from harness.run.executors.slurm.cluster import Cluster
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submissions import Submission, Submissions
from harness.stop_signal import StopSignal
from harness.store.store import Store
from harness.suite.load import load_suite

HERE = Path(__file__).parent / "slurm_cluster"
PACKAGE = Path(__file__).parents[2]
OF_THE_RUN = ("cost", "seal", "beside")
"""Entries of a result that tell of the day and the machine."""
DAEMONS = ("slurmctld", "slurmd", "munged", "sbatch")


def missing() -> str | None:
    """Why no cluster can be started here; None where one can."""
    if os.getuid() != 0:
        return "a Slurm of the tests' own needs root"
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    absent = [name for name in DAEMONS if shutil.which(name, path=path) is None]
    return f"{', '.join(absent)} not installed (Debian: slurm-wlm)" if absent else None


@dataclass(frozen=True)
class RealSlurm:
    """The cluster while it runs."""

    folder: Path

    def start(self) -> None:
        """Start every daemon that does not run."""
        done = subprocess.run([HERE / "up.sh", self.folder], capture_output=True, text=True, check=False, timeout=90)
        assert done.returncode == 0, done.stderr

    def call(self, *command: str) -> str:
        """Call a command of Slurm's."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill(self, daemon: str) -> None:
        """Kill a daemon, such as `slurmctld` or `slurmd.n1`, at once."""
        os.kill(int((self.folder / "run" / f"{daemon}.pid").read_text()), signal.SIGKILL)

    def empty(self) -> None:
        """End every job, and make every node usable."""
        self.start()
        subprocess.run(["scancel", "--full", "--user=root"], check=False, timeout=60)
        subprocess.run(["scancel", "--user=root", "--signal=KILL"], check=False, timeout=60)
        eventually(lambda: not self.call("squeue", "-h").strip(), 60)


@contextmanager
def running_slurm(folder: Path) -> Iterator[RealSlurm]:
    """Run a cluster; its commands find it through the environment of this process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = min(probe.getsockname()[1], 60000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_BASEPORT", str(port))
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        patch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin:/sbin")
        cluster = RealSlurm(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            subprocess.run([HERE / "down.sh", folder], check=False, capture_output=True, timeout=90)
            end_left_over(folder)


def end_left_over(folder: Path) -> None:
    """Kill jobs whose node's daemon was killed; they are known by the cluster's configuration in their environment."""
    mark = f"SLURM_CONF={folder / 'slurm.conf'}".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            variables = (path / "environ").read_bytes().split(b"\0")
            if mark in variables and any(one.startswith(b"SLURM_JOB_ID=") for one in variables):
                os.kill(int(path.name), signal.SIGKILL)


def eventually(true: Callable[[], Any], within_s: float, what: str = "") -> Any:
    """Wait until something is true, and give it."""
    until = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < until, what or f"not within {within_s} s"
        time.sleep(0.2)
    return found


def sums_suite(folder: Path, count: int = 2, name: str = "sums") -> Path:
    """Write a suite of some sums, each one measurement without torch."""
    numbers = range(count)
    experiments = {
        f"sum{i}": {"measure": {"what": "arithmetic", "given": {"a": i, "b": 2}, "values": {"total": "a + b"}}}
        for i in numbers
    }
    cells = {
        f"s{i}": {"ref": "A01", "label": f"Sum {i}", "printed": str(i + 2), "value": f"sum{i}.total"} for i in numbers
    }
    suite = {"suite": name, "paper": "alexnet", "title": "Sums", "source": "nowhere", "cells": cells,
             "experiments": experiments, "scales": {"ci": {"seeds": 1}}}  # fmt: skip
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(suite))
    return path


@dataclass
class Sums:
    """A suite of sums, its store, and drivers in this process or in others."""

    folder: Path
    count: int = 2
    steps: int = 0
    """Steps of a tenth of a second that each job takes."""
    settings: dict[str, Any] = field(default_factory=dict)
    stream: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.suite = sums_suite(self.folder, self.count)

    @property
    def store(self) -> Store:
        """The store."""
        return Store(self.folder / "runs")

    @property
    def plan(self) -> Plan:
        """The plan."""
        return make_plan(load_suite(self.suite), "ci")

    @property
    def said(self) -> str:
        """What drivers in this process said."""
        return self.stream.getvalue()

    @property
    def setup(self) -> tuple[str, ...]:
        """Shell lines that slow the jobs down."""
        site = f"export PYTHONPATH={HERE / 'site'}:{PACKAGE}"
        return (f"export HARNESS_TEST_STEPS={self.steps}", site) if self.steps else ()

    def chosen(self, **more: Any) -> Settings:
        """The settings of the drivers: little memory, and short waits."""
        few = {"memory_gb": 1, "cpus_per_gpu": 1, "poll_s": 1.0, "grace_s": 5.0, "returns_within_s": 90.0,
               "accepted_within_s": 15.0, "start_within_s": 60.0, "save_before_s": 1}  # fmt: skip
        chosen = {**few, **self.settings, **more}
        return Settings(**{**chosen, "setup": (*self.setup, *chosen.get("setup", ()))})

    def run(self, stop: StopSignal | None = None, nodes: int = 1, **settings: Any) -> Execution:
        """Run what is left with a driver in this process."""
        self.store.prepare()
        runtime = Runtime(Locations(), device="cpu", threads=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("harness.run.executors.slurm.cluster.runs_here", lambda _: False)
            survey = surveyed(self.plan, self.store, runtime.locations)
            cluster = Cluster(self.chosen(**settings), nodes)
            return cluster.execute(survey, runtime, Progress(self.stream), stop or StopSignal())

    def driver(self, *more: str, **environ: str) -> subprocess.Popen[str]:
        """Start the command line's driver in a process of its own."""
        chosen = self.chosen()
        lines = "\n".join(chosen.setup)
        given = {
            name: getattr(chosen, name)
            for name in ("memory_gb", "cpus_per_gpu", "poll_s", "grace_s", "save_before_s", "accepted_within_s")
        }
        flags = [part for name, value in given.items() for part in ("--slurm", f"{name}={value}")]
        command = [sys.executable, "-m", "harness", "run", str(self.suite), "--scale", "ci", "--on", "slurm",
                   "--device", "cpu", "--threads", "1", "--store", str(self.store.root),
                   "--out", str(self.folder / "report"), *flags, *more]  # fmt: skip
        env = {**os.environ, "PYTHONPATH": f"{HERE / 'site'}:{PACKAGE}", "HARNESS_TEST_ALL_TO_SLURM": "1",
               "HARNESS_SLURM_SETUP": lines, **environ}  # fmt: skip
        return subprocess.Popen(
            command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def records(self) -> list[Submission]:
        """What was submitted so far, earliest first."""
        found = Submissions(self.store)
        with suppress(FileNotFoundError):
            found.refresh()
        return list(found)

    def results(self, store: Store | None = None) -> dict[str, dict[str, Any]]:
        """What of each job's result another run has to reproduce, by label; empty where there is none."""
        found = {}
        for job in self.plan.jobs.values():
            folder = (store or self.store).folder(job.kind, job.key)
            result = folder.read_result_of(job.key) or {}
            found[job.label] = {name: value for name, value in result.items() if name not in OF_THE_RUN}
        return found

    def undisturbed(self) -> dict[str, dict[str, Any]]:
        """The same of a run on this machine alone."""
        other, progress = Store(self.folder / "undisturbed"), Progress(io.StringIO())
        runtime = Runtime(Locations(), device="cpu", threads=1)
        execute(surveyed(self.plan, other, runtime.locations), Local(runtime, progress), progress)
        return self.results(other)
