"""Which GPUs CUDA would show to this process; needs no torch.

The one reading of `CUDA_VISIBLE_DEVICES` in this program: who counts GPUs, pins jobs to them or reads their power asks
here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from harness.machine.environment import gpu_uuids

VISIBLE = "CUDA_VISIBLE_DEVICES"
_NUMBER = re.compile(r"\+?(\d+)", re.ASCII)
"""What CUDA reads of a name as a number, whatever follows it."""


class Visible(NamedTuple):
    """One GPU, or one partition (MIG) of one, that CUDA shows."""

    name: str
    """As the variable names it."""
    place: int | None
    """Among the machine's GPUs in the order of the bus; None for a partition."""


def chosen(asked: str | None, uuids: Sequence[str]) -> list[Visible]:
    """The GPUs that CUDA shows where the variable has the value `asked`, on a machine whose GPUs have these UUIDs.

    By CUDA's rules, as torch has them (`torch.cuda._parse_visible_devices`): all where nothing is asked, else in the
    order named, up to the first name that is none; none at all where one is named twice. The first name says whether
    numbers, beginnings of UUIDs or partitions are meant. Numbers are taken in the order of the bus, which on a machine
    with GPUs of several kinds is CUDA's only with `CUDA_DEVICE_ORDER=PCI_BUS_ID`.
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
    """The GPUs that CUDA would show to this process, as `CUDA_VISIBLE_DEVICES` names them."""
    return [one.name for one in chosen(os.environ.get(VISIBLE), gpu_uuids())]


def lacking(count: int) -> str | None:
    """What stands in the way of something that needs so many GPUs; None where they are there."""
    found = len(visible_gpus())
    return None if found >= count else f"it needs {count} GPUs, and {found or 'none'} can be seen here"
