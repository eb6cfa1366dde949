"""Which GPUs may be used, and by how many jobs."""

from __future__ import annotations

import pytest

from harness.errors import DeviceMissing
from harness.executors import gpus
from harness.executors.gpus import groups, places, require_gpus, uses_gpus, visible_gpus
from harness.runtime import Runtime


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with four GPUs."""
    monkeypatch.setattr(gpus, "gpus", lambda: [{"name": "a GPU"}] * 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without."""
    monkeypatch.setattr(gpus, "gpus", list)


@pytest.mark.parametrize(
    ("asked", "seen"),
    [(None, ["0", "1", "2", "3"]), ("2,0", ["2", "0"]), ("", []), ("-1", []), ("1,-1,2", ["1"]), ("1,7,2", ["1"]),
     ("GPU-8932f937", ["GPU-8932f937"]), (" 3 , 1", ["3", "1"]), ("1,1", ["1"])],
)  # fmt: skip
def test_the_visible_ones_are_those_that_cuda_shows(
    four: None, monkeypatch: pytest.MonkeyPatch, asked: str | None, seen: list[str]
) -> None:
    """By CUDA's own rules: in the order named, up to the first name that is none."""
    if asked is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", asked)
    assert visible_gpus() == seen


def test_where_there_is_none_none_is_visible(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the variable says."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert visible_gpus() == []


def test_each_job_has_a_gpu_of_its_own(four: None) -> None:
    """And where jobs are more than GPUs, they share."""
    assert groups(Runtime(jobs=4)) == ["0", "1", "2", "3"]
    assert groups(Runtime(jobs=5)) == ["0", "1", "2", "3", "0"]


def test_a_job_that_shares_its_batches_has_as_many_as_processes(four: None) -> None:
    """No GPU is in two groups; a rest that is no group stays idle."""
    assert groups(Runtime(jobs=2, processes=2)) == ["0,1", "2,3"]
    assert groups(Runtime(jobs=1, processes=3)) == ["0,1,2"]


def test_jobs_on_a_cpu_are_pinned_to_nothing(four: None) -> None:
    """Even where there are GPUs."""
    assert groups(Runtime(device="cpu", jobs=2)) == [None, None]


def test_as_many_jobs_at_a_time_as_there_are_gpus_for(four: None) -> None:
    """One on a CPU, for the cores work on one job together."""
    assert [places("cuda", 1), places("auto", 2), places("auto", 3), places("cpu", 1)] == [4, 2, 1, 1]
    assert places("cuda", 8) == 1


def test_too_few_gpus_are_told_in_one_message(four: None) -> None:
    """How many were asked for, how many there are, and what would mend it."""
    require_gpus(Runtime(processes=4))
    require_gpus(Runtime(device="cpu", processes=8))
    with pytest.raises(DeviceMissing, match=r"^8 GPUs were asked for, and 4 can be seen here; .*--gpus"):
        require_gpus(Runtime(processes=8))


def test_no_gpu_at_all_is_too_few(no_gpu: None) -> None:
    """Unless the processes may be on the CPU."""
    with pytest.raises(DeviceMissing, match=r"^2 GPUs were asked for, and none can be seen"):
        require_gpus(Runtime(device="cuda", processes=2))
    require_gpus(Runtime(device="auto", processes=2))


def test_a_run_uses_gpus_where_it_finds_them(four: None) -> None:
    """Or is told to."""
    assert [uses_gpus(Runtime(device=device)) for device in ("auto", "cuda", "cpu")] == [True, True, False]
