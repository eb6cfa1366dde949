"""The runtime settings that the flags of a run describe."""

from __future__ import annotations

from typing import Any

import pytest

from harness.cli.options import runtime_of
from harness.errors import UsageError
from harness.machine import cuda_visible, runtime
from harness.machine.runtime import Runtime

FLAGS: dict[str, Any] = {"data_root": None, "data_flags": (), "device": "auto", "jobs": None}


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a machine with eight cores and no GPU."""
    monkeypatch.setattr(runtime, "cores", lambda: 8)
    monkeypatch.setattr(cuda_visible, "gpu_uuids", list)


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add four GPUs."""
    monkeypatch.setattr(cuda_visible, "gpu_uuids", lambda: [f"GPU-{number}" for number in range(4)])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def given(**flags: Any) -> Runtime:
    """Return the settings."""
    found = runtime_of(FLAGS | flags)
    assert isinstance(found, Runtime)
    return found


def shape(found: Runtime) -> tuple[int, int, int]:
    """Return (jobs, processes, threads)."""
    return found.jobs, found.processes, found.threads


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, (1, 1, 8)),
        ({"jobs": 2}, (2, 1, 4)),
        ({"processes": 2}, (1, 2, 4)),
        ({"jobs": 2, "processes": 2}, (2, 2, 2)),
        ({"jobs": 100}, (100, 1, 1)),
        ({"jobs": 2, "threads": 8}, (2, 1, 8)),
    ],
)
def test_processes_share_the_cores_unless_their_threads_are_said(
    flags: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    """Each has at least one thread."""
    assert shape(given(**flags)) == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [({}, (4, 1, 2)), ({"gpus": 2}, (2, 2, 2)), ({"gpus": 4}, (1, 4, 2)), ({"jobs": 1}, (1, 1, 8)),
     ({"device": "cpu"}, (1, 1, 8)), ({"processes": 2}, (2, 2, 2))],
)  # fmt: skip
def test_by_default_every_gpu_is_at_work(four: None, flags: dict[str, Any], expected: tuple[int, int, int]) -> None:
    """There are as many jobs as GPUs allow."""
    assert shape(given(**flags)) == expected


def test_a_command_that_runs_no_several_jobs_has_one(four: None) -> None:
    """`job` is one, on a machine with many GPUs."""
    flags = {name: value for name, value in FLAGS.items() if name != "jobs"}
    assert shape(runtime_of(flags)) == (1, 1, 8)


def test_asking_for_gpus_asks_for_cuda() -> None:
    """A missing GPU is not replaced by the CPU."""
    assert given(gpus=2).device == "cuda"


@pytest.mark.parametrize(
    ("flags", "says"),
    [({"gpus": 2, "device": "cpu"}, "contradicts --device cpu; --processes 2"), ({"gpus": 2, "processes": 3}, "leave")],
)
def test_flags_that_contradict_each_other_are_refused(flags: dict[str, Any], says: str) -> None:
    """The message names the right flag."""
    with pytest.raises(UsageError, match=says):
        given(**flags)
