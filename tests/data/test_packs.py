"""Tests of the index of packs: it gives back all that was written, or says what is wrong with it."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packed_copies import flip
from programs import environment

from harness.data.naming import original_name
from harness.data.packs import COLUMNS, MAGIC, PackedImage, index_bytes, index_of, pack_path, write_index
from harness.data.prepared import INDEX
from harness.errors import DataMissing

NUMBERS = ("at", "stored", "crc32", "height", "width", "file_bytes")
WNIDS = st.sampled_from(["n00000001", "n00000002", "n00000010"])
FILES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12)
IMAGES = st.lists(
    st.builds(
        PackedImage,
        WNIDS,
        FILES.map(lambda name: f"{name}.JPEG"),
        st.integers(0, 2**40),
        *[st.integers(0, 2**32 - 1)] * 5,
        st.sampled_from(["RGB", "L", "CMYK"]),
    ),
    unique_by=lambda image: (image.wnid, original_name(image.name)),
    max_size=30,
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Write an index of three images and its pack; return the folder."""
    pack_path(tmp_path, 0).write_bytes(b"abcdef")
    write_index(tmp_path, "jpeg", [6], [PackedImage("n1", f"{k}.JPEG", 2 * k, 2, k, 5, 6, 2, "RGB") for k in range(3)])
    return tmp_path


@given(images=IMAGES, random=st.randoms(use_true_random=False))
def test_an_index_gives_back_every_image(tmp_path_factory: pytest.TempPathFactory, images, random) -> None:
    """Every number, name and mode comes back, in the order of class folders, whatever the order of writing."""
    folder = tmp_path_factory.mktemp("split")
    write_index(folder, "raw", [], images)
    index = index_of(folder)
    assert index is not None
    rows = sorted(images, key=lambda one: (one.wnid, original_name(one.name), one.name))
    assert list(index.names(0, index.images)) == [row.name for row in rows]
    for name in NUMBERS:
        assert index.columns[name].tolist() == [getattr(row, name) for row in rows]
    assert [index.modes[code] for code in index.columns["mode"]] == [row.mode for row in rows]
    for wnid, part in index.classes.items():
        own = [row for row in rows if row.wnid == wnid]
        assert rows[part.start : part.stop] == own
        assert list(index.listing(wnid)) == [(row.name, row.file_bytes) for row in own]
    shuffled = random.sample(images, len(images))
    assert index_bytes(folder, "raw", [], shuffled) == (folder / INDEX).read_bytes()


def test_a_folder_without_packs_has_no_index(tmp_path: Path) -> None:
    """Class folders stay class folders."""
    (tmp_path / "n1").mkdir()
    assert index_of(tmp_path) is None


def test_a_flipped_byte_of_an_index_is_noticed(small: Path) -> None:
    """Bytes of the beginning, the header and the body are tried."""
    path = small / INDEX
    content = path.read_bytes()
    for at in range(0, len(content), 11):
        flip(path, at)
        with pytest.raises(DataMissing, match=f"{path}: is (damaged|of version).*`data prepare` with the same"):
            index_of(small)
        path.write_bytes(content)


@pytest.mark.parametrize("left", [0, 10, 60, 200])
def test_a_cut_index_is_damaged(small: Path, left: int) -> None:
    """It is cut within its beginning, its header or its body."""
    path = small / INDEX
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataMissing, match=f"{path}: is damaged"):
        index_of(small)


def test_an_index_of_another_version_says_so(small: Path) -> None:
    """Both versions are named."""
    path = small / INDEX
    content = bytearray(path.read_bytes())
    struct.pack_into("<H", content, len(MAGIC), 7)
    path.write_bytes(content)
    with pytest.raises(DataMissing, match=f"{path}: is of version 7, and this program reads 1; `data prepare`"):
        index_of(small)


def test_a_missing_index_is_missing_beside_its_packs(small: Path) -> None:
    """The packs alone tell no image from another."""
    (small / INDEX).unlink()
    with pytest.raises(DataMissing, match=f"{small / INDEX}: is missing beside its packs"):
        index_of(small)


def test_a_missing_pack_is_named(small: Path) -> None:
    """It is noticed when the index is opened, and again when it is remembered."""
    index_of(small)
    pack_path(small, 0).unlink()
    with pytest.raises(DataMissing, match=r"00000.pack: a pack of the copy cannot be read \(No such file"):
        index_of(small)


def test_a_cut_pack_is_named(small: Path) -> None:
    """Both sizes are told."""
    pack_path(small, 0).write_bytes(b"abc")
    with pytest.raises(DataMissing, match=r"00000.pack: has 3 bytes where packs.index says 6; `data prepare`"):
        index_of(small)


def test_an_index_written_again_is_read_again(small: Path) -> None:
    """An index is remembered only while its file stays the same."""
    assert index_of(small) is index_of(small)
    time.sleep(0.01)  # the clock of the disk
    write_index(small, "jpeg", [6], [PackedImage("n2", "a.JPEG", 0, 6, 0, 5, 6, 2, "RGB")])
    index = index_of(small)
    assert index is not None
    assert list(index.classes) == ["n2"]


def test_two_files_of_one_image_are_refused(tmp_path: Path) -> None:
    """One has its class repeated in its name; class folders refuse them too."""
    images = [
        PackedImage("n00000001", name, 0, 1, 0, 1, 1, 1, "RGB")
        for name in ("n00000001_5.JPEG", "n00000001_5_n00000001.JPEG")
    ]
    with pytest.raises(DataMissing, match=r"n00000001_5_n00000001.JPEG is the same image as n00000001_5.JPEG"):
        write_index(tmp_path, "jpeg", [], images)


OPENED = """
import json, sys, time
from pathlib import Path
import torch
from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare
from harness.data.splits import open_split
def resident_kb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])
spec = DataSpec(name="ilsvrc2012", prepare=Prepare(short_side=256, center=256))
locations = Locations.gather(named=[f"ilsvrc2012={sys.argv[1]}"], config_files=())
before, start = resident_kb(), time.process_time()
split = open_split(spec, "train", locations, threads=2)
seconds, grown_kb = time.process_time() - start, resident_kb() - before
print(json.dumps([split.count, seconds, grown_kb, split.ids[-1], int(split.labels[-1])]))
"""


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells resident memory on Linux only")
def test_a_million_images_open_at_once(tmp_path: Path) -> None:
    """An index of a million images opens within 0.2 seconds and 50 MB, in a process of its own."""
    classes, each = 1000, 1000
    folder = tmp_path / "train"
    folder.mkdir()
    images = (
        PackedImage(f"n{k:08d}", f"n{k:08d}_{m}.JPEG", 0, 3, 0, 256, 341, 17_000, "RGB")
        for k in range(classes)
        for m in range(each)
    )
    pack_path(folder, 0).write_bytes(b"abc")
    write_index(folder, "jpeg", [3], images)
    found = []
    for _ in range(3):  # the machine may be busy
        done = subprocess.run(
            [sys.executable, "-c", OPENED, str(tmp_path)],
            env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
    assert [one[0] for one in found] == [1_000_000] * 3
    assert [tuple(one[3:]) for one in found] == [("ilsvrc2012/train/n00000999/n00000999_999.JPEG", 999)] * 3
    assert min(one[1] for one in found) < 0.2, found
    assert max(one[2] for one in found) < 50_000, found


def test_columns_are_as_wide_as_the_numbers_that_occur() -> None:
    """Positions go beyond four gigabytes; the widest numbers come first, so that each column is aligned."""
    widths = [np.dtype(kind).itemsize for _, kind in COLUMNS]
    assert widths == sorted(widths, reverse=True)
    assert dict(COLUMNS)["at"] == dict(COLUMNS)["name_end"] == "<u8"
