"""Tests of the names of ImageNet files in every layout: class, number, id and place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_layouts import LAYOUTS, class_folders, flat_val, make_originals, tar_bytes, write

from harness.data.naming import image_name, original_name
from harness.data.sets.folders import listed
from harness.errors import DataMissing
from harness.ingest.layouts import BY_NAME, find_source
from tests.ingest.test_check import checked, noted, wrong
from tests.ingest.test_prepare import made

ORIGINALS = make_originals()
DATASET = ORIGINALS.declared()
WNIDS = st.from_regex(r"n\d{8}", fullmatch=True)
SUFFIXES = st.sampled_from([".JPEG", ".jpg", ".png", ".jpeg"])


def with_class(name: str, wnid: str) -> str:
    """Return the name as in the archives on Hugging Face."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}_{wnid}.{suffix}"


@given(WNIDS, st.integers(0, 10**6), SUFFIXES, st.booleans())
def test_a_training_image_names_its_class(wnid, number, suffix, again):
    """A training image's name has its class, once or twice, and no number."""
    original = f"{wnid}_{number}{suffix}"
    found = image_name(with_class(original, wnid) if again else original)
    assert found == (original, (wnid,), None)
    assert found.wnid == wnid


@given(st.sampled_from(["val", "test"]), st.integers(1, 10**8 - 1), SUFFIXES, st.none() | WNIDS)
def test_a_numbered_image_names_its_place(split, number, suffix, wnid):
    """A numbered image's name has its position, with or without its class at the end."""
    original = f"ILSVRC2012_{split}_{number:08d}{suffix}"
    found = image_name(original if wnid is None else with_class(original, wnid))
    assert found == (original, () if wnid is None else (wnid,), number)


@given(WNIDS, WNIDS, st.integers(0, 99))
def test_two_classes_in_one_name_contradict_each_other(one, other, number):
    """Two classes in one name contradict each other, so the class is None."""
    found = image_name(f"{one}_{number}_{other}.JPEG")
    assert found.told == tuple(dict.fromkeys((one, other)))
    assert found.wnid == (one if one == other else None)


@given(st.text(st.characters(exclude_characters="/\0"), max_size=30))
def test_any_name_is_read(name):
    """Any name can be parsed, and the original of an original name is itself."""
    assert original_name(original_name(name)) == original_name(original_name(original_name(name)))
    assert image_name(name).original == original_name(name)


def renamed(folder, splits=("train", "val")):
    """Rename every image of a layout to the name with its class."""
    classes = {image.name: image.wnid for image in ORIGINALS.images}
    for split in splits:
        for path in [path for path in (folder / split).rglob("*.JPEG") if path.is_file()]:
            path.rename(path.with_name(with_class(path.name, classes[path.name])))
    return folder


def flat(originals, folder):
    """Put every split into one folder, so that only names tell the classes."""
    for image in originals.images:
        write(folder / image.split / image.name, image.data)
    return folder


def in_tars(originals, folder):
    """Put the validation images into one archive with classes in their names."""
    class_folders(originals, folder)
    for path in (folder / "val").rglob("*.JPEG"):
        path.unlink()
    for path in (folder / "val").iterdir():
        path.rmdir()
    (folder / "val").rmdir()
    files = [(with_class(image.name, image.wnid), image.data) for image in originals.of("val")]
    write(folder / "ILSVRC2012_img_val.tar", tar_bytes(files))
    return folder


@pytest.mark.parametrize("layout", [class_folders, flat, flat_val], ids=["class folders", "flat", "with a kit"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_names_that_hold_the_class_are_the_same_images(tmp_path, layout, split):
    """Names with the class give the same names, classes and order as the originals."""
    folder = renamed(layout(ORIGINALS, tmp_path))
    found = [(image.name, image.wnid) for image in find_source(DATASET, folder, split).images()]
    assert sorted(found) == sorted((image.name, image.wnid) for image in ORIGINALS.of(split))
    assert not {"misplaced", "unlabelled", "order", "count", "classes"} & set(wrong(checked(folder)))


def test_an_archive_with_the_classes_in_its_names_is_read(tmp_path):
    """An archive with classes in its names needs no development kit."""
    source = find_source(DATASET, in_tars(ORIGINALS, tmp_path), "val")
    assert source.order == BY_NAME
    assert {(image.name, image.wnid) for image in source.images()} == {(i.name, i.wnid) for i in ORIGINALS.of("val")}


@pytest.mark.parametrize("layout", [class_folders, flat], ids=["class folders", "flat"])
def test_a_copy_of_them_is_that_of_the_originals(tmp_path, layout):
    """A copy made from such names equals one made from the originals, byte for byte, and is official."""
    made(class_folders(ORIGINALS, tmp_path / "a"), tmp_path / "one")
    copy = made(renamed(layout(ORIGINALS, tmp_path / "b")), tmp_path / "two")
    one, two = (
        {path.relative_to(out): path.read_bytes() for path in out.rglob("*.JPEG")}
        for out in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two
    assert copy.manifest["source"]["official"]


def test_a_run_knows_them_by_their_original_names(tmp_path):
    """A run gives such images their original ids, labels and order."""
    plain = listed(DATASET, class_folders(ORIGINALS, tmp_path / "a"), "val", None)
    other = listed(DATASET, renamed(class_folders(ORIGINALS, tmp_path / "b")), "val", None)
    assert plain[:3] == other[:3]
    assert plain.files == [identity.removeprefix("ilsvrc2012/") for identity in plain.ids]
    assert all((tmp_path / "b" / file).is_file() for file in other.files)


def test_an_image_that_lies_there_under_both_names_is_refused(tmp_path):
    """An image that exists under both names is refused."""
    path = min((class_folders(ORIGINALS, tmp_path) / "val").rglob("*.JPEG"))
    write(path.with_name(with_class(path.name, path.parent.name)), path.read_bytes())
    with pytest.raises(DataMissing, match=r"is the same image as .*; take one of them away"):
        listed(DATASET, tmp_path, "val", None)


@pytest.mark.parametrize("split", ["train", "val"])
def test_an_image_in_another_class_than_its_end_says_is_misplaced(tmp_path, split):
    """An image in the wrong class folder is reported with the command that moves it, and a copy is refused."""
    folder = renamed(class_folders(ORIGINALS, tmp_path / "set"))
    path = min((folder / split).rglob("*.JPEG"))
    there = folder / split / next(wnid for wnid in ORIGINALS.wnids if wnid != path.parent.name) / path.name
    path.rename(there)
    finding = wrong(checked(folder))["misplaced"]
    assert (finding["names"], finding["fix"]) == ([str(there)], f"mv {there} {path}")
    with pytest.raises(DataMissing, match=f"{there.name}: lies in class {there.parent.name}"):
        made(folder, tmp_path / "copy")


def test_the_first_images_are_guarded_under_these_names_too(tmp_path):
    """Classes numbered in another order are detected from the first images under these names too."""
    folder = flat(ORIGINALS, tmp_path)
    wnids = ORIGINALS.wnids
    for path in sorted((folder / "val").glob("*.JPEG")):
        wnid = next(image.wnid for image in ORIGINALS.of("val") if image.name == path.name)
        path.rename(path.with_name(with_class(path.name, wnids[(wnids.index(wnid) + 1) % len(wnids)])))
    assert "labels are of another order of classes" in wrong(checked(folder))["order"]["says"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_names_as_released_change_nothing(tmp_path, layout):
    """Names as released need no change in any layout."""
    document = checked(LAYOUTS[layout](ORIGINALS, tmp_path))
    assert not {"misplaced", "unlabelled", "no class", "within", "stray"} & set(wrong(document))
    assert "other" not in noted(document) or layout == "flat val"
