"""The digest of the code that decides the results of a kind of job: it tells when a result is stale."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from harness.jobs import JOBS

_PACKAGE = Path(__file__).parent.parent


@cache
def code_digest(kind: str) -> str:
    """sha256 over the sources that decide the results of a job kind, by name and content."""
    digest = hashlib.sha256()
    for source in JOBS[kind].sources:
        path = _PACKAGE / source
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file.relative_to(_PACKAGE)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
