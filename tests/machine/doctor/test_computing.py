"""Versions, memory, device and arithmetic: in order on this machine, and reported where they are not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.machine import cgroups, environment
from harness.machine import memory as machine_memory
from harness.machine.doctor import computing
from harness.machine.doctor.checks import Check
from harness.machine.doctor.computing import arithmetic, device, memory, probed, versions

GPU = {"name": "GPU 9000", "memory_bytes": 24 << 30, "driver": "550.1"}
SEEN: dict[str, Any] = {
    "version": "2.6.0", "cuda": None, "cuda_available": False, "missing": None,
    "device": "cpu", "instructions": "AVX2", "threads": 2,
    "deterministic_algorithms": True, "tf32": False, "workspace": ":4096:8", "workspace_repeats": True, "repeats": True,
}  # fmt: skip


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """Make the driver report these GPUs."""
    return lambda found: monkeypatch.setattr(environment, "gpus", lambda: found)


@pytest.fixture
def torch_says(monkeypatch: pytest.MonkeyPatch):
    """Make torch report something else, and return the checks."""

    def says(asked: str = "auto", **changes: Any) -> dict[str, Check]:
        monkeypatch.setattr(computing, "probed", lambda *_: SEEN | changes)
        return {check.name: check for check in arithmetic(asked, 2, 1.0)}

    return says


def test_versions_are_told() -> None:
    """They are those that a report would record."""
    check = versions()
    assert check.level == "ok"
    assert str(environment.environment()["packages"]["torch"]) in check.says


def test_a_package_that_is_not_installed_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check names it."""
    monkeypatch.setattr(environment, "_PACKAGES", ("torch", "no-such-package"))
    check = versions()
    assert (check.level, check.says) == ("wrong", "no-such-package is not installed")


@pytest.mark.parametrize(
    ("available_kib", "limit", "level"),
    [(32 << 20, "max", "ok"), (2 << 20, "max", "warning"), (32 << 20, str(1 << 29), "wrong"), (32 << 20, "x", "ok")],
)
def test_the_smaller_of_memory_and_limit_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, available_kib: int, limit: str, level: str
) -> None:
    """A container may have less than the machine."""
    (tmp_path / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable: {available_kib} kB\n")
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(machine_memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(cgroups, "OWN", tmp_path / "none")
    assert memory().level == level


def test_memory_that_nobody_tells_of_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems other than Linux do not report it."""
    monkeypatch.setattr(machine_memory, "_MEMINFO", tmp_path / "none")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    assert memory().level == "warning"


def test_without_a_gpu_the_cpu_is_in_order(gpus) -> None:
    """A requested GPU that is missing is wrong, with exit code 5."""
    gpus([])
    assert device("auto").level == device("cpu").level == "ok"
    check = device("cuda")
    assert (check.level, check.exit_code) == ("wrong", 5)


def test_gpus_are_told_with_their_driver(gpus) -> None:
    """A requested CPU stays in order."""
    gpus([GPU, GPU])
    assert device("auto").says == "GPU 9000, 24 GiB, driver 550.1; GPU 9000, 24 GiB, driver 550.1"
    assert device("cpu").says.startswith("the CPU")


@pytest.mark.nightly
def test_torch_answers_and_repeats_on_this_machine() -> None:
    """A separate process answers."""
    checks = list(arithmetic("cpu", 1, 120.0))
    assert [(check.name, check.level) for check in checks] == [("torch", "ok"), ("determinism", "ok")]
    assert "1 threads" in checks[0].says


def test_torch_that_takes_too_long_is_given_up() -> None:
    """The wait is limited."""
    check = probed("cpu", 1, 0.01)
    assert isinstance(check, Check)
    assert (check.level, check.says) == ("wrong", "does not answer within 0.01 s")


@pytest.mark.parametrize(("stdout", "stderr"), [("", "Trace\nImportError: libcudart.so"), ("nonsense", ""), ("", "")])
def test_torch_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str) -> None:
    """The check gives the last line of its output."""
    answer = subprocess.CompletedProcess([], 139, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    (check,) = arithmetic("cpu", 1, 1.0)
    last = "ImportError: libcudart.so" if stderr else "it ended with 139"
    assert (check.level, check.says) == ("wrong", f"cannot be used: {last}")


def test_a_device_that_torch_does_not_see_is_missing(torch_says, gpus) -> None:
    """The exit code is 5 where it was requested; an unrequested GPU gives a warning."""
    gpus([GPU])
    check = torch_says("cuda", missing="no CUDA device is visible to torch")["torch"]
    assert (check.level, check.exit_code) == ("wrong", 5)
    assert torch_says("auto")["torch"].level == "warning"
    assert torch_says("cpu")["torch"].level == "ok"


def test_what_is_lacking_is_a_build_or_a_driver(torch_says, gpus) -> None:
    """The remedy depends on what torch was built for."""
    gpus([GPU])
    assert torch_says("auto")["torch"].remedy == "install a torch that is built for CUDA"
    assert "a driver that has CUDA 13.0" in torch_says("auto", cuda="13.0")["torch"].remedy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deterministic_algorithms": False}, "deterministic algorithms cannot be switched on"),
        ({"tf32": True}, "TF32 is on though it was switched off"),
        ({"workspace": ":0:0", "workspace_repeats": False}, "CUBLAS_WORKSPACE_CONFIG is ':0:0'"),
        ({"repeats": False}, "gave different bits the second time"),
    ],
)
def test_arithmetic_that_does_not_repeat_is_wrong(torch_says, change: dict[str, Any], words: str) -> None:
    """Each cause has its own remedy."""
    check = torch_says(**change)["determinism"]
    assert check.level == "wrong"
    assert words in check.says
    assert check.remedy


def test_a_driver_told_to_use_tf32_is_wrong(torch_says, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver uses TF32 whatever torch says."""
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    assert torch_says()["determinism"].level == "wrong"


def test_threads_of_openmp_are_told(torch_says, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check says that they do not decide."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert "OMP_NUM_THREADS=7 is set, --threads decides" in torch_says()["determinism"].says
