"""Which GPUs may be used, and by how many jobs."""

from __future__ import annotations

import pytest

from harness.errors import DeviceMissing
from harness.machine import cuda_visible
from harness.machine.runtime import Runtime
from harness.run.executors.gpus import groups, places, processes_of, require_gpus, uses_gpus


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with four GPUs."""
    monkeypatch.setattr(cuda_visible, "gpu_uuids", lambda: [f"GPU-{number}" for number in range(4)])
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without."""
    monkeypatch.setattr(cuda_visible, "gpu_uuids", list)


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


@pytest.mark.parametrize(
    ("kind", "spec", "processes"),
    [("train", {}, 3), ("evaluate", {}, 3), ("pixels", {}, 1), ("ensemble", {}, 1), ("measure", {"gpus": 8}, 8)],
)
def test_trainings_and_tests_are_shared_and_a_measurement_of_gpus_has_its_own(
    kind: str, spec: dict[str, int], processes: int
) -> None:
    """Whatever a run asks for."""
    assert processes_of(kind, spec, Runtime(processes=3)) == processes
