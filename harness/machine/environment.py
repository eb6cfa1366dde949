"""Provenance: the machine, the versions and the commit; recorded, never hashed into a key.

Nothing here names a host, a user, a home folder, a remote or an environment variable.
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
"""One of these is there on a Linux with an NVIDIA driver; the last belongs to Linux inside Windows."""

_PACKAGES = ("torch", "torchvision", "numpy", "scipy", "pandas", "pydantic", "scikit-learn", "pillow", "simplejpeg")

Told = TypeVar("Told")


def environment() -> dict[str, Any]:
    """What this machine is and which versions it would run; needs no torch."""
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
    """The commit of the clone this runs from, `+changes` when files differ from it; None outside a clone."""
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
    """The processor's model name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


@cache
def processor_kind() -> str:
    """All of a processor that chooses how libraries compute: family, model, cache and a digest of its instructions.

    Virtual machines give one name to many. Empty where the system does not tell.
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
    """NVIDIA's management library, not yet initialised; None where there is no driver, or no such package."""
    if platform.system() == "Linux" and not any(path.exists() for path in _DRIVER):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of its own former name
        try:
            import pynvml  # noqa: PLC0415 - slow to import, and only of use beside a driver
        except ImportError:
            return None
    return pynvml


@cache
def gpus() -> list[dict[str, Any]]:
    """Name and memory of each NVIDIA GPU, and the driver, through NVML; empty where there is none."""
    return _of_each_gpu(
        lambda library, handle: {
            "name": str(library.nvmlDeviceGetName(handle)),
            "memory_bytes": int(library.nvmlDeviceGetMemoryInfo(handle).total),
            "driver": str(library.nvmlSystemGetDriverVersion()),
        }
    )


@cache
def gpu_uuids() -> list[str]:
    """The UUID of each NVIDIA GPU in the order of the bus; to tell them apart here, and never recorded."""
    return _of_each_gpu(lambda library, handle: str(library.nvmlDeviceGetUUID(handle)))


def _of_each_gpu(asked: Callable[[Any, Any], Told]) -> list[Told]:
    """What NVML says of every GPU, asked by the library and a handle; empty where it does not answer."""
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
    except library.NVMLError:  # a driver that is there and does not answer
        return []
    finally:
        library.nvmlShutdown()


def clocked_device(device: str, threads: int) -> str:
    """The name of what a timing runs on, known without torch when it is planned, and again where it runs.

    The first GPU's name, or the processor's with its threads; `device` is `auto`, `cpu` or `cuda`.
    """
    found = [] if device == "cpu" else gpus()
    return str(found[0]["name"]) if found else f"{processor()}, {threads} thread{'' if threads == 1 else 's'}"


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - a plan does without it

    try:
        return version(package)
    except PackageNotFoundError:
        return None
