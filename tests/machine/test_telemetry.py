"""Telemetry during a job: its content, and that no behaviour of a driver can affect the job."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from fake_nvml import GIB, H200, READ, FakeNvml, metered

from harness.machine import telemetry
from harness.machine.telemetry import Sampler, sampled
from harness.store.store import JobFolder

ON_GPU = {"device": "cuda", "instructions": "NVIDIA H200"}
GONE = pynvml.NVMLError_GpuIsLost()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every GPU a hundred times a second."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(telemetry, "INTERVAL_S", 0.01)


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    """Return the folder of a running job."""
    return JobFolder(tmp_path)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that replaces this machine's NVML by another, or by none."""
    return lambda library: monkeypatch.setattr(telemetry, "nvml", lambda: library)


def watched(folder: JobFolder, seconds: float = 0.1, device: str = "auto", gpus: int = 1) -> Sampler:
    """Sample a job that takes these seconds."""
    with sampled(folder, device, gpus) as sampler:
        time.sleep(seconds)
    return sampler


def broken_off(folder: JobFolder, error: BaseException, seconds: float = 0.1) -> None:
    """Sample a job that ends with an error after these seconds."""
    with sampled(folder, "auto"):
        time.sleep(seconds)
        raise error


def test_a_job_on_a_gpu_has_its_energy(folder: JobFolder, driver: Any) -> None:
    """The counter gives 300 W over the measured time."""
    library = FakeNvml(metered(300))
    driver(library)
    found = watched(folder, 0.3).of(ON_GPU)
    assert found is not None
    assert 0.2 < found["measured_s"] < 2
    assert found["energy_j"] == pytest.approx(300 * found["measured_s"], rel=0.05)
    assert (found["energy_from"], found["gpus"]) == ("energy counter of the GPU", ["NVIDIA H200"])
    assert (found["peak_memory_bytes"], found["mean_utilisation_percent"]) == (20 * GIB, 80.0)
    assert (found["interval_s"], found["throttled_s"], found["shared"], found["ended"]) == (0.01, 0.0, False, None)
    assert found["samples"] >= 3
    assert library.running == 0


def test_a_job_on_the_processor_asks_no_driver(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no telemetry."""
    monkeypatch.setattr(telemetry, "nvml", lambda: pytest.fail("asked"))
    assert watched(folder, 0, "cpu").of({"device": "cpu"}) is None


def test_a_job_that_ran_beside_an_idle_gpu_has_no_telemetry(folder: JobFolder, driver: Any) -> None:
    """The GPU's power is not the job's."""
    driver(FakeNvml())
    assert watched(folder).of({"device": "cpu", "instructions": "AVX2"}) is None
    assert watched(folder).of({}) is None


def test_without_a_library_nothing_is_measured(folder: JobFolder, driver: Any) -> None:
    """No thread starts."""
    driver(None)
    assert watched(folder).of(ON_GPU) is None


def test_readings_of_another_gpu_are_not_the_jobs(folder: JobFolder, driver: Any) -> None:
    """CUDA may number a machine's GPUs differently from NVML."""
    driver(FakeNvml({"nvmlDeviceGetName": "NVIDIA T4"}))
    sampler = watched(folder)
    assert sampler.of(ON_GPU) is None
    assert sampler.trouble == "the job ran on NVIDIA H200, and NVML reports NVIDIA T4"


@pytest.mark.parametrize(
    "error",
    [pynvml.NVMLError_LibraryNotFound(), pynvml.NVMLError_DriverNotLoaded(), pynvml.NVMLError_LibRmVersionMismatch(),
     OSError("libnvidia-ml.so.1"), RuntimeError("whatever")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_an_nvml_that_does_not_start_is_told_and_no_more(folder: JobFolder, driver: Any, error: Exception) -> None:
    """The job goes on."""
    driver(FakeNvml(init=error))
    sampler = watched(folder)
    assert sampler.of(ON_GPU) is None
    assert sampler.trouble == f"NVML: {error}"


def test_a_gpu_that_tells_nothing_is_not_measured(folder: JobFolder, driver: Any) -> None:
    """Sampling ends after a few readings."""
    library = FakeNvml(dict.fromkeys(READ, pynvml.NVMLError_NotSupported()))
    driver(library)
    sampler = watched(folder, 0.2)
    assert sampler.of(ON_GPU) is None
    assert sampler.trouble == "NVML: it reports nothing about this GPU"
    assert library.running == 0


def test_a_partitioned_gpu_is_not_measured(folder: JobFolder, driver: Any) -> None:
    """The reason is given."""
    driver(FakeNvml({"nvmlDeviceGetMigMode": [1, 1]}))
    sampler = watched(folder, 0.2)
    assert sampler.of(ON_GPU) is None
    assert sampler.trouble == "NVML: the GPU is partitioned"


@pytest.mark.parametrize("error", [GONE, OSError("the library is gone")], ids=["lost", "broken"])
def test_a_driver_that_goes_leaves_what_it_told_before(folder: JobFolder, driver: Any, error: Exception) -> None:
    """The reason for the missing rest is given."""
    gone_at = time.monotonic() + 0.15
    answers = {name: (lambda name=name: error if time.monotonic() > gone_at else H200[name])
               for name in READ}  # fmt: skip
    driver(FakeNvml(answers))
    found = watched(folder, 0.5).of(ON_GPU)
    assert found is not None
    assert 0 < found["measured_s"] < 0.3
    assert found["energy_j"] == pytest.approx(350 * found["measured_s"], rel=0.05)
    assert found["ended"] == f"NVML: {error}"


def test_a_driver_that_hangs_does_not_hold_the_job(
    folder: JobFolder, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's end waits a moment, then leaves the thread behind."""
    monkeypatch.setattr(telemetry, "PATIENCE_S", 0.1)
    driver(FakeNvml({"nvmlDeviceGetPowerUsage": lambda: time.sleep(3) or 1}))
    begun = time.monotonic()
    sampler = watched(folder, 0.05)
    assert time.monotonic() - begun < 1
    assert sampler.of(ON_GPU) is None
    assert sampler.trouble == "NVML did not answer within 0.1 s"


def test_a_failure_of_the_job_is_the_jobs_own(folder: JobFolder, driver: Any) -> None:
    """The error is passed on, and the telemetry is kept for the process that resumes."""
    driver(FakeNvml(metered(200)))
    with pytest.raises(ZeroDivisionError):
        broken_off(folder, ZeroDivisionError())
    assert folder.telemetry.exists()


def test_what_a_stopped_process_drew_counts(folder: JobFolder, driver: Any) -> None:
    """A job includes all of its processes."""
    driver(FakeNvml(metered(200)))
    with pytest.raises(KeyboardInterrupt):
        broken_off(folder, KeyboardInterrupt(), 0.2)
    driver(None)
    first = watched(folder).of(ON_GPU)
    driver(FakeNvml(metered(200)))
    both = watched(folder, 0.2).of(ON_GPU)
    assert first is not None
    assert both is not None
    assert both["measured_s"] > first["measured_s"] + 0.1
    assert both["energy_j"] == pytest.approx(200 * both["measured_s"], rel=0.05)


def test_a_kill_costs_no_more_than_the_last_minute(
    folder: JobFolder, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is written while the job runs."""
    monkeypatch.setattr(telemetry, "KEEP_EVERY_S", 0.05)
    driver(FakeNvml(metered(200)))
    with sampled(folder, "auto"):
        time.sleep(0.2)
        assert folder.telemetry.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"sessions": 3}', '{"sessions": [{}]}', '{"a": 1}'])
def test_a_damaged_record_is_no_record(folder: JobFolder, driver: Any, content: str) -> None:
    """Its content is lost, and no result is."""
    folder.telemetry.write_text(content)
    driver(None)
    assert watched(folder).of(ON_GPU) is None


def test_where_processes_share_a_job_the_one_that_waits_for_them_is_no_other(folder: JobFolder, driver: Any) -> None:
    """The waiting process may hold a GPU from an earlier job."""
    running = [SimpleNamespace(pid=os.getpid()), SimpleNamespace(pid=2)]
    driver(FakeNvml(*[{"nvmlDeviceGetComputeRunningProcesses": running}] * 2))
    found = watched(folder, gpus=2).of(ON_GPU)
    assert found is not None
    assert not found["shared"]


def test_a_gpu_that_others_compute_on_is_told(folder: JobFolder, driver: Any) -> None:
    """Their power is part of the sum."""
    driver(FakeNvml({"nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=1), SimpleNamespace(pid=2)]}))
    found = watched(folder).of(ON_GPU)
    assert found is not None
    assert found["shared"]


def test_a_record_that_cannot_be_written_costs_nothing(folder: JobFolder, driver: Any, tmp_path: Path) -> None:
    """The disk may be full."""
    driver(FakeNvml())
    nowhere = JobFolder(tmp_path / "file")
    nowhere.path.touch()
    with pytest.raises(ZeroDivisionError):
        broken_off(nowhere, ZeroDivisionError())


def test_a_job_on_several_gpus_has_the_energy_of_all(folder: JobFolder, driver: Any) -> None:
    """Only the GPUs given to the job count."""
    driver(FakeNvml(metered(200), metered(300), metered(1000)))
    with sampled(folder, "auto", 2) as sampler:
        time.sleep(0.2)
    found = sampler.of(ON_GPU)
    assert found is not None
    assert found["energy_j"] == pytest.approx(500 * found["measured_s"], rel=0.05)
    assert (found["max_power_w"], found["peak_memory_bytes"]) == (500.0, 40 * GIB)


@pytest.mark.gpu
def test_a_real_gpu_tells_what_it_drew(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counter and power agree, and it is the GPU that torch computes on."""
    import torch

    from harness.jobs.device import device_environment

    monkeypatch.setattr(telemetry, "INTERVAL_S", 0.5)
    device = torch.device("cuda")
    square, begun = torch.rand(4096, 4096, device=device), time.monotonic()
    with sampled(folder, "auto") as sampler:
        while time.monotonic() - begun < 5:
            square = torch.nn.functional.normalize(square @ square)
            torch.cuda.synchronize()
    found = sampler.of(device_environment(device))
    assert found is not None, sampler.trouble
    assert found["measured_s"] > 3
    assert found["energy_j"] == pytest.approx(found["mean_power_w"] * found["measured_s"], rel=0.3)
    assert found["peak_memory_bytes"] > square.nbytes
    assert 0 < found["mean_utilisation_percent"] <= 100
