"""Settings of a run that decide where and how fast jobs run. None of them is part of a job's key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from harness.data.locate import Locations
from harness.machine.cgroups import cpu_quota


def cores() -> int:
    """Return the number of cores that this process may use.

    A container's quota is rounded down, because more threads would only wait.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return there if quota is None else max(1, min(there, int(quota)))


@dataclass(frozen=True, slots=True)
class Runtime:
    """The settings with which jobs run on this machine."""

    locations: Locations = field(default_factory=Locations)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = field(default_factory=cores)
    """Threads for arithmetic on the CPU; results are bit-identical only between runs with the same number."""
    checkpoint_every_s: float = 60.0
    micro_batch: int | None = None
    """Number of images that pass through a net at once. A larger training batch is split and its gradients are summed.
    It saves memory and changes weights by rounding only, which the result records."""
    jobs: int = 1
    """Jobs at a time, each in a process of its own with `threads` threads."""
    open_threads: bool = False
    """Whether `threads` may be replaced: by the plan's own number, and for an unfinished job by its checkpoint's."""
    open_jobs: bool = False
    """Whether `jobs` may be replaced by the number that suits the plan."""
    shared_gpus: int = 0
    """GPUs on which jobs run side by side, several on each; 0 where no job shares its GPU with another."""
    why_jobs: str = ""
    """Why so many jobs share a GPU, in words; empty on processors and where the user has said how many."""
    processes: int = 1
    """Processes that share each batch of a training or test, one per GPU. It changes weights by rounding only, which
    the result records."""
    resume_elsewhere: bool = False
    """Resume from a checkpoint of another device kind, thread count or torch; the result is then marked."""

    @property
    def jobs_a_gpu(self) -> int:
        """The most jobs at a time on one GPU; 1 where none shares its GPU."""
        return -(-self.jobs // self.shared_gpus) if self.shared_gpus else 1
