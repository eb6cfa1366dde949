"""The GPUs that CUDA shows."""

from __future__ import annotations

import pytest

from harness.machine import cuda_visible
from harness.machine.cuda_visible import lacking, visible_gpus


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a machine with four GPUs."""
    monkeypatch.setattr(cuda_visible, "gpu_uuids", lambda: ["GPU-0a", "GPU-0b", "GPU-0c", "GPU-8932f937"])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a machine without a GPU."""
    monkeypatch.setattr(cuda_visible, "gpu_uuids", list)


@pytest.mark.parametrize(
    ("asked", "seen"),
    [(None, ["0", "1", "2", "3"]), ("2,0", ["2", "0"]), ("", []), ("-1", []), ("1,-1,2", ["1"]), ("1,7,2", ["1"]),
     (" 3 , 1", ["3", "1"]), ("1,1", []), ("0,1,0", []), ("1gpu,+2", ["1", "2"]), ("1,GPU-2", ["1"]),
     ("GPU-8932f937", ["GPU-8932f937"]), ("GPU-8932f937,0", ["GPU-8932f937"]), ("GPU-7", []), ("GPU-", []),
     ("GPU-0a,GPU-7,GPU-0b", ["GPU-0a"]), ("GPU-89,GPU-8932", []), ("MIG-1,MIG-2,0", ["MIG-1", "MIG-2"]),
     ("MIG-1,MIG-1", []), ("NoDevFiles", [])],
)  # fmt: skip
def test_the_visible_ones_are_those_that_cuda_shows(
    four: None, monkeypatch: pytest.MonkeyPatch, asked: str | None, seen: list[str]
) -> None:
    """By CUDA's rules, they come in the order named, up to the first invalid name; a name given twice hides all."""
    if asked is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", asked)
    assert visible_gpus() == seen


def test_where_there_is_none_none_is_visible(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable has no effect."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert visible_gpus() == []


def test_what_needs_more_gpus_than_there_are_says_so(four: None) -> None:
    """The message gives the number needed and the number present."""
    assert lacking(4) is None
    assert lacking(8) == "it needs 8 GPUs, and 4 can be seen here"


def test_what_needs_gpus_where_there_are_none_says_so(no_gpu: None) -> None:
    """The message says "none"."""
    assert lacking(2) == "it needs 2 GPUs, and none can be seen here"
