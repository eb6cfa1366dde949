"""Locks on folders: who works in one holds its file `lock`, and the system lets go of it when the process ends.

A disk without such locks (some network and container mounts) is given leases: a file that only one process can
make, renewed while it is at work, and taken over once it has not been for some seconds.
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
FILES = (NAME, f"{NAME}.lease")
"""All that a lock may leave in a folder."""
LEASE_S = 30.0
"""A lease that was not renewed for so long is nobody's."""
RENEWED_EVERY_S = 2.0
CLOCKS_APART_S = 120.0
"""By so much a disk's clock may be off this machine's where a lease is only looked at."""
NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})
"""What a disk without locks answers."""


@contextmanager
def held(folder: Path, name: str = NAME, *, wait: bool = False) -> Iterator[bool]:
    """Hold a folder, made where it is not there, for the length of the block; False where another process holds it.

    With `wait`, until that one lets go of it.
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
    """Whether any process, this one included, holds a folder; looking takes no lock that would keep one out."""
    try:
        with (folder / NAME).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        return error.errno in NO_LOCKS and time.time() - _renewed(lease_file(folder)) < LEASE_S + CLOCKS_APART_S
    return False


def lease_file(folder: Path, name: str = NAME) -> Path:
    """What is there while a folder is leased, on a disk without locks."""
    return folder / f"{name}.lease"


@contextmanager
def leased(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a lease for the length of the block; False where another process renews it, which is watched for.

    That of a process of this machine that is gone is free at once; of one elsewhere, once its time is over.
    """
    from filelock import SoftFileLease  # noqa: PLC0415 - few disks need it

    lease = SoftFileLease(path, lease_duration=LEASE_S, heartbeat_interval=RENEWED_EVERY_S, thread_local=False)
    if not _acquired(lease, path, wait=wait):
        yield False
        return
    try:
        yield True
    finally:
        with suppress(OSError):  # who removed the folder has removed the lease
            lease.release()


def _acquired(lease: SoftFileLease, path: Path, *, wait: bool) -> bool:
    from filelock import Timeout  # noqa: PLC0415 - few disks need it

    first, until = _renewed(path), time.monotonic() + 2 * LEASE_S
    while wait or (_renewed(path) in (first, 0.0) and time.monotonic() < until):
        try:
            lease.acquire(timeout=0)
        except Timeout:
            time.sleep(RENEWED_EVERY_S / 4)
        except FileNotFoundError:  # the folder has gone
            return False
        else:
            return True
    return False


def _renewed(path: Path) -> float:
    """When a lease was renewed last, by the clock of its disk; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@cache
def _say(_disk: int) -> None:
    """Once for each disk, and not by every worker."""
    if multiprocessing.parent_process() is None:
        sys.stderr.write(
            f"this disk has no file locks, so leases keep two processes out of one job: what a process on another "
            f"machine held when it died is free after {LEASE_S:.0f} s\n"
        )


def _taken(handle: IO[str], *, wait: bool) -> bool:
    """Take the lock; one that somebody only looks at, as `is_held` does, is free again in a moment."""
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
    """Whether an open file is still the one of that name, for its folder may have gone before the lock was had."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False
