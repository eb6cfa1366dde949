"""The environment of a run: machine, versions and commit, recorded with each result and never part of a key.

No record names a host, a user, a home folder, a git remote or an environment variable.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from harness import __version__
from harness.machine.cgroups import cpu_quota
from harness.machine.runtime import cores

_PACKAGE = Path(__file__).parent.parent
_DRIVER = (Path("/proc/driver/nvidia"), Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""Paths of which one exists on a Linux with an NVIDIA driver; the last is that of Linux inside Windows."""

_PACKAGES = ("torch", "torchvision", "numpy", "scipy", "pandas", "pydantic", "scikit-learn", "pillow", "simplejpeg")

Told = TypeVar("Told")


def environment() -> dict[str, Any]:
    """Describe this machine and the installed versions, without importing torch."""
    return {
        "harness": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": processor(),
        "cores": cores(),
        **({} if (quota := cpu_quota()) is None else {"cpu_quota": quota}),
        "gpus": gpus(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


@cache
def commit() -> str | None:
    """Return the commit of the clone that this program runs from, or None outside a clone.

    `+changes` is appended where tracked files differ from it.
    """
    if not (_PACKAGE.parent / ".git").exists():
        return None
    try:
        head = _git("rev-parse", "HEAD")
        return f"{head}+changes" if _git("status", "--porcelain", "--untracked-files=no") else head
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_PACKAGE.parent), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603 - fixed arguments
    return done.stdout.strip()


@cache
def processor() -> str:
    """Return the model name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


@cache
def processor_kind() -> str:
    """Describe a processor by everything that decides how libraries compute on it.

    The description holds family, model, cache and a digest of the instruction flags. Virtual machines give one model
    name to different processors, so the name is not enough. Empty where /proc/cpuinfo is missing.
    """
    wanted = ("vendor_id", "cpu family", "model", "stepping", "cache size", "flags")
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return ""
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
    told = {name: told[name] for name in wanted if name in told}
    if "flags" in told:
        told["flags"] = hashlib.sha256(told["flags"].encode()).hexdigest()[:12]
    return ", ".join(f"{name} {value}" for name, value in told.items())


def nvml() -> Any | None:
    """Import NVIDIA's management library, not yet initialised; None without a driver or without the package."""
    if platform.system() == "Linux" and not any(path.exists() for path in _DRIVER):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about its own former name
        try:
            import pynvml  # noqa: PLC0415 - slow to import, and useless without a driver
        except ImportError:
            return None
    return pynvml


@cache
def gpus() -> list[dict[str, Any]]:
    """Return the name, memory and driver of each NVIDIA GPU; empty where there is none."""
    return _of_each_gpu(
        lambda library, handle: {
            "name": str(library.nvmlDeviceGetName(handle)),
            "memory_bytes": int(library.nvmlDeviceGetMemoryInfo(handle).total),
            "driver": str(library.nvmlSystemGetDriverVersion()),
        }
    )


@cache
def gpu_uuids() -> list[str]:
    """Return the UUID of each NVIDIA GPU in the order of the bus. They are never recorded."""
    return _of_each_gpu(lambda library, handle: str(library.nvmlDeviceGetUUID(handle)))


def _of_each_gpu(asked: Callable[[Any, Any], Told]) -> list[Told]:
    """Call a function with NVML and each GPU's handle; empty where NVML does not answer."""
    library = nvml()
    if library is None:
        return []
    try:
        library.nvmlInit()
    except library.NVMLError:
        return []
    try:
        return [
            asked(library, library.nvmlDeviceGetHandleByIndex(index)) for index in range(library.nvmlDeviceGetCount())
        ]
    except library.NVMLError:  # a driver is there and does not answer
        return []
    finally:
        library.nvmlShutdown()


def clocked_device(device: str, threads: int) -> str:
    """Return the name of the device that a timing runs on: the first GPU, or the processor with its threads.

    `device` is `auto`, `cpu` or `cuda`. The name is the same when the timing is planned and when it runs; torch is not
    needed.
    """
    found = [] if device == "cpu" else gpus()
    return str(found[0]["name"]) if found else f"{processor()}, {threads} thread{'' if threads == 1 else 's'}"


@cache
def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - a plan does without it

    try:
        return version(package)
    except PackageNotFoundError:
        return None
