"""Readings of a GPU through NVML at one moment. An unknown value is None, never 0."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.machine.cuda_visible import VISIBLE, chosen

SLOWED_BY = {
    0x004: "power limit",
    0x008: "hardware slowdown",
    0x020: "heat (software)",
    0x040: "heat (hardware)",
    0x080: "power brake",
}
"""Bits of NVML's reasons for lower clocks (nvml.h, nvmlClocksEventReasons) that mean throttling. The other bits mean an
idle GPU, clocks set by a user, and clocks synchronised across several boards."""

LASTING = ("NVMLError_NotSupported", "NVMLError_FunctionNotFound", "NVMLError_NoPermission")
"""Errors that a call will raise again, so that it is not repeated."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One GPU, or several together, at one moment."""

    time_s: float
    """Time of a monotonic clock."""
    power_w: float | None = None
    counter_j: float | None = None
    """Energy since the driver was loaded."""
    utilisation_percent: float | None = None
    """Share of the driver's last interval in which anything ran."""
    memory_bytes: float | None = None
    """Memory taken by all processes."""
    clock_mhz: float | None = None
    temperature_c: float | None = None
    slowed_by: frozenset[str] | None = None

    @property
    def empty(self) -> bool:
        """Whether every value is unknown."""
        return all(getattr(self, name) is None for name in self.__slots__ if name != "time_s")


class Gpu:
    """One GPU, or one MIG partition of it, behind an NVML handle.

    Power, clocks and utilisation of a partitioned GPU belong to all its partitions together, so they are not read. Of a
    partition, only the memory is read.
    """

    def __init__(self, library: Any, handle: Any, *, partition: bool = False) -> None:
        self.library, self.handle, self.partition = library, handle, partition
        self.refused: set[str] = set()
        self.trouble: str | None = None
        """The last error that may pass, such as that of a GPU that fell off its bus."""
        self.partitioned = not partition and (self._asked("nvmlDeviceGetMigMode") or [0])[0] == 1
        self.name = str(self._asked("nvmlDeviceGetName") or "a GPU without a name")

    def read(self) -> Reading:
        """Read all values."""
        now = time.monotonic()
        if self.partitioned:
            return Reading(now)
        memory = getattr(self._asked("nvmlDeviceGetMemoryInfo"), "used", None)
        if self.partition:
            return Reading(now, memory_bytes=memory)
        return Reading(
            now,
            power_w=_thousandth(self._asked("nvmlDeviceGetPowerUsage")),
            counter_j=_thousandth(self._asked("nvmlDeviceGetTotalEnergyConsumption")),
            utilisation_percent=getattr(self._asked("nvmlDeviceGetUtilizationRates"), "gpu", None),
            memory_bytes=memory,
            clock_mhz=self._asked("nvmlDeviceGetClockInfo", self.library.NVML_CLOCK_SM),
            temperature_c=self._asked("nvmlDeviceGetTemperature", self.library.NVML_TEMPERATURE_GPU),
            slowed_by=self._slowed_by(),
        )

    def free_bytes(self) -> int | None:
        """Return the memory that no process holds; None where it is unknown."""
        return getattr(self._asked("nvmlDeviceGetMemoryInfo"), "free", None)

    def power_limit_w(self) -> float | None:
        """Return the power limit in watts; None where it is unknown."""
        return None if self.partition else _thousandth(self._asked("nvmlDeviceGetPowerManagementLimit"))

    def processes(self, but: int | None = None) -> int | None:
        """Count the programs that compute on the GPU, without the process number `but`; None where it is unknown."""
        found = self._asked("nvmlDeviceGetComputeRunningProcesses")
        return None if found is None else sum(one.pid != but for one in found)

    def _slowed_by(self) -> frozenset[str] | None:
        bits = self._asked("nvmlDeviceGetCurrentClocksEventReasons")
        if bits is None:  # drivers before 535 use the former name
            bits = self._asked("nvmlDeviceGetCurrentClocksThrottleReasons")
        return None if bits is None else frozenset(name for bit, name in SLOWED_BY.items() if bits & bit)

    def _asked(self, call: str, *arguments: Any) -> Any:
        """Call NVML; None where the call fails or this version of the package lacks it."""
        function = getattr(self.library, call, None)
        if function is None or call in self.refused:
            return None
        try:
            return function(self.handle, *arguments)
        except self.library.NVMLError as error:
            if type(error).__name__ in LASTING:
                self.refused.add(call)
            else:
                self.trouble = str(error) or type(error).__name__
            return None


def visible_gpus(library: Any, count: int | None = 1) -> list[Gpu]:
    """Return the first `count` GPUs that CUDA gives to this process, or all; `library` is an initialised NVML.

    CUDA may order different GPUs otherwise, so the caller has to compare names. Raises NVML's own error where the
    driver does not answer.
    """
    every = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
    shown = chosen(os.environ.get(VISIBLE), [str(library.nvmlDeviceGetUUID(handle)) for handle in every])[:count]
    return [
        Gpu(library, library.nvmlDeviceGetHandleByUUID(one.name), partition=True)
        if one.place is None
        else Gpu(library, every[one.place])
        for one in shown
    ]


def together(readings: Sequence[Reading]) -> Reading:
    """Combine the readings of several GPUs into one.

    Power, energy and memory are sums, the temperature is the maximum, utilisation and clock are means. A sum or mean is
    None where one GPU has no value.
    """
    if len(readings) == 1:
        return readings[0]
    slowed = [one.slowed_by for one in readings if one.slowed_by is not None]
    return Reading(
        readings[-1].time_s,
        power_w=_sum(one.power_w for one in readings),
        counter_j=_sum(one.counter_j for one in readings),
        utilisation_percent=_mean([one.utilisation_percent for one in readings]),
        memory_bytes=_sum(one.memory_bytes for one in readings),
        clock_mhz=_mean([one.clock_mhz for one in readings]),
        temperature_c=max((one.temperature_c for one in readings if one.temperature_c is not None), default=None),
        slowed_by=frozenset().union(*slowed) if slowed else None,
    )


def _thousandth(value: float | None) -> float | None:
    """Convert NVML's milliwatts or millijoules."""
    return None if value is None else value / 1000


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _mean(values: list[float | None]) -> float | None:
    total = _sum(values)
    return None if total is None else total / len(values)
