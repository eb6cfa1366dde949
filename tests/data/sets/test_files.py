"""Tests of reading official files."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from harness.data.sets import files
from harness.data.sets.files import content, stored
from harness.errors import DataMissing


def test_plain_and_compressed_copies_have_one_content(tmp_path: Path) -> None:
    """A plain and a compressed copy have the same content."""
    (tmp_path / "plain").write_bytes(b"images")
    (tmp_path / "packed.gz").write_bytes(gzip.compress(b"images"))
    assert content(tmp_path, "plain") == content(tmp_path, "packed") == b"images"


PACKED = gzip.compress(b"images", mtime=0)


@pytest.mark.parametrize("damage", [b"not gzip", PACKED[:-9], PACKED[:12]])
def test_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    """A truncated file is reported by name, and differently from a missing one."""
    (tmp_path / "packed.gz").write_bytes(damage)
    with pytest.raises(DataMissing, match=r"packed\.gz: cannot be read"):
        content(tmp_path, "packed")


def test_missing_file_is_named(tmp_path: Path) -> None:
    """The error for a missing file has both names under which it was sought."""
    assert stored(tmp_path, "images") is None
    with pytest.raises(DataMissing, match=r"images: there is no such file, nor images\.gz"):
        content(tmp_path, "images")


def test_replaced_file_is_read_anew(tmp_path: Path) -> None:
    """A file of the same name and time, with other bytes, has other content."""
    for text in (b"images", b"labels"):
        (tmp_path / "packed.gz").write_bytes(gzip.compress(text, mtime=0))
        os.utime(tmp_path / "packed.gz", (0, 0))
        assert content(tmp_path, "packed") == text


def test_large_file_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content of a large compressed file is given, and not kept."""
    monkeypatch.setattr(files, "SMALL", len(PACKED) - 1)
    (tmp_path / "packed.gz").write_bytes(PACKED)
    before = files._unpacked.cache_info()
    assert content(tmp_path, "packed") == b"images"
    assert files._unpacked.cache_info() == before
