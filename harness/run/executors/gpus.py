"""Tells which GPUs this process may use, and how many a run asks for; needs no torch."""

from __future__ import annotations

from typing import Any

from harness.errors import DeviceMissing
from harness.jobs import JOBS
from harness.machine.cuda_visible import VISIBLE, visible_gpus
from harness.machine.runtime import Runtime


def processes_of(kind: str, spec: dict[str, Any], runtime: Runtime) -> int:
    """The number of processes of a job: the GPUs that a measurement is about, or those that share its batches."""
    return int(spec.get("gpus", runtime.processes if JOBS[kind].shares_batches else 1))


def uses_gpus(runtime: Runtime) -> bool:
    """Whether jobs run on GPUs."""
    return runtime.device == "cuda" or (runtime.device == "auto" and bool(visible_gpus()))


def require_gpus(runtime: Runtime) -> None:
    """Raise DeviceMissing where processes that share each batch would not have a GPU each."""
    found = len(visible_gpus())
    if runtime.processes > 1 and uses_gpus(runtime) and found < runtime.processes:
        raise DeviceMissing(
            f"{runtime.processes} GPUs were asked for, and {found or 'none'} can be seen here; ask for fewer with "
            f"--gpus, look at `python -m harness env`, or widen {VISIBLE} where it is set"
        )


def groups(runtime: Runtime) -> list[str | None]:
    """The GPUs of each place where one job at a time runs, as `CUDA_VISIBLE_DEVICES` has them; None leaves all.

    A place has as many as a job has processes. Where there are more places than GPUs for them, they share.
    """
    seen = visible_gpus() if uses_gpus(runtime) else []
    each = runtime.processes
    disjoint = [",".join(seen[start : start + each]) for start in range(0, len(seen) - each + 1, each)]
    return [disjoint[place % len(disjoint)] if disjoint else None for place in range(runtime.jobs)]


def places(device: str, processes: int) -> int:
    """How many jobs run at a time by default: as many as there are GPUs for, and one on a CPU."""
    return 1 if device == "cpu" else max(1, len(visible_gpus()) // processes)
