"""What a container or a batch system allows this process of the machine: Linux's control groups, of both versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
"""The groups that this process is in, a line each: `number:controllers:/path`, in version 2 `0::/path`."""


def cpu_quota() -> float | None:
    """How many cores' time this process may take; None without a limit."""
    limits = [*_quotas_2(), *_quotas_1()]
    return min(limits, default=None)


def memory_limit() -> int | None:
    """How many bytes of memory this process may take; None without a limit."""
    limits = []
    for file in ("memory.max", "memory.limit_in_bytes"):
        for folder in _folders("memory"):
            with suppress(OSError, ValueError):  # "max" where there is none
                limits.append(int((folder / file).read_text(encoding="utf-8")))
    return min(limits, default=None)


def _quotas_2() -> Iterator[float]:
    for folder in _folders("cpu"):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
            if quota != "max":
                yield int(quota) / int(period)


def _quotas_1() -> Iterator[float]:
    for folder in _folders("cpu"):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota = int((folder / "cpu.cfs_quota_us").read_text(encoding="utf-8"))
            period = int((folder / "cpu.cfs_period_us").read_text(encoding="utf-8"))
            if quota > 0:
                yield quota / period


def _folders(controller: str) -> Iterator[Path]:
    """Those of a process's own group and of all above it, for each limits what is below; not all are there."""
    yield from (ROOT, ROOT / controller)
    try:
        lines = [line.split(":", 2) for line in OWN.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers and controller not in controllers.split(","):
            continue
        for top in (ROOT / controllers, ROOT / controller) if controllers else (ROOT,):
            own = top / path.lstrip("/")
            yield from (place for place in (own, *own.parents) if place != ROOT and ROOT in place.parents)
