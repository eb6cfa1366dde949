"""Memory does not grow with the data; a lack of memory is reported as such, with a remedy."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from finished_worlds import SHORT
from image_folders import make_image_folders
from programs import environment
from tiny_suites import World, paper_suite

from harness.errors import JobFailed, OutOfMemory
from harness.jobs.training import step
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.run.executors.local import Local

PEAK = """
import json, sys
from pathlib import Path
from tiny_suites import World
from harness.data.locate import Locations
from harness.suite.load import load_suite
from harness.plan.graph import make_plan
from harness.machine.runtime import Runtime
from harness.store.store import Store
suite, *folders = map(Path, sys.argv[1:])
for data in folders:
    locations = Locations.gather(data_root=data, config_files=())
    runtime = Runtime(device="cpu", threads=1, micro_batch=8, locations=locations)
    world = World(make_plan(load_suite(suite), "paper"), Store(data / "runs"), runtime)
    assert world.run({"pixels", "train"}, micro_batch=8).failed == {}
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(json.dumps([world.result("train")["data"][0]["count"], int(peak.split()[1])]))
"""
"""Measures and trains on each folder of data; prints how many training images it has and the peak so far, in KiB."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells the peak on Linux only")
def test_a_training_on_ten_times_the_images_takes_no_more_memory(tmp_path: Path) -> None:
    """The peak of measuring the mean image and of an epoch, decoded in threads, rises by less than a tenth.

    The prepared images of the larger set take 94 MB, more than a tenth of the peak, so holding them would show. Few
    views are tested at a time, because a test's memory grows until a batch is full. Few arenas of the allocator are
    allowed, because the memory they keep depends on which thread came first.
    """
    for name, many in (("few", 1), ("many", 10)):
        make_image_folders(tmp_path / name / "ilsvrc2010", train=12 * many, val=2 * many, test=1)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, paper_suite(tmp_path, batch=8, epochs=1), tmp_path / "few", tmp_path / "many"],
        env=environment(PYTHONPATH=":".join(sys.path), MALLOC_ARENA_MAX="2"),
        capture_output=True,
        text=True,
        check=True,
    )
    (few, low), (many, high) = map(json.loads, done.stdout.splitlines())
    assert (few, many) == (4 * 12, 4 * 120)
    assert high < 1.1 * low, (low, high)


def allocated() -> None:
    """Request more memory from torch than any machine has, for torch's own message."""
    torch.empty(2**60, dtype=torch.uint8)


def raised(error: BaseException) -> Any:
    """Return a function that raises this error."""

    def act() -> None:
        raise error

    return act


LACKING = {
    "torch on a CPU": allocated,
    "torch on a GPU": raised(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")),
    "an older torch": raised(RuntimeError("CUDA error: out of memory")),
    "cuBLAS": raised(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")),
    "oneDNN": raised(RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: not enough memory")),
    "Python": raised(MemoryError()),
    "the system": raised(OSError(errno.ENOMEM, "Cannot allocate memory")),
}


@pytest.fixture
def failing(finished: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that runs a training with another action in its first step."""

    def run(act: Callable[[], None], **runtime: Any) -> None:
        world = finished(**SHORT).copied(tmp_path)
        shutil.rmtree(world.folder("train").path)
        monkeypatch.setattr(step, "gradients", lambda *_: act())
        Local(Runtime(device="cpu", threads=1, **runtime), Progress()).run(world.planned("train"))

    return run


@pytest.mark.parametrize("who", LACKING)
def test_want_of_memory_is_named_with_its_remedy(tmp_path: Path, failing: Callable[..., None], who: str) -> None:
    """Errors of every library give the same one-line message; the folder stays as it was, to resume from."""
    with pytest.raises(
        OutOfMemory, match=r"^out of memory \(.+\); --micro-batch N puts fewer images through"
    ) as caught:
        failing(LACKING[who])
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 6
    assert not list(tmp_path.glob("runs/train-*/result.json"))


def test_a_batch_already_split_is_to_be_split_further(failing: Callable[..., None]) -> None:
    """The message names the current number of images."""
    with pytest.raises(OutOfMemory, match="fewer than 16 images"):
        failing(raised(MemoryError()), micro_batch=16)


def test_another_failure_is_no_want_of_memory(failing: Callable[..., None]) -> None:
    """Its own message stays."""
    with pytest.raises(JobFailed, match="RuntimeError: shapes do not fit") as caught:
        failing(raised(RuntimeError("shapes do not fit")))
    assert not isinstance(caught.value, OutOfMemory)
