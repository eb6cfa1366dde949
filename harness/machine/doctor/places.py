"""Checks of the places where a run reads and writes (disk, store, reports, data) and of the machine's clock."""

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
"""Bytes of free disk below which the doctor warns, and below which it fails. AlexNet's weights take a quarter of a
gigabyte; a training keeps two checkpoints of twice that size, then the weights."""
CLOCK_TOLERANCE_S = 120
_AGAIN = "name another with {}, or have it made writable"


def disk(store: Path) -> Check:
    """Check the free space on the disk of the store."""
    free = shutil.disk_usage(_existing(store)).free
    says = f"{free / GB:,.1f} GB free at {store}"
    remedy = "free some, `python -m harness store gc` shows what may go, or name another place with --store DIR"
    return at_least("disk", free, LITTLE_DISK, TOO_LITTLE_DISK, says, remedy)


def store_folder(store: Path) -> Check:
    """Check that the store is writable and that locks work there."""
    problem = _not_writable(store)
    if problem:
        return Check("store", "wrong", f"{store} {problem}", _AGAIN.format("--store DIR"))
    if not store.is_dir():
        return Check("store", "ok", f"{store} does not exist yet and can be created")
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
    """Check that the reports' folder is writable."""
    problem = _not_writable(out)
    if problem:
        return Check("reports", "wrong", f"{out} {problem}", _AGAIN.format("--out DIR"))
    return Check("reports", "ok", f"{out} can be written")


def jobs(store: Path) -> Iterator[Check]:
    """Check the jobs of the store: count finished, running, unfinished and damaged ones, and left-over files."""
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
    """Check the clock against the program's installation date and against the clock of the store's disk."""
    now = time.time()
    today = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    written = Path(__file__).stat().st_mtime
    remedy = "set the clock; it dates results and decides which is newer"
    if now < written - CLOCK_TOLERANCE_S:
        return Check("clock", "wrong", f"it is {today}, which is before this program was installed", remedy)
    if store.is_dir() and os.access(store, os.W_OK):
        with tempfile.NamedTemporaryFile(dir=store, prefix=".doctor-") as file:
            apart = os.fstat(file.fileno()).st_mtime - time.time()
        if abs(apart) > CLOCK_TOLERANCE_S:
            return Check("clock", "warning", f"the disk of {store} is {apart:+.0f} s off this machine", remedy)
    if store.is_dir():
        newest = max((path.stat().st_mtime for path in store.glob("*")), default=0.0)
        if newest > now + CLOCK_TOLERANCE_S:
            return Check("clock", "warning", f"it is {today}, and {store} holds files from later", remedy)
    return Check("clock", "ok", today)


def data(locations: Locations, needed: Collection[str]) -> Iterator[Check]:
    """Check every data set: its place on disk, or how to get it.

    A missing set that is needed or named in an option is wrong.
    """
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
    """Return why files cannot be written in a folder, or why it cannot be created; creates nothing."""
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
    """Return the path, or the nearest folder above it that exists."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
