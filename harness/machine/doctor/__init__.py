"""The doctor: checks of a machine's device, arithmetic, disk, memory, data, store and clock before a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from harness.data.locate import Locations
from harness.errors import DataMissing, DeviceMissing, HarnessError, Unsound
from harness.machine.doctor.checks import Check, at_least
from harness.machine.doctor.computing import arithmetic, device, memory, versions
from harness.machine.doctor.places import clock, data, disk, jobs, reports, store_folder

__all__ = ["Check", "at_least", "examine", "verdict"]


def examine(
    store: Path,
    out: Path,
    locations: Locations,
    needed: Collection[str],
    device_name: str,
    threads: int,
    wait_s: float,
) -> Iterator[Check]:
    """Run every check in turn, the quick ones first.

    `needed` names the data sets that a run needs, `device_name` is `auto`, `cpu` or `cuda`, and `wait_s` is the number
    of seconds that torch may take to answer.
    """
    yield versions()
    yield memory()
    yield disk(store)
    yield store_folder(store)
    yield reports(out)
    yield from jobs(store)
    yield clock(store)
    yield from data(locations, needed)
    yield device(device_name)
    yield from arithmetic(device_name, threads, wait_s)


def verdict(checks: Collection[Check]) -> HarnessError | None:
    """Return the error for the failed checks, or None where none failed.

    Missing data come before a missing device, and both before every other fault.
    """
    wrong = [check for check in checks if check.level == "wrong"]
    if not wrong:
        return None
    message = f"{len(wrong)} thing(s) wrong: {', '.join(dict.fromkeys(check.name for check in wrong))}"
    codes = {check.exit_code for check in wrong}
    kinds: tuple[type[HarnessError], ...] = (DataMissing, DeviceMissing, Unsound)
    return next(kind for kind in kinds if kind.exit_code in codes)(message)
