"""What is asked of Slurm for a job, and arrays of jobs alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tiny_suites import tiny_world

from harness.errors import UsageError
from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.run.executors.slurm.request import HEAD_ROOM, Request, arrays, request_of, runs_here, seconds_of
from harness.run.executors.slurm.settings import Settings

TRAIN = Job("train", {}, keeps_bytes=250_000_000, scratch_bytes=500_000_000, label="train cnn")
ARITHMETIC = Job("measure", {"what": "arithmetic"})
TIMING = Job("measure", {"what": "timing", "device_name": "x"})


def asked(job: Job = TRAIN, seconds: float = 60.0, nodes: int = 1, runtime: Any = None, **settings: Any) -> Request:
    """Ask for a job on GPUs."""
    return request_of(job, seconds, runtime or Runtime(device="cuda", threads=8), Settings(**settings), nodes)


def test_defaults_follow_from_the_estimate_with_head_room() -> None:
    """In steps, so that jobs of like length share an array."""
    assert asked() == Request(nodes=1, gpus=1, cpus=8, memory_gb=8, minutes=15)
    hours = 10 * 3600.0
    assert asked(seconds=hours).minutes >= HEAD_ROOM * hours / 60
    assert asked(seconds=hours).minutes == asked(seconds=1.01 * hours).minutes


def test_settings_come_before_the_estimate() -> None:
    """Memory, time and cores."""
    found = asked(memory_gb=100, walltime_min=7, cpus_per_gpu=12)
    assert (found.memory_gb, found.minutes, found.cpus) == (100, 7, 12)


def test_processes_are_shared_evenly_among_nodes() -> None:
    """Each with a GPU of its own."""
    eight = Runtime(device="cuda", threads=4, processes=8)
    found = asked(nodes=2, runtime=eight)
    assert (found.nodes, found.gpus, found.cpus) == (2, 4, 16)
    with pytest.raises(UsageError, match="8 processes cannot be shared evenly among 3 nodes"):
        asked(nodes=3, runtime=eight)
    with pytest.raises(UsageError, match=r"train cnn wants 8 GPUs on a node, and nodes have 4 \(gpus_per_node\)"):
        asked(runtime=eight, gpus_per_node=4)
    assert asked(Job("pixels", {}), nodes=2, runtime=eight).nodes == 1


def test_the_device_has_to_be_known() -> None:
    """The driver cannot see the nodes."""
    with pytest.raises(UsageError, match="say --device cuda or --device cpu"):
        asked(runtime=Runtime(device="auto"))
    assert asked(runtime=Runtime(device="auto"), gpus_per_node=4).gpus == 1
    assert asked(runtime=Runtime(device="cpu"), gpus_per_node=4).gpus == 0


def test_a_timing_has_its_node_alone() -> None:
    """Another job would be measured with it."""
    assert asked(TIMING).alone
    assert not asked().alone


def test_only_what_needs_no_torch_runs_in_the_driver() -> None:
    """Exact measures."""
    assert [runs_here(job) for job in (ARITHMETIC, TIMING, TRAIN)] == [True, False, False]


def test_a_driver_without_a_gpu_assumes_one(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of the walltime of its own processor."""
    monkeypatch.setattr("harness.plan.rates.gpus", list)
    world = tiny_world(tmp_path)
    job = Job("train", {"recipe": {"precision": "fp32"}}, work=1e15)
    runtime = Runtime(device="cuda", threads=1)
    there = seconds_of([job], world.store, runtime, {}, gpus=True)
    here = seconds_of([job], world.store, runtime, {}, gpus=False)
    assert there[job.key] < here[job.key] / 100


@given(some.lists(some.integers(1, 3), max_size=50), some.integers(1, 7))
def test_arrays_hold_every_job_once_and_only_alike_ones(minutes: list[int], largest: int) -> None:
    """In order, and none is larger than allowed."""
    requests = [(number, Request(1, 0, 1, 1, one)) for number, one in enumerate(minutes)]
    found = arrays(requests, largest)
    assert sorted(number for _, inside in found for number in inside) == list(range(len(minutes)))
    assert all(1 <= len(inside) <= largest for _, inside in found)
    assert all(minutes[number] == request.minutes for request, inside in found for number in inside)
