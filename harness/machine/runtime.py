"""Settings of one run that decide where and how fast it happens, never what comes out; none of them is hashed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from harness.data.locate import Locations
from harness.machine.cgroups import cpu_quota


def cores() -> int:
    """Cores that this process may use; of a container's quota, the whole ones, for more threads would only wait."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return there if quota is None else max(1, min(there, int(quota)))


@dataclass(frozen=True, slots=True)
class Runtime:
    """How a job is run on this machine."""

    locations: Locations = field(default_factory=Locations)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = field(default_factory=cores)
    """Threads of the arithmetic on the CPU; results are bit-identical only among runs with the same number."""
    checkpoint_every_s: float = 60.0
    micro_batch: int | None = None
    """Images that go through a net at once; a training batch is then split, and its gradients summed. Less memory, the
    same weights but for rounding, which the result says."""
    jobs: int = 1
    """Jobs at a time, each in a process of its own with so many threads."""
    processes: int = 1
    """Processes that share each batch of a training or a test, one a GPU; the same weights but for rounding, which the
    result says."""
    resume_elsewhere: bool = False
    """Go on from a checkpoint of another device kind, thread count or torch; the result is then marked."""
