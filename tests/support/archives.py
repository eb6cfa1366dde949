"""Malformed archives: a sound archive taken apart, changed, and put together again."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.store.documents import json_text, seal

Members = list[tuple[tarfile.TarInfo, bytes]]


def members(path: Path) -> Members:
    """Return the members of an archive with their content."""
    with tarfile.open(path) as archive:
        found = []
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None
            found.append((member, file.read()))
        return found


def rebuilt(path: Path, change: Callable[[Members], Members]) -> Path:
    """Rewrite the archive at `path` with changed members."""
    changed = change(members(path))
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as archive:
        for member, content in changed:
            archive.addfile(member, io.BytesIO(content))
    return path


def member(name: str, content: bytes = b"", **about: Any) -> tuple[tarfile.TarInfo, bytes]:
    """Return a member of any kind."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for attribute, value in about.items():
        setattr(info, attribute, value)
    return info, content


def with_manifest(path: Path, change: Callable[[dict[str, Any]], None], *, sealed: bool = True) -> Path:
    """Return an archive with a changed manifest, sealed again or not."""

    def changed(found: Members) -> Members:
        content = json.loads(found[0][1])
        change(content)
        return [member("manifest.json", json_text(seal(content) if sealed else content).encode()), *found[1:]]

    return rebuilt(path, changed)


def raw(path: Path, content: bytes) -> Path:
    """Write a compressed file of these bytes."""
    path.write_bytes(gzip.compress(content))
    return path
