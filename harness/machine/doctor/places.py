"""Where a run would read and write: disk, store, reports, data, and the clock that dates it all."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.data import DATASETS
from harness.data.locate import Locations, Missing
from harness.errors import DataMissing, HarnessError
from harness.machine.doctor.checks import Check, at_least
from harness.store.inventory import contents, entries
from harness.store.locks import LEASE_S, held, lease_file
from harness.store.store import Store

GB = 10**9
LITTLE_DISK, TOO_LITTLE_DISK = 10 * GB, 2 * GB
"""AlexNet's weights are a quarter of a gigabyte; a training keeps two checkpoints of twice that, then the weights."""
CLOCK_TOLERANCE_S = 120
_AGAIN = "name another with {}, or have it made writable"


def disk(store: Path) -> Check:
    """How much room there is where the store is, or would be."""
    free = shutil.disk_usage(_existing(store)).free
    says = f"{free / GB:,.1f} GB free at {store}"
    remedy = "free some, `python -m harness store gc` shows what may go, or name another place with --store DIR"
    return at_least("disk", free, LITTLE_DISK, TOO_LITTLE_DISK, says, remedy)


def store_folder(store: Path) -> Check:
    """Whether results can be written, and locks be held, where the store is."""
    problem = _not_writable(store)
    if problem:
        return Check("store", "wrong", f"{store} {problem}", _AGAIN.format("--store DIR"))
    if not store.is_dir():
        return Check("store", "ok", f"{store} is not there yet, and can be made")
    try:
        with tempfile.TemporaryDirectory(dir=store, prefix=".doctor-") as folder, held(Path(folder)) as ours:
            locks, lease = ours, lease_file(Path(folder)).exists()
    except OSError:
        locks = lease = False
    if not locks:
        remedy = "let one process at a time work there, or name another place with --store DIR"
        return Check("store", "wrong", f"{store} is on a disk that has no locks", remedy)
    if lease:
        says = f"{store} can be written; its disk has no locks, and leases of {LEASE_S:.0f} s are held instead"
        return Check("store", "ok", says)
    return Check("store", "ok", f"{store} can be written, and locks hold there")


def reports(out: Path) -> Check:
    """Whether reports can be written."""
    problem = _not_writable(out)
    if problem:
        return Check("reports", "wrong", f"{out} {problem}", _AGAIN.format("--out DIR"))
    return Check("reports", "ok", f"{out} can be written")


def jobs(store: Path) -> Iterator[Check]:
    """What lies in the store: finished, running, unfinished and damaged jobs, and what was left behind."""
    if not store.is_dir():
        return
    try:
        listed, left = entries(Store(store)), contents(Store(store)).leftovers
    except (HarnessError, OSError) as error:
        yield Check("jobs", "wrong", f"{store} cannot be read ({error})", "look at its permissions")
        return
    states = [entry.state for entry in listed]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)) or "none yet"
    damaged = [Path(entry.folder).name for entry in listed if entry.state == "damaged"]
    if damaged:
        yield Check("jobs", "wrong", f"{counts}: {', '.join(damaged)}", "`python -m harness verify` says what and why")
    else:
        yield Check("jobs", "ok", counts)
    running = [entry.label or Path(entry.folder).name for entry in listed if entry.state == "running"]
    if running:
        yield Check("locks", "ok", f"held by running processes: {'; '.join(running)}")
    if left:
        yield Check(
            "leftovers",
            "warning",
            f"{len(left)} left by stopped processes",
            "`python -m harness store gc --yes` removes them",
        )


def clock(store: Path) -> Check:
    """Whether the clock can be believed: not before this program was written, nor another than the store's disk has."""
    now = time.time()
    today = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    written = Path(__file__).stat().st_mtime
    remedy = "set the clock; results are dated by it, and what is older or newer is told by it"
    if now < written - CLOCK_TOLERANCE_S:
        return Check("clock", "wrong", f"it is {today}, which is before this program was installed", remedy)
    if store.is_dir() and os.access(store, os.W_OK):
        with tempfile.NamedTemporaryFile(dir=store, prefix=".doctor-") as file:
            apart = os.fstat(file.fileno()).st_mtime - time.time()
        if abs(apart) > CLOCK_TOLERANCE_S:
            return Check(
                "clock", "warning", f"that of the disk of {store} is {apart:+.0f} s off this machine's", remedy
            )
    if store.is_dir():
        newest = max((path.stat().st_mtime for path in store.glob("*")), default=0.0)
        if newest > now + CLOCK_TOLERANCE_S:
            return Check("clock", "warning", f"it is {today}, and {store} holds files from later", remedy)
    return Check("clock", "ok", today)


def data(locations: Locations, needed: Collection[str]) -> Iterator[Check]:
    """Every data set: where it is, or what would unlock it; one that is needed, or was looked for by name, is wrong."""
    for name, dataset in DATASETS.items():
        found = locations.find(dataset)
        if not isinstance(found, Missing):
            yield Check(f"data {name}", "ok", f"{found.path} ({found.how})")
        elif name in needed:
            looked = "; ".join(found.looked) or "nowhere"
            yield Check(
                f"data {name}", "wrong", f"not on disk, looked in {looked}", found.unlock, DataMissing.exit_code
            )
        elif name in locations.named:
            place = locations.named[name]
            says = f"not at {place.path}, where {place.how} says it is"
            yield Check(f"data {name}", "wrong", says, "correct that, or take it away", DataMissing.exit_code)
        else:
            yield Check(f"data {name}", "warning", "not on disk", found.unlock)


def _not_writable(folder: Path) -> str | None:
    """What keeps files from being written into a folder that is there, or from it being made; makes nothing."""
    there = _existing(folder)
    if not there.is_dir():
        return "is below a file" if there != folder else "is a file"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return f"cannot be written ({error.strerror})"
    return None


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
