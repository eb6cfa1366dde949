"""Which GPUs CUDA would show to this process; needs no torch."""

from __future__ import annotations

import os

from harness.machine.environment import gpus

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus() -> list[str]:
    """The GPUs that CUDA would show to this process, as `CUDA_VISIBLE_DEVICES` names them."""
    there = [str(number) for number in range(len(gpus()))]
    asked = os.environ.get(VISIBLE)
    if asked is None or not there:
        return there
    named: list[str] = []
    for name in (part.strip() for part in asked.split(",")):
        if not name or (name.isdecimal() and name not in there) or name.startswith("-") or name in named:
            break  # CUDA ignores a name that is none, and all after it
        named.append(name)
    return named


def lacking(count: int) -> str | None:
    """What stands in the way of something that needs so many GPUs; None where they are there."""
    found = len(visible_gpus())
    return None if found >= count else f"it needs {count} GPUs, and {found or 'none'} can be seen here"
