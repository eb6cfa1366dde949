"""Archives read in place, and parts of files as files."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_layouts import tar_bytes, write

from harness.errors import DataMissing
from harness.ingest.sources import Section, tar_entries

FILES = [("a/one.JPEG", b"1" * 700), ("two.JPEG", b""), ("three.txt", b"3" * 512)]


def read(path, *place):
    """Return (name, content) of every file of an archive, read at its offset."""
    start = place[0] if place else 0
    data = path.read_bytes()
    return [(name, data[start + offset :][:size]) for name, offset, size in tar_entries(path, *place)]


def test_entries_say_where_each_file_lies(tmp_path):
    """They hold its name without folders, its offset and its size."""
    path = write(tmp_path / "x.tar", tar_bytes(FILES))
    assert read(path) == [("one.JPEG", b"1" * 700), ("two.JPEG", b""), ("three.txt", b"3" * 512)]


def test_an_archive_within_a_file_is_read_in_place(tmp_path):
    """Archives of classes lie within the archive of all classes."""
    inner = tar_bytes(FILES)
    path = write(tmp_path / "x.tar", b"before" + inner + b"after")
    assert read(path, 6, len(inner))[0] == ("one.JPEG", b"1" * 700)


def test_folders_and_links_are_no_files(tmp_path):
    """Only members with content are listed."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE):
            member = tarfile.TarInfo(f"x{kind!r}")
            member.type = kind
            archive.addfile(member)
    assert read(write(tmp_path / "x.tar", target.getvalue())) == []


@pytest.mark.parametrize("length", range(0, 3072, 256))
def test_an_archive_that_is_cut_anywhere_is_refused(tmp_path, length):
    """A cut between two files would otherwise silently lose the rest."""
    path = write(tmp_path / "x.tar", tar_bytes(FILES)[:length])
    with pytest.raises(DataMissing, match=r"x.tar"):
        list(tar_entries(path))


def test_a_compressed_archive_is_refused_by_name(tmp_path):
    """Its files cannot be read at an offset."""
    import gzip

    path = write(tmp_path / "x.tar", gzip.compress(tar_bytes(FILES)))
    with pytest.raises(DataMissing, match="cannot be read as an uncompressed tar"):
        list(tar_entries(path))


def test_a_part_that_is_longer_than_its_file_is_refused(tmp_path):
    """The archive of all classes was cut within the last one."""
    path = write(tmp_path / "x.tar", tar_bytes(FILES))
    with pytest.raises(DataMissing, match="cut short"):
        list(tar_entries(path, 512, 10**9))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.binary(min_size=1, max_size=200))
def test_a_section_is_a_file_of_its_own(tmp_path_factory, data, content):
    """It reads and seeks like a file with just these bytes."""
    path = tmp_path_factory.mktemp("section") / "x"
    path.write_bytes(content)
    start = data.draw(st.integers(0, len(content)))
    size = data.draw(st.integers(0, len(content) - start))
    expected = io.BytesIO(content[start : start + size])
    with io.BufferedReader(Section(path, start, size), 16) as section:
        for _ in range(5):
            place, count = data.draw(st.integers(0, size)), data.draw(st.integers(0, 250))
            whence = data.draw(st.sampled_from([io.SEEK_SET, io.SEEK_END]))
            assert section.seek(place - size * (whence == io.SEEK_END), whence) == expected.seek(
                place - size * (whence == io.SEEK_END), whence
            )
            assert section.read(count) == expected.read(count)
            assert section.tell() == expected.tell()
