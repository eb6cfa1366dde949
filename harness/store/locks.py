"""Locks on folders: who works in one holds its file `lock`, and the system lets go of it when the process ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

NAME = "lock"


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder, made where it is not there, for the length of the block; False where another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("w") as handle:
        yield _taken(handle) and _is_at(handle, folder / NAME)


def is_held(folder: Path) -> bool:
    """Whether any process, this one included, holds a folder; looking takes no lock that would keep one out."""
    try:
        with (folder / NAME).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _taken(handle: IO[str]) -> bool:
    """Take the lock; one that somebody only looks at, as `is_held` does, is free again in a moment."""
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
