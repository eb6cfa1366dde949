"""Python's collector of cycles, kept from walking through modules, which last as long as the process."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 100
"""Modules imported at once from which sparing them is worth it: torch brings some thousand."""


@contextmanager
def modules_spared() -> Iterator[None]:
    """Collect nothing in the `with` block, which imports modules; if they are many, never look at what is there then.

    Garbage that is there at that moment stays as well. So this is for imports that a process does once.
    """
    before, enabled = len(sys.modules), gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
        if len(sys.modules) - before >= MANY:
            gc.freeze()
