"""Work that a test run does once: the first of its processes that needs it makes a folder, and all of them read it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name`, which `make` fills where no process of this test run has done so yet; the others wait.

    It is there to be read; copy it where a test changes it. What `make` raises is raised again in the next process
    that asks, which tries anew.
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
    """The folder of this test run; each worker of pytest-xdist has one of its own below it."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
