"""Named arrays in one file, written whole or not at all, and read with an error that names the remedy."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import JobFailed
from harness.store.store import write_atomically

DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
"""Exceptions of numpy for a file that is missing, damaged or of other arrays."""


def write_arrays(path: Path, **arrays: Any) -> None:
    """Store arrays, and plain numbers as arrays, under their names."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getbuffer())


def read_arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Read the arrays of these names. Raises JobFailed if the file is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return [stored[name] for name in names]
    except DAMAGED as error:
        raise JobFailed(f"{path} cannot be read ({error}); move {path.parent} away to run its job again") from None
