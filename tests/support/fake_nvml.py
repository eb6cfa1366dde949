"""A fake NVML: its errors are those of the real package, its answers are set by tests."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pynvml

GIB = 2**30
H200 = {
    "nvmlDeviceGetName": "NVIDIA H200",
    "nvmlDeviceGetUUID": "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6",
    "nvmlDeviceGetPowerUsage": 350_000,
    "nvmlDeviceGetTotalEnergyConsumption": 9_000_000,
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=80, memory=30),
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=141 * GIB, used=20 * GIB, free=121 * GIB),
    "nvmlDeviceGetClockInfo": 1980,
    "nvmlDeviceGetTemperature": 60,
    "nvmlDeviceGetCurrentClocksEventReasons": 0,
    "nvmlDeviceGetPowerManagementLimit": 700_000,
    "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=1)],
}
"""Answers of one GPU: milliwatts, millijoules, percent, bytes, MHz, degrees."""
READ = [name for name in H200 if name not in ("nvmlDeviceGetName", "nvmlDeviceGetUUID",
                                              "nvmlDeviceGetPowerManagementLimit",
                                              "nvmlDeviceGetComputeRunningProcesses")]  # fmt: skip
"""The calls of a reading."""
MIG = "MIG-13bf7e9d-d0d9-5eb2-a2bf-0d4c2a0a2b9a"


class FakeNvml:
    """Some GPUs, each a dictionary with the value, the error or the function behind each call."""

    NVMLError = pynvml.NVMLError
    NVML_CLOCK_SM = pynvml.NVML_CLOCK_SM
    NVML_TEMPERATURE_GPU = pynvml.NVML_TEMPERATURE_GPU

    def __init__(self, *gpus: dict[str, Any], init: Exception | None = None) -> None:
        self.gpus = gpus or ({},)
        self.init = init
        self.running = 0
        self.calls: list[str] = []

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
        """Load the driver."""
        if self.init is not None:
            raise self.init
        self.running += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        """Unload the driver; raises an error without a matching start."""
        if not self.running:
            raise pynvml.NVMLError_Uninitialized
        self.running -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        """Return the number of GPUs."""
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        """Return the index of a GPU as its handle."""
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:  # noqa: N802
        """Find a GPU by its whole UUID, as the real NVML does."""
        for index, gpu in enumerate(self.gpus):
            if gpu.get("nvmlDeviceGetUUID", H200["nvmlDeviceGetUUID"]) == uuid:
                return index
        raise pynvml.NVMLError_NotFound

    def __getattr__(self, call: str) -> Any:
        """Answer every other call on a handle."""
        if call not in H200 and call not in ("nvmlDeviceGetMigMode", "nvmlDeviceGetCurrentClocksThrottleReasons"):
            raise AttributeError(call)

        def answer(handle: int, *_: Any) -> Any:
            self.calls.append(call)
            if not self.running:
                raise pynvml.NVMLError_Uninitialized
            found = {**H200, **self.gpus[handle]}.get(call, pynvml.NVMLError_NotSupported())
            found = found() if callable(found) else found
            if isinstance(found, Exception):
                raise found
            return found

        return answer


def metered(watts: float) -> dict[str, Any]:
    """Return a GPU that draws this power from now on and counts it in millijoules."""
    begun = time.monotonic()
    return {
        "nvmlDeviceGetPowerUsage": round(1000 * watts),
        "nvmlDeviceGetTotalEnergyConsumption": lambda: 5_000_000 + round(1000 * watts * (time.monotonic() - begun)),
    }
