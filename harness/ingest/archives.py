"""Tells an archive that is the one handed out, by its MD5: its images are official, whatever a decoder warns of."""

from __future__ import annotations

import hashlib
import threading
from functools import cache
from pathlib import Path

from harness.data.declared import Dataset
from harness.ingest.sources import Source

_READING = threading.Lock()
"""The archives have 150 GB, and the threads that copy out of one may all ask at once."""


def official_md5(dataset: Dataset, source: Source) -> str | None:
    """The MD5 of the archive of this split as it is handed out; None where there is no archive, or it is not known."""
    return dataset.archive_md5.get(source.split) if source.form in ("tar", "tar of class tars") else None


def is_released(dataset: Dataset, source: Source) -> bool:
    """Whether a split is read from the archive that is handed out; reads all of it the first time it is asked."""
    official = official_md5(dataset, source)
    return official is not None and archive_md5(source.place) == official


def archive_md5(path: Path) -> str:
    """The MD5 of an archive, remembered while its size and time of change stay."""
    status = path.stat()
    with _READING:
        return _md5(path, status.st_size, status.st_mtime_ns)


@cache
def _md5(path: Path, _bytes: int, _changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
