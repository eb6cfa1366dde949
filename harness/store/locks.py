"""Locks on folders: a process holds the file `lock` of its folder, and the system releases it when the process ends.

Some network and container mounts have no file locks. There, a process holds a lease instead: a file that only one
process can create. It renews the lease while it works; others take the lease over when it has not been renewed for some
seconds.
"""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import SoftFileLease

NAME = "lock"
FILES = (NAME, f"{NAME}.lease", f"{NAME}.token")
"""Every file that a lock may leave in a folder."""
LEASE_S = 30.0
"""Seconds without renewal after which a lease is free."""
RENEWED_EVERY_S = 2.0
CLOCKS_APART_S = 120.0
"""The largest difference, in seconds, between this machine's clock and the disk's that `is_held` allows for."""
NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})
"""Error numbers that a disk without locks returns."""


@contextmanager
def held(folder: Path, name: str = NAME, *, wait: bool = False) -> Iterator[bool]:
    """Hold a folder during the block, and create it if needed; yields False where another process holds it.

    With `wait`, blocks until the other process releases the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        try:
            ours = _taken(handle, wait=wait) and _is_at(handle, folder / name)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        else:
            yield ours
            return
        _say(os.fstat(handle.fileno()).st_dev)
    with leased(lease_file(folder, name), wait=wait) as ours:
        yield ours


def is_held(folder: Path) -> bool:
    """Check whether any process, this one included, holds a folder; the check keeps no process out."""
    try:
        with (folder / NAME).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        return error.errno in NO_LOCKS and time.time() - _renewed(lease_file(folder)) < LEASE_S + CLOCKS_APART_S
    return False


def lease_file(folder: Path, name: str = NAME) -> Path:
    """Return the path of a folder's lease, which exists while the folder is leased on a disk without locks."""
    return folder / f"{name}.lease"


@contextmanager
def leased(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lease during the block; yields False where another process renews it.

    Watching for a renewal takes up to twice `LEASE_S`. The lease of a dead process is free at once on the same machine,
    and after `LEASE_S` elsewhere. With `wait`, blocks until the lease is free.
    """
    from filelock import SoftFileLease  # noqa: PLC0415 - few disks need it

    lease = SoftFileLease(path, lease_duration=LEASE_S, heartbeat_interval=RENEWED_EVERY_S, thread_local=False)
    if not _acquired(lease, path, wait=wait):
        yield False
        return
    try:
        yield True
    finally:
        with suppress(OSError):  # removing the folder has removed the lease too
            lease.release()


def _acquired(lease: SoftFileLease, path: Path, *, wait: bool) -> bool:
    from filelock import Timeout  # noqa: PLC0415 - few disks need it

    first, until = _renewed(path), time.monotonic() + 2 * LEASE_S
    while wait or (_renewed(path) in (first, 0.0) and time.monotonic() < until):
        try:
            lease.acquire(timeout=0)
        except Timeout:
            time.sleep(RENEWED_EVERY_S / 4)
        except FileNotFoundError:  # the folder was removed
            return False
        else:
            return True
    return False


def _renewed(path: Path) -> float:
    """Return the time of a lease's last renewal by the clock of its disk; 0 where there is no lease."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@cache
def _say(_disk: int) -> None:
    """Warn once for each disk, in the main process only."""
    if multiprocessing.parent_process() is None:
        sys.stderr.write(
            f"this disk has no file locks, so leases keep two processes out of one job; a job whose process died on "
            f"another machine is free after {LEASE_S:.0f} s\n"
        )


def _taken(handle: IO[str], *, wait: bool) -> bool:
    """Take the lock of an open file; retries for a moment, because `is_held` of another process takes it briefly."""
    if wait:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return True
    for _ in range(10):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def _is_at(handle: IO[str], path: Path) -> bool:
    """Check that an open file still lies at `path`; its folder may have been removed during the wait for the lock."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False
