"""Tests of the listing of packs: everywhere that of the same copy in class folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from image_folders import make_image_folders
from image_layouts import class_folders, make_originals
from packed_copies import in_every_form, opened

from harness.data import DATASETS
from harness.data.spec import Subset
from harness.data.splits import Split
from harness.errors import DataMissing, UsageError

ORIGINALS = make_originals()
SUBSET = Subset(classes=2, per_class=3, seed=1)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copy a miniature ILSVRC-2012, whose test images have no labels, in every form."""
    folder = tmp_path_factory.mktemp("copies")
    return in_every_form(class_folders(ORIGINALS, folder / "original"), folder)


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copy a miniature of ImageNet of autumn 2009, which we divide, in every form."""
    folder = tmp_path_factory.mktemp("divided")
    make_image_folders(folder / "made", classes=3, train=20, val=0, test=0)
    (folder / "made" / "train").rename(folder / "made" / "images")
    return in_every_form(folder / "made", folder, dataset=DATASETS["imagenet_fall2009"])


def listing(split: Split) -> tuple[object, ...]:
    """Return everything that names the images of a split."""
    return list(split.ids), split.ids_sha256, split.labels.tolist(), split.classes, split.count


@pytest.mark.parametrize("form", ["jpeg", "raw"])
@pytest.mark.parametrize("subset", [None, SUBSET], ids=["whole", "subset"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_ids_labels_and_classes_are_those_of_class_folders(copies, form, subset, split) -> None:
    """They are the same in order, whole or in part."""
    assert listing(opened(copies[form], split, subset=subset)) == listing(
        opened(copies["folders"], split, subset=subset)
    )


def test_images_without_labels_are_listed_as_in_their_folder(copies) -> None:
    """They have the classes of the training images, and make no subset."""
    assert listing(opened(copies["jpeg"], "test")) == listing(opened(copies["folders"], "test"))
    with pytest.raises(UsageError, match="no subset of its classes"):
        opened(copies["jpeg"], "test", subset=SUBSET)


@pytest.mark.parametrize("split", ["train", "test"])
def test_our_division_is_the_same(divided, split) -> None:
    """The splits of a set that we divide come out of one index."""
    name = "imagenet_fall2009"
    ours, theirs = (opened(divided[form], split, name=name) for form in ("raw", "folders"))
    assert listing(ours) == listing(theirs)
    assert ours.images(range(ours.count)).equal(theirs.images(range(theirs.count)))


def test_single_ids_and_parts_are_those_of_the_list(copies) -> None:
    """Ids are made when asked for: one, from the end, or a slice."""
    ids = opened(copies["jpeg"], "train").ids
    every = list(ids)
    assert (ids[7], ids[-1], ids[3:20:4], ids[::-1]) == (every[7], every[-1], every[3:20:4], every[::-1])
    with pytest.raises(IndexError):
        ids[len(every)]


def test_a_class_without_training_images_is_refused(copies, tmp_path) -> None:
    """A label would mean nothing."""
    copy = shutil.copytree(copies["jpeg"], tmp_path / "copy")
    shutil.rmtree(copy / "train")
    other = make_originals(classes=3)
    taken = in_every_form(class_folders(other, tmp_path / "other"), tmp_path, dataset=other.declared())
    shutil.copytree(taken["jpeg"] / "train", copy / "train")
    with pytest.raises(DataMissing, match="there is no such class in"):
        opened(copy, "val")
