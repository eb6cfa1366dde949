"""Entries among classes and images that are neither: named with their fix, before anything is copied."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from image_layouts import class_folders, flat_val, kaggle, kit, make_originals, tars, write

from harness.data.sets.imagenet import class_folders as classes_of
from harness.data.sets.imagenet import class_images
from harness.errors import DataMissing
from tests.ingest.test_check import checked, noted, wrong
from tests.ingest.test_prepare import made

ORIGINALS = make_originals()
DATASET = ORIGINALS.declared()


LAYOUTS = {"class folders": class_folders, "kaggle": kaggle, "flat val": flat_val}
NAMES = ("@eaDir", "__MACOSX", "lost+found")
PLACES = [
    pytest.param(
        name, split, layout, id=f"{name}-{split}-{said}", marks=() if (n + s + k) % 3 == 0 else pytest.mark.nightly
    )
    for n, name in enumerate(NAMES)
    for s, split in enumerate(("train", "val"))
    for k, (said, layout) in enumerate(LAYOUTS.items())
]
"""The quick run has each name once in each split, and each layout too; the nightly run has every combination."""


@pytest.mark.parametrize(("name", "split", "layout"), PLACES)
def test_what_a_system_left_is_no_class(tmp_path, layout, split, name):
    """It is named, refused by a copy, and removed by the printed command."""
    folder = layout(ORIGINALS, tmp_path / "set")
    place = (folder / "ILSVRC/Data/CLS-LOC" if layout is kaggle else folder) / split
    (place / name).mkdir()
    finding = wrong(checked(folder))["no class"]
    assert finding["names"] == [str(place / name)]
    with pytest.raises(DataMissing, match="is not a class; a class has its WordNet id as name; mv "):
        made(folder, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    subprocess.run(finding["fix"], shell=True, check=True)
    assert "no class" not in wrong(checked(folder))
    made(folder, tmp_path / "copy")


@pytest.mark.parametrize("inner", ["classes", "images"])
def test_a_folder_too_deep_is_lifted(tmp_path, inner):
    """An archive was unpacked into a folder of its own name."""
    folder = (class_folders if inner == "classes" else flat_val)(ORIGINALS, tmp_path)
    (folder / "val").rename(folder / "deep")
    (folder / "val").mkdir()
    (folder / "deep").rename(folder / "val" / "ILSVRC2012_img_val")
    found = wrong(checked(folder))
    assert found["no class"]["names"] == [str(folder / "val" / "ILSVRC2012_img_val")]
    subprocess.run(found["no class"]["fix"], shell=True, check=True)
    assert not {"no class", "classes", "missing"} & set(wrong(checked(folder)))


def test_folders_by_the_kits_numbers_are_renamed(tmp_path):
    """With the kit each has its command; without it, the kit is requested."""
    folder = class_folders(ORIGINALS, tmp_path / "set")
    for number, wnid in enumerate(ORIGINALS.kit_order, start=1):
        (folder / "val" / wnid).rename(folder / "val" / str(number))
    finding = wrong(checked(folder))["no class"]
    assert finding["count"] == len(ORIGINALS.wnids)
    assert "name the development kit, whose meta.mat holds the class of each ILSVRC2012_ID" in finding["fix"]
    kit(ORIGINALS, tmp_path / "kit")
    for line in wrong(checked(folder, kit=tmp_path / "kit"))["no class"]["names"]:
        subprocess.run(line.partition(": ")[2], shell=True, check=True)
    assert not wrong(checked(folder))


def test_folders_by_the_place_of_their_class_are_renamed(tmp_path):
    """They are numbered from 0, by Kaggle's list of sorted WordNet ids."""
    folder = class_folders(ORIGINALS, tmp_path / "set")
    write(folder / "LOC_synset_mapping.txt", "".join(f"{wnid} words\n" for wnid in ORIGINALS.wnids))
    for number, wnid in enumerate(ORIGINALS.wnids):
        (folder / "train" / wnid).rename(folder / "train" / str(number))
    names = wrong(checked(folder))["no class"]["names"]
    first = folder / "train" / "0"
    assert names[0] == f"{first}: {shlex.join(['mv', str(first), str(first.with_name(ORIGINALS.wnids[0]))])}"


def test_a_run_refuses_a_folder_that_is_no_class(tmp_path):
    """It would count as a class."""
    (class_folders(ORIGINALS, tmp_path) / "train" / "@eaDir").mkdir()
    with pytest.raises(DataMissing, match=r"@eaDir: is no class.*`data check` says how to mend it"):
        classes_of(tmp_path, "train")


def unreadable(path):
    """Write a file that this user may not read; root may, and finds no image."""
    path.write_bytes(b"x")
    path.chmod(0)


STRANGE = {
    "a link to nothing": lambda path: path.symlink_to("never-fetched/key"),
    "a link in a circle": lambda path: path.symlink_to(path.name),
    "a folder": lambda path: path.mkdir(),
    "a file without rights": unreadable,
}


@pytest.mark.parametrize("split", ["train", "val", "test"])
@pytest.mark.parametrize("kind", STRANGE)
def test_all_that_is_called_an_image_and_is_none_is_named(tmp_path, kind, split):
    """None is skipped: each is found without decoding, and a copy stops at it."""
    folder = class_folders(ORIGINALS, tmp_path / "set")
    beside = min((folder / split).rglob("*.JPEG"))
    path = beside.with_name(f"{beside.stem}9.JPEG")
    STRANGE[kind](path)
    document = checked(folder, DATASET)
    assert any(name.startswith(f"{path}: ") for name in wrong(document)["unreadable"]["names"])
    with pytest.raises(DataMissing, match="is damaged"):
        made(folder, tmp_path / "copy")
    if kind != "a file without rights":
        with pytest.raises(DataMissing, match="with the name of an image"):
            class_images(path.parent)


def test_other_files_and_folders_among_images_are_named(tmp_path):
    """A folder may hold images that nobody reads; a file of another name is only noted."""
    folder = class_folders(ORIGINALS, tmp_path)
    place = folder / "train" / ORIGINALS.wnids[0]
    write(place / "Thumbs.db", b"x")
    (place / "more").mkdir()
    document = checked(folder)
    assert noted(document)["other"]["names"] == [str(place / "Thumbs.db")]
    assert wrong(document)["within"]["names"] == [str(place / "more")]


def test_archives_have_no_strangers(tmp_path):
    """Folders beside archives do not matter."""
    assert set(wrong(checked(tars(ORIGINALS, tmp_path)))) == {"form"}
