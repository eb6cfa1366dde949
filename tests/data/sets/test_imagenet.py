"""Tests of listing class folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.data.sets.imagenet import class_folders, class_images
from harness.errors import DataMissing


def test_classes_are_the_sorted_folders(tmp_path: Path) -> None:
    """Classes are the sorted folders without files and hidden folders."""
    for name in ("n02", "n01", ".cache"):
        (tmp_path / "train" / name).mkdir(parents=True)
    (tmp_path / "train" / "n03").write_text("a file")
    assert class_folders(tmp_path, "train") == ["n01", "n02"]


def test_images_are_listed_by_suffix_in_any_case(tmp_path: Path) -> None:
    """Images are recognised by suffix in any case, and other files are ignored."""
    for name in ("b.JPEG", "a.jpg", "c.PNG", "notes.txt", "d.JPEG.part"):
        (tmp_path / name).write_bytes(b"")
    assert [image.name for image in class_images(tmp_path)] == ["a.jpg", "b.JPEG", "c.PNG"]


def test_unsorted_images_are_explained(tmp_path: Path) -> None:
    """The error for a flat folder, as the validation archive unpacks, says where images belong."""
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "ILSVRC2010_val_00000001.JPEG").write_bytes(b"")
    with pytest.raises(DataMissing, match="val: holds no class folders; its images belong in val/<wnid>/"):
        class_folders(tmp_path, "val")


def test_missing_split_is_named(tmp_path: Path) -> None:
    """The error for a missing split names the folder."""
    with pytest.raises(DataMissing, match="test: cannot be listed"):
        class_folders(tmp_path, "test")
