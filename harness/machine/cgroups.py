"""Limits that a container or batch system puts on this process, from Linux control groups of versions 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
"""File with the control groups of this process, one per line: `number:controllers:/path`; in version 2 `0::/path`."""


def cpu_quota() -> float | None:
    """Return the CPU time that this process may use, in cores; None without a limit."""
    limits = [*_quotas_2(), *_quotas_1()]
    return min(limits, default=None)


def memory_limit() -> int | None:
    """Return the memory that this process may use, in bytes; None without a limit."""
    limits = []
    for file in ("memory.max", "memory.limit_in_bytes"):
        for folder in _folders("memory"):
            with suppress(OSError, ValueError):  # "max" stands for no limit
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
    """Yield the folders of the process's control group and of all groups above it; some of them may not exist."""
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
