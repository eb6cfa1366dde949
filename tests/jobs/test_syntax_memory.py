"""Tests of the cache of syntax: no file is parsed twice, and no damaged entry is used."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from harness.jobs import syntax_memory
from harness.jobs.syntax import syntax_of
from harness.jobs.syntax_memory import Memory

SOURCE = b"from package.a import f\nx = f('package.b')\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a cache with one file in it."""
    path = tmp_path / "cache" / "syntax.json"
    memory = Memory(path)
    memory.syntax(SOURCE, "package.one", is_package=False)
    memory.save()
    return path


def read(path: Path | None, source: bytes = SOURCE, module: str = "package.one") -> object:
    """Return the answer of a new cache object."""
    return Memory(path).syntax(source, module, is_package=False)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make reading of any source fail."""
    monkeypatch.setattr(syntax_memory, "syntax_of", lambda *_, **__: 1 / 0)


def test_what_was_read_is_not_read_again(path: Path, unread: None) -> None:
    """A file of the same content is not parsed again in another process."""
    assert read(path) == syntax_of(SOURCE, "package.one")


def test_another_content_or_place_is_read(path: Path, unread: None) -> None:
    """Another content or another place is parsed, because relative imports depend on the place."""
    for changed in ((SOURCE + b"#", "package.one"), (SOURCE, "package.two")):
        with pytest.raises(ZeroDivisionError):
            read(path, *changed)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\xff", b"0\n{}", lambda text: text.replace(b"package.b", b"package.c"), lambda text: text[:-1], b"null"],
)
def test_a_damaged_memory_counts_as_empty(path: Path, damaged: object) -> None:
    """A damaged cache counts as empty and is written anew."""
    path.write_bytes(damaged(path.read_bytes()) if callable(damaged) else damaged)
    assert read(path) == syntax_of(SOURCE, "package.one")


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"reader": 1}', b'{"files": []}'])
def test_a_sealed_memory_of_another_form_counts_as_empty(path: Path, body: bytes) -> None:
    """A sealed cache of another form counts as empty."""
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    assert read(path) == syntax_of(SOURCE, "package.one")


def test_a_memory_by_another_reader_counts_as_empty(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache written by another version of the reader counts as empty."""
    monkeypatch.setattr(syntax_memory, "_reader", lambda: "another")
    monkeypatch.setattr(syntax_memory, "syntax_of", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        read(path)


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """A cache that cannot be written, or no cache, is no error."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "syntax.json", None):
        memory = Memory(path)
        assert memory.syntax(SOURCE, "package.one", is_package=False) == syntax_of(SOURCE, "package.one")
        memory.save()


def test_a_memory_does_not_grow_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full cache begins anew."""
    monkeypatch.setattr(syntax_memory, "LARGEST", 1)
    memory = Memory(path)
    memory.syntax(SOURCE + b"#", "package.one", is_package=False)
    memory.save()
    assert json.loads(path.read_bytes().partition(b"\n")[2])["files"] == {}


def test_nothing_new_is_nothing_written(path: Path) -> None:
    """Without new entries nothing is written."""
    before = path.stat().st_mtime_ns
    memory = Memory(path)
    memory.syntax(SOURCE, "package.one", is_package=False)
    memory.save()
    assert path.stat().st_mtime_ns == before
