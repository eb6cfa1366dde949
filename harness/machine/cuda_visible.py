"""The GPUs that CUDA shows to this process, found without torch.

This is the only module that reads `CUDA_VISIBLE_DEVICES`. Code that counts GPUs, pins jobs to them or reads their power
calls it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from harness.machine.environment import gpu_uuids

VISIBLE = "CUDA_VISIBLE_DEVICES"
_NUMBER = re.compile(r"\+?(\d+)", re.ASCII)
"""The part of a name that CUDA reads as a number; it ignores the rest."""


class Visible(NamedTuple):
    """One GPU, or one MIG partition of a GPU, that CUDA shows."""

    name: str
    """The name in the variable."""
    place: int | None
    """Index among the machine's GPUs in the order of the bus; None for a partition."""


def chosen(asked: str | None, uuids: Sequence[str]) -> list[Visible]:
    """Return the GPUs that CUDA shows for the value `asked` of the variable, on a machine with these UUIDs.

    The rules are CUDA's, as torch implements them (`torch.cuda._parse_visible_devices`). Without a value, all GPUs are
    shown. Otherwise they come in the order named, up to the first invalid name; a GPU named twice hides them all. The
    first name decides whether the names are numbers, prefixes of UUIDs or partitions. Numbers follow the order of the
    bus. On a machine with different GPUs, CUDA follows that order only with `CUDA_DEVICE_ORDER=PCI_BUS_ID`.

    >>> [gpu.place for gpu in chosen("1,0", ["GPU-a", "GPU-b"])]
    [1, 0]
    >>> chosen("0,0", ["GPU-a", "GPU-b"])
    []
    """
    if asked is None:
        return [Visible(str(place), place) for place in range(len(uuids))]
    names = [name.strip() for name in asked.split(",")] if uuids else []
    kind = names[0][:4] if names and names[0].startswith(("GPU-", "MIG-")) else ""
    found: list[Visible] = []
    for name in names:
        one = _named(name, kind, uuids)
        if one is None:
            break
        if any(one == other or (one.place is not None and one.place == other.place) for other in found):
            return []
        found.append(one)
    return found


def _named(name: str, kind: str, uuids: Sequence[str]) -> Visible | None:
    if not kind:
        number = _NUMBER.match(name)
        place = int(number[1]) if number else len(uuids)
        return Visible(str(place), place) if place < len(uuids) else None
    if not name.startswith(kind):
        return None
    if kind == "MIG-":
        return Visible(name, None)
    alike = [place for place, uuid in enumerate(uuids) if uuid.startswith(name)]
    return Visible(name, alike[0]) if len(alike) == 1 else None


def visible_gpus() -> list[str]:
    """Return the names of the GPUs that CUDA shows to this process, in the form of `CUDA_VISIBLE_DEVICES`."""
    return [one.name for one in chosen(os.environ.get(VISIBLE), gpu_uuids())]


def lacking(count: int) -> str | None:
    """Return why a job that needs `count` GPUs cannot run here; None where enough are visible."""
    found = len(visible_gpus())
    return None if found >= count else f"it needs {count} GPUs, and {found or 'none'} can be seen here"
