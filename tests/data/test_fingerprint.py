"""Tests of digests of data on disk, and of whether they are official."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
from pathlib import Path

import pytest

from harness.data import DATASETS
from harness.data.declared import Dataset, Division, OfficialFile, class_list_digest
from harness.data.fingerprint import fingerprint, official
from harness.data.locate import Found, Locations

DIGITS, FASHION, IMAGENET = (DATASETS[name] for name in ("digits", "fashion_mnist", "ilsvrc2010"))
CLASSES = {"n01": 3, "n02": 2}


@pytest.fixture
def fashion(tmp_path: Path) -> Found:
    """Write the four files uncompressed, with made content."""
    for file in FASHION.files:
        (tmp_path / file.name).write_bytes(file.name.encode())
    return Found(tmp_path, "test")


@pytest.fixture
def imagenet(tmp_path: Path) -> Found:
    """Write image folders with two classes in each split."""
    for split in IMAGENET.splits:
        for name, count in CLASSES.items():
            (tmp_path / split / name).mkdir(parents=True)
            for index in range(count):
                (tmp_path / split / name / f"{index}.JPEG").write_bytes(bytes(10 + index))
    return Found(tmp_path, "test")


def miniature(**changes: object) -> Dataset:
    """Return a declaration by which the made folders are the official set."""
    digest = class_list_digest(list(CLASSES))
    declared = {"splits": dict.fromkeys(IMAGENET.splits, 5), "classes": 2, "class_list_digest": digest}
    return dataclasses.replace(IMAGENET, **(declared | changes))


def test_compression_does_not_change_a_fingerprint(fashion: Found) -> None:
    """A fingerprint covers the content, not its compression."""
    before = fingerprint(FASHION, fashion, "train")
    for file in FASHION.files:
        path = fashion.path / file.name
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert fingerprint(FASHION, fashion, "train") == before


def test_fingerprint_sees_a_changed_byte_in_its_own_split(fashion: Found) -> None:
    """A changed byte in a test file changes the fingerprint of the test split only."""
    before = {split: fingerprint(FASHION, fashion, split) for split in FASHION.splits}
    (fashion.path / "t10k-labels-idx1-ubyte").write_bytes(b"t10k-labels-idx1-ubytf")
    after = {split: fingerprint(FASHION, fashion, split) for split in FASHION.splits}
    assert [split for split in before if before[split] != after[split]] == ["test"]


@pytest.mark.parametrize("change", ["rename", "resize", "remove", "add", "move"])
def test_fingerprint_sees_changed_image_folders(imagenet: Found, change: str) -> None:
    """A fingerprint of image folders covers names, sizes and classes."""
    before = fingerprint(IMAGENET, imagenet, "train")
    image = imagenet.path / "train" / "n01" / "0.JPEG"
    match change:
        case "rename":
            image.rename(image.with_name("9.JPEG"))
        case "resize":
            image.write_bytes(bytes(99))
        case "remove":
            image.unlink()
        case "add":
            (image.parent / "9.JPEG").write_bytes(b"")
        case "move":
            image.rename(imagenet.path / "train" / "n02" / "9.JPEG")
    assert fingerprint(IMAGENET, imagenet, "train") != before


def test_fingerprint_does_not_depend_on_where_the_data_lie(imagenet: Found, tmp_path: Path) -> None:
    """A fingerprint does not depend on the folder of the data."""
    before = fingerprint(IMAGENET, imagenet, "val")
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "val").rename(moved / "val")
    assert fingerprint(IMAGENET, Found(moved, "test"), "val") == before


def test_cache_is_used_while_the_file_stays(fashion: Found, tmp_path: Path) -> None:
    """The cache answers for a file of unchanged size and time without reading it."""
    cache = tmp_path / "cache" / "fingerprints.json"
    before = fingerprint(FASHION, fashion, "test", cache)
    path = fashion.path / "t10k-images-idx3-ubyte"
    status = path.stat()
    path.write_bytes(b"T10K-images-idx3-ubyte")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint(FASHION, fashion, "test", cache) == before
    assert fingerprint(FASHION, fashion, "test") != before


def test_cache_gives_way_when_the_file_changes(fashion: Found, tmp_path: Path) -> None:
    """A new time of change makes the cache read the file again."""
    cache = tmp_path / "fingerprints.json"
    before = fingerprint(FASHION, fashion, "test", cache)
    path = fashion.path / "t10k-images-idx3-ubyte"
    path.write_bytes(b"T10K-images-idx3-ubyte")
    os.utime(path, ns=(0, 1))
    assert fingerprint(FASHION, fashion, "test", cache) == fingerprint(FASHION, fashion, "test") != before


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", '{"sha256 PATH": 3}', '{"sha256 PATH": [1, 2, 3]}'])
def test_broken_cache_is_ignored(fashion: Found, tmp_path: Path, text: str) -> None:
    """A damaged cache is ignored and written anew."""
    cache = tmp_path / "fingerprints.json"
    cache.write_text(text.replace("PATH", str(fashion.path / "t10k-images-idx3-ubyte")))
    assert fingerprint(FASHION, fashion, "test", cache) == fingerprint(FASHION, fashion, "test")
    assert len(json.loads(cache.read_text())) == 2


def test_cache_that_cannot_be_written_is_done_without(fashion: Found) -> None:
    """A cache that cannot be written is no error."""
    cache = fashion.path / FASHION.files[0].name / "below a file.json"
    assert fingerprint(FASHION, fashion, "val", cache) == fingerprint(FASHION, fashion, "val")


def test_cache_leaves_no_temporary_files(fashion: Found, tmp_path: Path) -> None:
    """The cache leaves no temporary files."""
    folder = tmp_path / "cache"
    fingerprint(FASHION, fashion, "val", folder / "fingerprints.json")
    assert [path.name for path in folder.iterdir()] == ["fingerprints.json"]


def test_embedded_digits_are_official() -> None:
    """The embedded digits are official."""
    assert official(DIGITS, Locations().require(DIGITS)).yes


def test_files_by_another_name_are_not_official(fashion: Found) -> None:
    """Files that differ are not official, and each is named."""
    standing = official(FASHION, fashion)
    assert not standing.yes
    assert "train-images-idx3-ubyte" in standing.reason


def test_digest_may_be_of_another_algorithm(fashion: Found) -> None:
    """A declared digest may be an MD5."""
    file = OfficialFile("t10k-labels-idx1-ubyte", "md5:d5ee5c3ea0ce8dca3bb6e2d4bb0b9b3c", ("test",))
    dataset = dataclasses.replace(FASHION, files=(file,))
    assert not official(dataset, fashion).yes
    (fashion.path / "t10k-labels-idx1-ubyte").write_bytes(b"")
    empty = dataclasses.replace(file, digest="md5:d41d8cd98f00b204e9800998ecf8427e")
    assert official(dataclasses.replace(FASHION, files=(empty,)), fashion).yes


def test_folders_with_the_declared_classes_and_counts_are_official(imagenet: Found) -> None:
    """Folders with the declared classes and counts are official."""
    assert official(miniature(), imagenet).yes


def test_missing_image_makes_folders_unofficial(imagenet: Found) -> None:
    """With a missing image, folders are not official, and the reason names the split."""
    (imagenet.path / "val" / "n01" / "0.JPEG").unlink()
    standing = official(miniature(), imagenet)
    assert (standing.yes, standing.reason) == (False, "4 images in val, where ILSVRC-2010 has 5")


def test_other_classes_make_folders_unofficial(imagenet: Found) -> None:
    """Folders with the right number of other classes are not official."""
    (imagenet.path / "train" / "n02").rename(imagenet.path / "train" / "n03")
    standing = official(miniature(), imagenet)
    assert (standing.yes, standing.reason) == (False, "the 2 class folders in train are not the 2 of ILSVRC-2010")


def test_missing_split_makes_folders_unofficial(imagenet: Found) -> None:
    """Without a labelled split folders are not official; an unlabelled one may be missing."""
    (imagenet.path / "test").rename(imagenet.path / "elsewhere")
    assert not official(miniature(), imagenet).yes
    assert official(miniature(unlabelled=("test",)), imagenet).yes


def test_unknown_class_list_is_never_official(imagenet: Found) -> None:
    """A set whose class list is unknown is never official."""
    standing = official(miniature(class_list_digest=None), imagenet)
    assert standing.yes is False
    assert standing.reason == (
        "the class list of ILSVRC-2010 is not known to this program, so official data cannot be confirmed"
    )


def test_fingerprint_of_a_split_without_labels_is_of_its_one_folder(imagenet: Found) -> None:
    """The fingerprint of an unlabelled split is that of its one folder."""
    dataset = miniature(unlabelled=("test",))
    (imagenet.path / "test" / "a.JPEG").write_bytes(b"1")
    before = fingerprint(dataset, imagenet, "test")
    (imagenet.path / "test" / "b.JPEG").write_bytes(b"2")
    assert fingerprint(dataset, imagenet, "test") != before


def test_fingerprint_of_a_divided_set_is_of_all_of_it(imagenet: Found) -> None:
    """The fingerprint of a divided set covers all of it."""
    dataset = miniature(division=Division("train", {"train": 900, "val": 100}), splits={"train": 4, "val": 1})
    before = [fingerprint(dataset, imagenet, split) for split in ("train", "val")]
    assert before[0] == before[1]
    (imagenet.path / "train" / "n02" / "9.JPEG").write_bytes(b"1")
    assert fingerprint(dataset, imagenet, "val") != before[1]


def test_set_of_round_numbers_is_never_official(imagenet: Found) -> None:
    """A set with round numbers is never official, even if they match."""
    assert official(miniature(), imagenet).yes
    standing = official(miniature(exact=False), imagenet)
    assert not standing.yes
    assert "only round numbers are known" in standing.reason


def test_others_may_read_what_is_remembered(fashion: Found, tmp_path: Path) -> None:
    """Other users may read the cache, like all files of a store."""
    fingerprint(FASHION, fashion, "test", tmp_path / "cache.json")
    assert (tmp_path / "cache.json").stat().st_mode & 0o777 == 0o644
