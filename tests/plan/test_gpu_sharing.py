"""How many trainings share a GPU, on simulated machines: by steps, free memory, processors, and what was asked."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from fake_nvml import H200, FakeNvml
from suite_files import shipped_plan

from harness.machine import cuda_visible, memory
from harness.machine.runtime import Runtime
from harness.plan import gpu_sharing
from harness.plan.division import divided, told
from harness.vocabulary import ScaleName

GB = 10**9
OPEN = Runtime(threads=32, open_threads=True, open_jobs=True)
Machine = Callable[..., None]


def gpu(number: int, free: int | Exception) -> dict[str, Any]:
    """Return a GPU of 16 GB, of which so much is free."""
    told = free if isinstance(free, Exception) else SimpleNamespace(total=16 * GB, used=16 * GB - free, free=free)
    return {"nvmlDeviceGetUUID": f"GPU-{number}", "nvmlDeviceGetMemoryInfo": told}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a function that simulates GPUs by their free bytes, beside 32 processors and much memory."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def simulate(*free: int | Exception, cores: int = 32, ram: int | None = 2**40) -> None:
        library = FakeNvml(*(gpu(number, one) for number, one in enumerate(free)))
        monkeypatch.setattr(memory, "nvml", lambda: library)
        monkeypatch.setattr(cuda_visible, "gpu_uuids", lambda: [f"GPU-{number}" for number in range(len(free))])
        monkeypatch.setattr("harness.plan.rates.gpus", lambda: [{"name": H200["nvmlDeviceGetName"]}] * len(free))
        monkeypatch.setattr(gpu_sharing, "cores", lambda: cores)
        monkeypatch.setattr(gpu_sharing, "available_bytes", lambda: ram)

    return simulate


def found(suite: str = "ablations", scale: ScaleName = "small", runtime: Runtime = OPEN) -> Runtime:
    """Divide the machine among the jobs of a shipped suite."""
    return divided(shipped_plan(suite, scale), runtime)


def shape(runtime: Runtime) -> tuple[int, int, int]:
    """Return jobs at a time, jobs on a GPU, and threads of each."""
    return runtime.jobs, runtime.jobs_a_gpu, runtime.threads


@pytest.mark.parametrize("suite", ["ablations", "prelu_table2"])
def test_many_small_trainings_share_one_gpu(machine: Machine, suite: str) -> None:
    """54 and 36 of them on 16 GB with 32 processors: as many as may, with as many threads as leave no one without."""
    machine(16 * GB)
    runtime = found(suite)
    assert shape(runtime) == (8, 8, 4)
    assert told(runtime, 8) == "8 jobs at a time, 4 threads each (8 on the GPU, for more are never tried)"


def test_a_net_that_fills_the_gpu_has_it_to_itself(machine: Machine) -> None:
    """AlexNet at batch 128, with all processors, as before."""
    machine(16 * GB)
    runtime = found("table1", "paper")
    assert shape(runtime) == (1, 1, 32)
    assert told(runtime, 1) == "1 job at a time, 32 threads each (one on the GPU, for its steps fill it)"


def test_steps_of_middling_size_share_until_they_fill_the_gpu(machine: Machine) -> None:
    """Of 2**32.2 multiply-adds in the widest net, three come to less than 2**34."""
    machine(16 * GB)
    runtime = found("prelu_figure3")
    assert shape(runtime) == (3, 3, 10)
    assert runtime.why_jobs == "3 on the GPU, for so many steps fill it"


def test_memory_that_another_process_holds_is_not_counted(machine: Machine) -> None:
    """Of 16 GB, 14.5 are taken; fewer jobs run at a time, and the threads that results depend on stay."""
    machine(1_500_000_000)
    runtime = found()
    assert shape(runtime) == (2, 2, 4)
    assert runtime.why_jobs == "2 on the GPU, for 1.5 GB are free and a training takes 612 MB"


@pytest.mark.parametrize("free", [0, 10**8, pynvml.NVMLError_NotSupported()], ids=["none", "little", "not told"])
def test_without_free_memory_jobs_run_one_at_a_time(machine: Machine, free: Any) -> None:
    """None is refused for that: the estimate may be wrong, and a job that lacks memory says so."""
    machine(free)
    assert shape(found()) == (1, 1, 4)


def test_threads_and_keys_do_not_follow_free_memory(machine: Machine) -> None:
    """However many run at a time, so that the record of a job is the same."""
    plan, runtimes = shipped_plan("ablations", "small"), []
    for free in (16 * GB, 4 * GB, 2 * GB, GB):
        machine(free)
        before = list(plan.jobs)
        runtimes.append(divided(plan, OPEN))
        assert list(plan.jobs) == before == [job.key for job in plan.jobs.values()]
    assert len({runtime.jobs for runtime in runtimes}) > 2
    assert {runtime.threads for runtime in runtimes} == {4}


def test_each_process_needs_a_processor(machine: Machine) -> None:
    """Which launches its kernels."""
    machine(16 * GB, cores=4)
    runtime = found()
    assert shape(runtime) == (4, 4, 1)
    assert runtime.why_jobs.endswith("each needs one of the 4 processors")


def test_processes_have_to_fit_in_the_machine_too(machine: Machine) -> None:
    """Each imports torch; where nobody tells of the memory it limits nothing."""
    machine(16 * GB, ram=3 * gpu_sharing.PROCESS_BYTES)
    assert shape(found()) == (3, 3, 4)
    machine(16 * GB, ram=None)
    assert shape(found()) == (8, 8, 4)


def test_there_are_no_more_jobs_than_trainings(machine: Machine) -> None:
    """Two seeds of one net, whose tests follow them."""
    machine(16 * GB)
    runtime = found("figure3", "ci")
    assert shape(runtime) == (2, 2, 16)
    assert runtime.why_jobs == "2 on the GPU, for the plan has 2 trainings"


def test_measurements_alone_share_nothing(machine: Machine) -> None:
    """Of the plan of a suite that trains no net, nothing changes."""
    machine(16 * GB)
    assert found("architecture", "ci") == OPEN


@pytest.mark.parametrize(("jobs", "threads"), [(1, 4), (5, 4), (16, 2)])
def test_jobs_that_were_given_stay(machine: Machine, jobs: int, threads: int) -> None:
    """Also more than would be chosen. Threads are those of the plan, unless there are too few processors for them."""
    machine(16 * GB)
    runtime = found(runtime=Runtime(jobs=jobs, threads=9, open_threads=True))
    assert shape(runtime) == (jobs, jobs, threads)
    assert told(runtime, jobs).endswith(f"at a time, {threads} threads each")


def test_threads_that_were_given_stay(machine: Machine) -> None:
    """And no more jobs share the GPU than have processors for them."""
    machine(16 * GB)
    runtime = found(runtime=Runtime(threads=7, open_jobs=True))
    assert shape(runtime) == (4, 4, 7)
    assert runtime.why_jobs.endswith("each needs 7 of the 32 processors")


def test_shared_batches_leave_the_division_as_it_is(machine: Machine) -> None:
    """Each process has a GPU of its own."""
    machine(16 * GB, 16 * GB)
    given = Runtime(threads=4, processes=2, open_threads=True, open_jobs=True)
    assert found(runtime=given) == given


def test_the_fullest_of_several_gpus_decides_for_each(machine: Machine) -> None:
    """So that any job may run on any of them."""
    machine(16 * GB, 2_000_000_000)
    runtime = found()
    assert (runtime.jobs, runtime.jobs_a_gpu, runtime.shared_gpus) == (6, 3, 2)
    assert runtime.why_jobs.startswith("3 on each GPU, for 2 GB are free")


@pytest.mark.parametrize(("visible", "jobs"), [("1", 8), ("0", 1), ("1,0", 2), ("", 1)])
def test_only_gpus_that_cuda_shows_count(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, visible: str, jobs: int
) -> None:
    """Another program fills the first of two; with none shown, nothing is divided."""
    machine(0, 16 * GB)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert found().jobs == jobs


def test_on_the_processor_gpus_are_not_asked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule of processors holds there."""
    machine(16 * GB)
    monkeypatch.setattr(memory, "nvml", lambda: pytest.fail("asked"))
    assert found(runtime=Runtime(device="cpu", open_threads=True, open_jobs=True)).why_jobs == ""
