"""`data check` of packed copies: counts, sizes and modes by the index, and images by their checksums."""

from __future__ import annotations

import io
import shutil
import struct

import pytest
from compact_copies import DATASET, ORIGINALS, made
from image_layouts import class_folders
from packed_copies import FORMS, compact, flip

from harness.data.packs import MAGIC, pack_path
from harness.data.prepared import INDEX
from harness.ingest.check import check
from harness.ingest.layouts import find_source
from harness.progress import Progress
from harness.stop_signal import StopSignal


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Return a copy in each form."""
    folder = tmp_path_factory.mktemp("copies")
    class_folders(ORIGINALS, folder / "set")
    for form in (None, *FORMS):
        made(folder / "set", folder / str(form), compact(form))
    return folder


@pytest.fixture
def copy(copies, tmp_path):
    """Return a packed copy to damage."""
    return shutil.copytree(copies / "jpeg", tmp_path / "copy")


def checked(folder, *, decode=False):
    """Return the document of a check."""
    more = {"threads": 2, "progress": Progress(io.StringIO()), "stop": StopSignal()}
    return check(DATASET, folder, decode=decode, **more).document()


def wrong(folder, *, decode=False):
    """Return the faults, by code."""
    return {one["code"]: one for one in checked(folder, decode=decode)["findings"] if one["wrong"]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("decode", [False, True])
def test_a_sound_copy_is_usable_with_the_counts_of_folders(copies, form, decode):
    """Splits differ in form and place only."""
    ours, theirs = (checked(copies / str(name), decode=decode) for name in (form, None))
    assert ours["usable"]
    different = ("form", "place", "decoded")
    for mine, its in zip(ours["splits"], theirs["splits"], strict=True):
        assert {k: v for k, v in mine.items() if k not in different} == {
            k: v for k, v in its.items() if k not in different
        }
        assert mine["form"] == "packs"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("decode", "code"), [(False, "checksum"), (True, "altered")])
def test_a_flipped_byte_is_found(copies, tmp_path, form, decode, code):
    """A small set is compared whole anyway; with --decode, sha256 digests are compared too."""
    copy = shutil.copytree(copies / form, tmp_path / "copy")
    flip(pack_path(copy / "val", 0), 2000)
    found = wrong(copy, decode=decode)[code]
    assert (found["count"], "val" in found["names"][0]) == (1, True)
    assert found["fix"] == "delete these packs, and `data prepare` with the same arguments makes them again"


def test_the_remedy_of_a_flipped_byte_mends_it(copy, copies):
    """The pack is deleted, and the copy prepared again."""
    flip(pack_path(copy / "val", 0), 2000)
    pack_path(copy / "val", 0).unlink()
    made(copies / "set", copy, compact("jpeg"))
    assert wrong(copy, decode=True) == {}


@pytest.mark.parametrize("damage", ["lost pack", "cut pack", "lost index", "version"])
def test_each_damage_makes_the_split_unusable_by_name(copy, damage):
    """The finding names the file and the remedy."""
    pack, index = pack_path(copy / "train", 0), copy / "train" / INDEX
    match damage:
        case "lost pack":
            pack.unlink()
        case "cut pack":
            pack.write_bytes(pack.read_bytes()[:50])
        case "lost index":
            index.unlink()
        case "version":
            content = bytearray(index.read_bytes())
            struct.pack_into("<H", content, len(MAGIC), 2)
            index.write_bytes(content)
    found = wrong(copy)["unusable"]
    assert f"train: {pack if 'pack' in damage else index}: " in found["says"]
    assert "`data prepare` with the same arguments makes it again" in found["says"]


def test_the_index_of_another_copy_is_noticed(copy, copies, tmp_path):
    """It is whole, but the manifest speaks of another one."""
    made(copies / "set", tmp_path / "other", compact("jpeg", 32))
    for path in (tmp_path / "other" / "val").iterdir():
        shutil.copy(path, copy / "val" / path.name)
    assert "val: its images are not those of the manifest" in wrong(copy)["altered"]["says"]


def test_images_of_packs_open_as_their_files(copies):
    """The source yields what class folders hold."""
    found = find_source(DATASET, copies / "jpeg", "train")
    for image in found.images():
        with image.open() as file:
            assert file.read() == (copies / "None" / "train" / image.wnid / image.name).read_bytes()
    assert sum(piece.count() for piece in found.pieces) == 24
