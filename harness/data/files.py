"""Reads the official files of small data sets, compressed or not, and says what is wrong with them by name."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from harness.errors import DataMissing


def stored(folder: Path, name: str) -> Path | None:
    """The file of that name, or its compressed form; None when neither is there."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def content(folder: Path, name: str) -> bytes:
    """The uncompressed content; raises DataMissing naming the file when it is absent or damaged."""
    path = stored(folder, name)
    if path is None:
        raise DataMissing(f"{folder / name}: there is no such file, nor {name}.gz")
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error) as error:
        raise DataMissing(f"{path}: cannot be read ({error}); put the official file in its place") from None
