"""Places searched for each split, and the layout chosen among several."""

from __future__ import annotations

import shutil

import pytest
from image_layouts import class_folders, flat_val, kaggle, kit, make_originals, tar_bytes, tars, write

from harness.errors import DataMissing
from harness.ingest.layouts import NOT_TOLD, find_source, in_place, stored_splits
from harness.ingest.sources import PIECE

ORIGINALS = make_originals(train=2)
DATASET = ORIGINALS.declared()


def test_class_folders_are_taken_before_archives(tmp_path):
    """Runs read them, and they were made from the archives."""
    tars(ORIGINALS, tmp_path)
    assert find_source(DATASET, tmp_path, "train").form == "tar of class tars"
    source = find_source(DATASET, class_folders(ORIGINALS, tmp_path), "train")
    assert (source.form, in_place(source, tmp_path)) == ("class folders", True)


def test_nothing_is_no_source(tmp_path):
    """An empty folder and a missing one hold no source."""
    (tmp_path / "train").mkdir()
    assert find_source(DATASET, tmp_path, "train") is None
    assert find_source(DATASET, tmp_path / "nowhere", "train") is None


@pytest.mark.parametrize("below", ["ILSVRC/Data/CLS-LOC", "Data/CLS-LOC", "."])
def test_kaggles_tree_may_be_named_at_any_height(tmp_path, below):
    """The top of the unpacked archive, ILSVRC and the folder of images all work; the lists lie above."""
    folder = kaggle(ORIGINALS, tmp_path / "kaggle")
    named = {".": "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC": "ILSVRC"}.get(below, ".")
    source = find_source(DATASET, folder / named, "train")
    assert source.place == folder / "ILSVRC/Data/CLS-LOC/train"


def test_images_that_lie_bare_in_the_folder_are_found_by_their_names(tmp_path):
    """The archive of validation images unpacks that way."""
    for image in ORIGINALS.of("val"):
        write(tmp_path / image.name, image.data)
    write(tmp_path / "holiday.jpeg", b"")
    source = find_source(DATASET, tmp_path, "val")
    assert sorted(image.name for image in source.images()) == [image.name for image in ORIGINALS.of("val")]
    assert source.order == NOT_TOLD
    kit(ORIGINALS, tmp_path)
    assert [image.wnid for image in find_source(DATASET, tmp_path, "val").images()] == [
        image.wnid for image in ORIGINALS.of("val")
    ]


def test_the_kit_may_lie_beside_the_folder(tmp_path):
    """Another year's kit there is not used."""
    flat_val(ORIGINALS, tmp_path / "images")
    shutil.rmtree(tmp_path / "images" / "ILSVRC2012_devkit_t12")
    other = make_originals(prefix="ILSVRC2010")
    kit(other, tmp_path / "ILSVRC2010_devkit-1.0" / "data")
    assert find_source(DATASET, tmp_path / "images", "val").order == NOT_TOLD
    kit(ORIGINALS, tmp_path / "ILSVRC2012_devkit_t12" / "data")
    assert find_source(DATASET, tmp_path / "images", "val").order.startswith("ILSVRC2012_ID")


def test_the_archives_of_both_years_are_known_by_name(tmp_path):
    """Their names differ, and those of 2010 hold images in a folder."""
    originals = make_originals(train=2, prefix="ILSVRC2010")
    files = [(f"val/{image.name}", image.data) for image in originals.of("val")]
    write(tmp_path / "ILSVRC2010_images_val.tar", tar_bytes(files))
    kit(originals, tmp_path / "devkit-1.0" / "data")
    source = find_source(originals.declared("ilsvrc2010"), tmp_path, "val")
    assert [(image.name, image.wnid) for image in source.images()] == [(i.name, i.wnid) for i in originals.of("val")]


def test_an_archive_of_something_else_is_refused(tmp_path):
    """The message names it."""
    write(tmp_path / "ILSVRC2012_img_val.tar", tar_bytes([("readme.txt", b"hello")]))
    with pytest.raises(DataMissing, match=r"ILSVRC2012_img_val.tar: holds neither images nor an archive"):
        find_source(DATASET, tmp_path, "val")


def test_a_large_flat_folder_is_taken_in_pieces(tmp_path):
    """A piece is finished, or repeated, as a whole."""
    for number in range(PIECE + 1):
        write(tmp_path / "test" / f"ILSVRC2012_test_{number + 1:08d}.JPEG", b"")
    pieces = find_source(DATASET, tmp_path, "test").pieces
    assert [(piece.name, piece.count()) for piece in pieces] == [("images-00000", PIECE), ("images-00001", 1)]


def test_a_set_without_splits_is_one_folder():
    """We divide the release of autumn 2009 ourselves."""
    from harness.data import DATASETS

    assert stored_splits(DATASETS["imagenet_fall2009"]) == {"images": None}
    assert stored_splits(DATASETS["ilsvrc2012"])["val"] == 50_000
