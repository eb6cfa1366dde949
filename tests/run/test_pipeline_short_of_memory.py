"""A run on a simulated GPU whose memory is short: what does not fit beside others runs again alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fabricated import Fake
from fake_nvml import GIB, FakeNvml
from fake_places import FakePlaces
from suite_files import TABLE1

from harness.data.locate import Locations
from harness.errors import JobFailed, OutOfMemory
from harness.machine.runtime import Runtime
from harness.run import pipeline
from harness.run.pipeline import run_suite

LACKING = {"train cnn, seed 1": OutOfMemory("out of memory (CUDA)")}
AGAIN = ["train cnn, seed 1", "test cnn.ten_crop, seed 1"]
"""The job that lacks memory beside others, and the one that needs it."""


class World:
    """What ran beside others and what by itself, with which settings."""

    def __init__(self) -> None:
        self.pools: list[tuple[Runtime, FakePlaces]] = []
        self.alone: list[tuple[Runtime, Fake]] = []
        self.acts: dict[str, Any] = {}

    @contextmanager
    def pool(self, runtime: Runtime, *_: Any) -> Iterator[FakePlaces]:
        """Stand in for the processes of a run."""
        self.pools.append((runtime, FakePlaces(runtime.jobs, dict(LACKING))))
        yield self.pools[-1][1]

    def local(self, runtime: Runtime, *_: Any) -> Fake:
        """Stand in for the executor of this process."""
        self.alone.append((runtime, Fake(self.acts)))
        return self.alone[-1][1]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A machine with 32 processors and one GPU of 16 GiB, on which any job is worth a process."""
    world, free = World(), SimpleNamespace(total=16 * GIB, used=0, free=16 * GIB)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("harness.machine.memory.nvml", lambda: FakeNvml({"nvmlDeviceGetMemoryInfo": free}))
    monkeypatch.setattr("harness.plan.estimate.nvml", lambda: None)
    monkeypatch.setattr("harness.plan.rates.gpus", lambda: [{"name": "NVIDIA T4"}])
    monkeypatch.setattr("harness.plan.gpu_sharing.cores", lambda: 32)
    monkeypatch.setattr("harness.plan.division.WORTH_A_PROCESS_S", 0.1)
    monkeypatch.setattr(pipeline, "Local", world.local)
    monkeypatch.setattr(pipeline, "Pool", world.pool)
    return world


def run() -> dict[str, str]:
    """Run Table 1 on the digits with open settings; return what failed."""
    runtime = Runtime(Locations.gather(config_files=()), threads=32, open_threads=True, open_jobs=True)
    flags = {"offline": False, "refresh_stale": False}
    return run_suite(str(TABLE1), "ci", Path("runs"), None, runtime, flags)[2]


def test_it_runs_again_when_the_others_are_over(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """With the threads that it had, one job at a time, and its test after it; nothing has failed."""
    assert run() == {}
    ((shared, places),), (again, fake) = world.pools, world.alone[0]
    assert (shared.jobs, shared.jobs_a_gpu, again.jobs, again.jobs_a_gpu) == (3, 3, 1, 1)
    assert again.threads == shared.threads == 10
    assert fake.labels == AGAIN
    assert max(map(len, places.together)) == 3
    said = capsys.readouterr().err
    assert "3 jobs at a time, 10 threads each (3 on the GPU, for the plan has 3 trainings)" in said
    assert said.count("out of memory") == 1


def test_what_lacks_memory_alone_has_failed(world: World) -> None:
    """It is not tried a third time, and its test fails with it."""

    def lack() -> None:
        raise JobFailed("out of memory alone")

    world.acts = {"train cnn, seed 1": lack}
    assert sorted(run().values()) == ["its input failed: out of memory alone", "out of memory alone"]
    assert [label for _, fake in world.alone for label in fake.labels].count("train cnn, seed 1") == 1
