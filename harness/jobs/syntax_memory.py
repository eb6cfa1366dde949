"""Cache of the syntax of source files by content, kept between processes because parsing all files takes long."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import harness.jobs.syntax
from harness.jobs.syntax import Import, Syntax, syntax_of
from harness.store.documents import parsed_json
from harness.store.store import write_atomically

LARGEST = 5_000
"""Largest number of source files in the cache; beyond it the cache starts anew."""


class Memory:
    """Cache of `syntax_of`, in one file or, without a path, for the life of the process.

    A file that is damaged, or written by another version of `harness.jobs.syntax`, counts as empty. A file that cannot
    be written costs time and does no other harm.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known = {} if path is None else _read(path)
        self._new = False

    def syntax(self, source: bytes, module: str, *, is_package: bool) -> Syntax:
        """Return `syntax_of` for a module's source."""
        # The result depends on the path of the module too: it resolves relative imports and names the package.
        key = _sha256(f"{module} {is_package}\0".encode() + source)
        if key not in self._known:
            self._known[key] = syntax_of(source, module, is_package=is_package)
            self._new = True
        return self._known[key]

    def save(self) -> None:
        """Write new entries to the file for the next process."""
        if self.path is None or not self._new:
            return
        self._new = False
        kept = self._known if len(self._known) <= LARGEST else {}
        body = json.dumps({"reader": _reader(), "files": kept}).encode()
        with suppress(OSError):
            write_atomically(self.path, f"{_sha256(body)}\n".encode() + body)


def _read(path: Path) -> dict[str, Syntax]:
    """Return the content of the file; empty if it is absent, damaged or of another version."""
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
        document = parsed_json(body) if digest.decode() == _sha256(body) else {}
        if document.get("reader") != _reader():
            return {}
        return {key: _syntax(*found) for key, found in document["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _syntax(shape: str, imports: list[Any], strings: list[str], empty: bool) -> Syntax:  # noqa: FBT001 - order as in JSON
    return Syntax(shape, tuple(Import(*each) for each in imports), tuple(strings), empty)


@cache
def _reader() -> str:
    """Return the digest of the code that reads syntax; when it changes, all cached entries are out of date."""
    return _sha256(Path(harness.jobs.syntax.__file__).read_bytes())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
