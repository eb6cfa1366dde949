"""Recognition of the official archives by their MD5. Their images are official, whatever a decoder warns about."""

from __future__ import annotations

import hashlib
import threading
from functools import cache
from pathlib import Path

from harness.data.declared import Dataset
from harness.ingest.sources import Source

_READING = threading.Lock()
"""Lock for reading an archive: it may have 150 GB, and several threads may ask at once."""


def official_md5(dataset: Dataset, source: Source) -> str | None:
    """Return the official MD5 of this split's archive; None where the source is no archive or the MD5 is unknown."""
    return dataset.archive_md5.get(source.split) if source.form in ("tar", "tar of class tars") else None


def is_released(dataset: Dataset, source: Source) -> bool:
    """Check whether a split is read from the official archive; the first call reads the whole archive."""
    official = official_md5(dataset, source)
    return official is not None and archive_md5(source.place) == official


def archive_md5(path: Path) -> str:
    """Return the MD5 of an archive, remembered while its size and time of change stay the same."""
    status = path.stat()
    with _READING:
        return _md5(path, status.st_size, status.st_mtime_ns)


@cache
def _md5(path: Path, _bytes: int, _changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
