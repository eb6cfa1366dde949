"""Tests of reading official files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

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
