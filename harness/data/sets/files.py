"""Reads the official files of small data sets, compressed or not, and reports faults by file name."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from harness.errors import DataMissing

LARGEST = 100_000_000
"""Bytes of an uncompressed file: twice the largest official one, so that no file can fill the memory."""

SMALL = 2**20
"""Bytes of a compressed file whose content is kept: jobs that take less than a second open the same one again."""


def stored(folder: Path, name: str) -> Path | None:
    """Return the path of a file or of its compressed form; None if neither exists."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def content(folder: Path, name: str) -> bytes:
    """Return the uncompressed content. Raises DataMissing with the file's name if it is absent or damaged."""
    path = stored(folder, name)
    if path is None:
        raise DataMissing(f"{folder / name}: there is no such file, nor {name}.gz")
    try:
        if path.suffix == ".gz" and path.stat().st_size <= SMALL:
            data = _unpacked(path.read_bytes())
        else:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataMissing(f"{path}: cannot be read ({error}); put the official file in its place") from None
    if len(data) > LARGEST:
        raise DataMissing(f"{path}: larger than any official file ({LARGEST:,} bytes); put the official one there")
    return data


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> bytes:
    """Return the content of a compressed file, kept by all of its bytes."""
    with gzip.open(BytesIO(packed)) as file:
        return file.read(LARGEST + 1)
