"""Work done once in a test run: the first process that needs it makes a folder, and all processes read it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder `name`, filled by `make` unless a process of this test run has done so; other processes wait.

    Treat it as read-only, and copy it where a test changes it. An error of `make` is raised; the next process tries
    again.
    """
    whole = _shared(factory) / name
    with (whole.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            part = whole.with_name(f"{name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(whole)
    return whole


def _shared(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this test run, which the workers of pytest-xdist share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
