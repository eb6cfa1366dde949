"""Reads the official files of small data sets, compressed or not, and reports faults by file name."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from harness.errors import DataMissing

LARGEST = 100_000_000
"""Bytes of an uncompressed file: twice the largest official one, so that no file can fill the memory."""


def stored(folder: Path, name: str) -> Path | None:
    """Return the path of a file or of its compressed form; None if neither exists."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def content(folder: Path, name: str) -> bytes:
    """Return the uncompressed content. Raises DataMissing with the file's name if it is absent or damaged."""
    path = stored(folder, name)
    if path is None:
        raise DataMissing(f"{folder / name}: there is no such file, nor {name}.gz")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataMissing(f"{path}: cannot be read ({error}); put the official file in its place") from None
    if len(data) > LARGEST:
        raise DataMissing(f"{path}: larger than any official file ({LARGEST:,} bytes); put the official one there")
    return data
