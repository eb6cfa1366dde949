"""Too little memory is told by its name, with what needs less of it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_suites import tiny_world

from harness.errors import JobFailed, OutOfMemory
from harness.executors.local import Local
from harness.jobs import train
from harness.progress import Progress
from harness.runtime import Runtime


def allocated() -> None:
    """Ask torch for more than any machine has, so that the words are its own."""
    torch.empty(2**60, dtype=torch.uint8)


def raised(error: BaseException) -> Any:
    """What raises this."""

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


def failing(folder: Path, monkeypatch: pytest.MonkeyPatch, act: Any, **runtime: Any) -> Any:
    """Run a training whose first step does this instead."""
    world = tiny_world(folder, subset={"classes": 10, "per_class": 40}, epochs=1)
    world.run({"pixels"})
    monkeypatch.setattr(train, "gradients", lambda *_: act())
    Local(Runtime(device="cpu", threads=1, **runtime), Progress()).run(world.planned("train"))


@pytest.mark.parametrize("who", LACKING)
def test_want_of_memory_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    """Whoever says it, in one line; the folder stays as it was, to go on from."""
    with pytest.raises(
        OutOfMemory, match=r"^out of memory \(.+\); --micro-batch N puts fewer images through"
    ) as caught:
        failing(tmp_path, monkeypatch, LACKING[who])
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 6
    assert not list(tmp_path.glob("runs/train-*/result.json"))


def test_a_batch_already_split_is_to_be_split_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message knows."""
    with pytest.raises(OutOfMemory, match="fewer than 16 images"):
        failing(tmp_path, monkeypatch, raised(MemoryError()), micro_batch=16)


def test_another_failure_is_no_want_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own words stay."""
    with pytest.raises(JobFailed, match="RuntimeError: shapes do not fit") as caught:
        failing(tmp_path, monkeypatch, raised(RuntimeError("shapes do not fit")))
    assert not isinstance(caught.value, OutOfMemory)
