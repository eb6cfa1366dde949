"""Checks of the means to compute: versions, memory, the device, and arithmetic that repeats bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import harness
from harness.errors import DeviceMissing
from harness.machine import environment
from harness.machine.cgroups import cpu_quota
from harness.machine.doctor.checks import Check, at_least
from harness.machine.memory import available_bytes
from harness.machine.runtime import cores
from harness.progress import duration

GIB = 1 << 30
LITTLE_MEMORY, TOO_LITTLE_MEMORY = 4 * GIB, 1 * GIB
"""Bytes of memory below which the doctor warns, and below which it fails. torch alone takes half a gigabyte; a training
keeps its batches and a checkpoint beside the net."""
_INSTALL = "install it with the command of the README"


def versions() -> Check:
    """Check that every package of a run is installed, and list the versions."""
    found = environment.environment()
    missing = [name for name, version in found["packages"].items() if version is None]
    if missing:
        return Check("versions", "wrong", f"{', '.join(missing)} is not installed", _INSTALL)
    packages = ", ".join(f"{name} {found['packages'][name]}" for name in ("torch", "torchvision", "numpy"))
    commit = f", commit {found['commit'][:12]}" if found["commit"] else ""
    return Check("versions", "ok", f"harness {found['harness']}{commit}, Python {found['python']}, {packages}")


def memory() -> Check:
    """Check how much memory a run may take, a container's limit included."""
    if (amount := available_bytes()) is None:
        return Check("memory", "warning", "the amount of free memory could not be read", "none is needed if jobs run")
    says = f"{amount / GIB:.1f} GiB may be used"
    remedy = "end other programs, or give the container more"
    return at_least("memory", amount, LITTLE_MEMORY, TOO_LITTLE_MEMORY, says, remedy)


def device(asked: str) -> Check:
    """Check the device that jobs would run on, as the driver reports it."""
    found = environment.gpus()
    if asked == "cpu" or (asked == "auto" and not found):
        return Check("device", "ok", f"the CPU: {environment.processor()}, {_cores()}")
    if not found:
        says, remedy = "no NVIDIA GPU answers, and --device cuda was asked for", "see what `nvidia-smi` says"
        return Check("device", "wrong", says, remedy, DeviceMissing.exit_code)
    told = (f"{gpu['name']}, {gpu['memory_bytes'] / GIB:.0f} GiB, driver {gpu['driver']}" for gpu in found)
    return Check("device", "ok", "; ".join(told))


def _cores() -> str:
    """Describe the number of usable cores and the quota that limits it."""
    quota = cpu_quota()
    limit = "" if quota is None else f" (limited to the time of {quota:g} here)"
    return f"{cores()} core{'' if cores() == 1 else 's'}{limit}"


def arithmetic(asked: str, threads: int, wait_s: float) -> Iterator[Check]:
    """Check that torch can be imported in time, sees the device, and computes the same bits twice as jobs set it up."""
    seen = probed(asked, threads, wait_s)
    if isinstance(seen, Check):
        yield seen
        return
    if seen["missing"]:
        yield Check("torch", "wrong", seen["missing"], _no_cuda(seen), DeviceMissing.exit_code)
        return
    yield _torch(asked, seen)
    yield _determinism(seen)


def _torch(asked: str, seen: dict[str, Any]) -> Check:
    says = f"torch {seen['version']} computes on {seen['device']} ({seen['instructions']}), {seen['threads']} threads"
    if asked == "auto" and environment.gpus() and not seen["cuda_available"]:
        return Check("torch", "warning", f"{says}, though there is a GPU", _no_cuda(seen))
    return Check("torch", "ok", says)


def _no_cuda(seen: dict[str, Any]) -> str:
    """Return the remedy where torch sees no GPU; it depends on whether torch is built for CUDA."""
    if seen["cuda"] is None:
        return "install a torch that is built for CUDA"
    return f"this torch needs a driver that has CUDA {seen['cuda']} (`nvidia-smi`); or look at CUDA_VISIBLE_DEVICES"


def _determinism(seen: dict[str, Any]) -> Check:
    faults = {
        "deterministic algorithms cannot be switched on": not seen["deterministic_algorithms"],
        "TF32 is on though it was switched off; unset NVIDIA_TF32_OVERRIDE and TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": (
            seen["tf32"] or os.environ.get("NVIDIA_TF32_OVERRIDE") == "1"
        ),
        f"CUBLAS_WORKSPACE_CONFIG is {seen['workspace']!r}; unset it, or set it to :4096:8": (
            not seen["workspace_repeats"]
        ),
        "one training step gave different bits the second time; have the machine's memory tested": (
            not seen["repeats"]
        ),
    }
    wrong = [says for says, is_so in faults.items() if is_so]
    if wrong:
        says, _, remedy = " / ".join(wrong).partition("; ")
        return Check("determinism", "wrong", says, remedy or "install the torch of constraints.txt")
    says = f"deterministic algorithms on, TF32 off, workspace {seen['workspace']}, a step repeats bit for bit"
    threads = os.environ.get("OMP_NUM_THREADS")
    beside = f"; OMP_NUM_THREADS={threads} is set, --threads decides" if threads else ""
    return Check("determinism", "ok", says + beside)


def probed(asked: str, threads: int, wait_s: float) -> dict[str, Any] | Check:
    """Start a process that describes the machine with torch, and return the description.

    Returns a failed check where the process does not answer within `wait_s` seconds or fails.
    """
    command = [sys.executable, "-P", "-m", "harness.jobs.torch_here", asked, str(threads)]
    package = str(Path(harness.__file__).parents[1])
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join([package, *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, text=True, timeout=wait_s, env=variables, check=False
        )
    except subprocess.TimeoutExpired:
        remedy = "try again with a longer --wait; a slow disk or a driver that hangs delays it"
        return Check("torch", "wrong", f"does not answer within {duration(wait_s)}", remedy)
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        return Check("torch", "wrong", f"cannot be used: {last}", _INSTALL)
    return found
