"""The free memory of the GPUs that CUDA shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from fake_nvml import GIB, FakeNvml

from harness.machine import memory
from harness.machine.memory import free_gpu_bytes


def free(monkeypatch: pytest.MonkeyPatch, library: Any) -> list[int | None]:
    """Ask a stand-in for NVML, and check that it was shut down again."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(memory, "nvml", lambda: library)
    found = free_gpu_bytes()
    assert library is None or library.running == 0
    return found


def test_what_no_process_holds_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each GPU; one that does not tell has an unknown amount, never 0."""
    half = SimpleNamespace(total=16 * GIB, used=8 * GIB, free=8 * GIB)
    gpus = [{"nvmlDeviceGetUUID": f"GPU-{number}"} for number in range(3)]
    gpus[1]["nvmlDeviceGetMemoryInfo"] = half  # type: ignore[assignment]
    gpus[2]["nvmlDeviceGetMemoryInfo"] = pynvml.NVMLError_NotSupported()
    assert free(monkeypatch, FakeNvml(*gpus)) == [121 * GIB, 8 * GIB, None]


@pytest.mark.parametrize("library", [None, FakeNvml(init=pynvml.NVMLError_DriverNotLoaded())], ids=["none", "silent"])
def test_without_a_driver_there_is_nothing_to_share(monkeypatch: pytest.MonkeyPatch, library: Any) -> None:
    """And that is no failure of a plan."""
    assert free(monkeypatch, library) == []
