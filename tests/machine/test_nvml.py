"""Readings of a GPU: units, unsupported values, partitions, and the choice of GPU."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from fake_nvml import GIB, H200, MIG, READ, FakeNvml

from harness.machine import cuda_visible
from harness.machine.nvml import Gpu, Reading, together, visible_gpus

NOT_SUPPORTED = pynvml.NVMLError_NotSupported()
OF_CALL = {
    "nvmlDeviceGetPowerUsage": "power_w",
    "nvmlDeviceGetTotalEnergyConsumption": "counter_j",
    "nvmlDeviceGetUtilizationRates": "utilisation_percent",
    "nvmlDeviceGetMemoryInfo": "memory_bytes",
    "nvmlDeviceGetClockInfo": "clock_mhz",
    "nvmlDeviceGetTemperature": "temperature_c",
    "nvmlDeviceGetCurrentClocksEventReasons": "slowed_by",
}
MIG_ON = {"nvmlDeviceGetMigMode": [1, 1]}


@pytest.fixture(autouse=True)
def _every_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset `CUDA_VISIBLE_DEVICES`."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def running(*gpus: dict[str, Any]) -> FakeNvml:
    """Return an initialised NVML."""
    library = FakeNvml(*gpus)
    library.nvmlInit()
    return library


def said(reading: Reading) -> dict[str, Any]:
    """Return the known values of a reading, without its time."""
    return {
        each.name: value
        for each in fields(reading)
        if each.name != "time_s" and (value := getattr(reading, each.name)) is not None
    }


def test_a_reading_is_in_watts_joules_bytes_and_degrees() -> None:
    """NVML gives thousandths of watts and joules."""
    assert said(Gpu(running(), 0).read()) == {
        "power_w": 350.0, "counter_j": 9000.0, "utilisation_percent": 80, "memory_bytes": 20 * GIB, "clock_mhz": 1980,
        "temperature_c": 60, "slowed_by": frozenset(),
    }  # fmt: skip


@pytest.mark.parametrize("call", READ)
@pytest.mark.parametrize(
    "error",
    [pynvml.NVMLError_NotSupported, pynvml.NVMLError_FunctionNotFound, pynvml.NVMLError_NoPermission,
     pynvml.NVMLError_Unknown, pynvml.NVMLError_GpuIsLost],
)  # fmt: skip
def test_what_one_call_refuses_is_unknown_and_the_rest_is_there(call: str, error: type[Exception]) -> None:
    """An unknown value is never 0."""
    found = said(Gpu(running({call: error()}), 0).read())
    assert found.keys() == set(OF_CALL.values()) - {OF_CALL[call]}


@pytest.mark.parametrize("call", READ)
def test_a_call_that_the_package_does_not_have_is_unknown(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older packages lack the newest calls, and later ones will drop the oldest."""
    library = running()
    monkeypatch.setattr(library, call, None, raising=False)
    assert OF_CALL[call] not in said(Gpu(library, 0).read())


def test_what_is_not_supported_is_asked_once() -> None:
    """An unsupported call is not repeated each second; one that may recover is."""
    late = pynvml.NVMLError_Timeout()
    library = running({"nvmlDeviceGetPowerUsage": NOT_SUPPORTED, "nvmlDeviceGetTemperature": late})
    gpu = Gpu(library, 0)
    for _ in range(3):
        gpu.read()
    assert library.calls.count("nvmlDeviceGetPowerUsage") == 1
    assert library.calls.count("nvmlDeviceGetTemperature") == 3


def test_a_gpu_of_which_nothing_is_supported_is_silent() -> None:
    """No value is invented."""
    assert Gpu(running(dict.fromkeys(READ, NOT_SUPPORTED)), 0).read().empty


@pytest.mark.parametrize(
    ("bits", "reasons"),
    [(0x0, set()), (0x1, set()), (0x2, set()), (0x10, set()), (0x100, set()), (0x4, {"power limit"}),
     (0x60, {"heat (software)", "heat (hardware)"}), (0x88, {"hardware slowdown", "power brake"})],
)  # fmt: skip
def test_only_what_slows_a_busy_gpu_is_throttling(bits: int, reasons: set[str]) -> None:
    """An idle GPU and clocks set by a user are not throttling."""
    assert Gpu(running({"nvmlDeviceGetCurrentClocksEventReasons": bits}), 0).read().slowed_by == reasons


def test_an_old_driver_is_asked_by_the_former_name() -> None:
    """The bits are the same."""
    old = {"nvmlDeviceGetCurrentClocksEventReasons": pynvml.NVMLError_FunctionNotFound(),
           "nvmlDeviceGetCurrentClocksThrottleReasons": 0x4}  # fmt: skip
    assert Gpu(running(old), 0).read().slowed_by == {"power limit"}


def test_what_a_partitioned_gpu_draws_is_nobodys() -> None:
    """Other processes compute on it too, and nobody knows whose the watts are."""
    gpu = Gpu(running(MIG_ON), 0)
    assert gpu.partitioned
    assert gpu.read().empty


def test_of_a_partition_only_its_memory_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The partition is named by its UUID, as in CUDA."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", MIG)
    library = running(MIG_ON, {"nvmlDeviceGetUUID": MIG, "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=3 * GIB)})
    (gpu,) = visible_gpus(library)
    assert said(gpu.read()) == {"memory_bytes": 3 * GIB}
    assert gpu.power_limit_w() is None


def test_partitions_that_are_possible_and_off_change_nothing() -> None:
    """The mode is a pair: now, and after a reset."""
    assert Gpu(running({"nvmlDeviceGetMigMode": [0, 1]}), 0).read().power_w == 350


SECOND = {"nvmlDeviceGetName": "second", "nvmlDeviceGetUUID": "GPU-0a"}


@pytest.mark.parametrize(
    ("chosen", "count", "names"),
    [(None, 1, ["NVIDIA H200"]), (None, 2, ["NVIDIA H200", "second"]), ("1", 1, ["second"]),
     ("1,0", 2, ["second", "NVIDIA H200"]), ("GPU-0a", 1, ["second"]), ("GPU-89", 1, ["NVIDIA H200"]),
     ("GPU-", 1, []), ("", 1, []), ("-1", 1, []), ("0,7,1", 3, ["NVIDIA H200"]), (" 1 ", 1, ["second"]),
     ("NoDevFiles", 1, []), ("0,0", 1, []), ("GPU-0a,0", 2, ["second"]), ("1,1", 2, [])],
)  # fmt: skip
def test_the_gpus_are_those_that_cuda_sees(
    monkeypatch: pytest.MonkeyPatch, chosen: str | None, count: int, names: list[str]
) -> None:
    """The first `count` are returned, and none after a missing one."""
    if chosen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert [gpu.name for gpu in visible_gpus(running({}, SECOND), count)] == names


@pytest.mark.parametrize(
    "asked", [None, "", "1", "0,0", "1,0", "GPU-0a,0", "GPU-89,GPU-0a", "GPU-89,GPU-8", "7", "1,x", "-1"]
)
def test_as_many_are_read_as_are_counted(monkeypatch: pytest.MonkeyPatch, asked: str | None) -> None:
    """Jobs are pinned to the same GPUs whose power is read."""
    if asked is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", asked)
    uuids = [H200["nvmlDeviceGetUUID"], SECOND["nvmlDeviceGetUUID"]]
    monkeypatch.setattr(cuda_visible, "gpu_uuids", lambda: uuids)
    assert len(visible_gpus(running({}, SECOND), 9)) == len(cuda_visible.visible_gpus())


def test_several_gpus_draw_what_they_draw_together() -> None:
    """Energy and memory add up, the hottest counts, and throttling of one slows all."""
    one = Reading(1.0, 300.0, 10.0, 50, 5, 1000, 60, frozenset())
    other = Reading(2.0, 400.0, 20.0, 100, 6, 2000, 70, frozenset({"power limit"}))
    assert together([one, other]) == Reading(2.0, 700.0, 30.0, 75, 11, 1500, 70, frozenset({"power limit"}))


def test_a_sum_without_one_of_them_is_unknown() -> None:
    """Half the energy is not the energy."""
    assert together([Reading(1.0, 300.0, 10.0), Reading(1.0)]) == Reading(1.0)


def test_the_limit_of_power_is_known() -> None:
    """Estimates use it."""
    assert Gpu(running(), 0).power_limit_w() == 700


def test_the_real_package_has_every_call_that_is_made() -> None:
    """A misspelt call would always be unknown."""
    calls = [*H200, "nvmlDeviceGetMigMode", "nvmlDeviceGetCurrentClocksThrottleReasons", "nvmlInit", "nvmlShutdown",
             "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetHandleByUUID", "NVML_CLOCK_SM",
             "NVML_TEMPERATURE_GPU"]  # fmt: skip
    assert [call for call in calls if not hasattr(pynvml, call)] == []
