"""Tests of the whole ImageNet in its releases of two autumns."""

from __future__ import annotations

from pathlib import Path

import pytest
from image_folders import make_image_folders

from harness.data import DATASETS
from harness.data.fingerprint import official
from harness.data.locate import Locations
from harness.data.spec import DataSpec, Prepare, Subset
from harness.data.splits import Split, open_split

RELEASES = ("imagenet_fall2009", "imagenet_fall2011")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return miniatures of both releases with three classes of forty images."""
    root = tmp_path_factory.mktemp("root")
    for name in RELEASES:
        make_image_folders(root / "made" / name, classes=3, train=40, val=0, test=0)
        division = DATASETS[name].division
        assert division is not None
        (root / name).mkdir()
        (root / "made" / name / "train").rename(root / name / division.folder)
    return root


def opened(root: Path, name: str, split: str, subset: Subset | None = None) -> Split:
    """Open a split of a miniature."""
    spec = DataSpec(name=name, subset=subset, prepare=Prepare(short_side=32, center=32))
    return open_split(spec, split, Locations.gather(data_root=root, config_files=()), threads=2)


@pytest.mark.parametrize("name", RELEASES)
def test_splits_share_no_image_and_lose_none(root: Path, name: str) -> None:
    """Our splits share no image and lose none, and labels mean the same in each."""
    splits = [opened(root, name, split) for split in DATASETS[name].splits]
    ids = [identity for split in splits for identity in split.ids]
    assert len(ids) == len(set(ids)) == 3 * 40
    assert len({split.classes for split in splits}) == 1


def test_half_of_each_class_is_for_testing(root: Path) -> None:
    """Half of each class is for testing (AlexNet, section 6)."""
    assert opened(root, "imagenet_fall2009", "test").labels.bincount().tolist() == [20] * 3


def test_ids_name_the_file_where_it_lies(root: Path) -> None:
    """An image has the same id in every split."""
    split = opened(root, "imagenet_fall2009", "train")
    assert all((root / identity).is_file() for identity in split.ids)
    assert split.images([0, 5]).shape == (2, 3, 32, 32)


def test_subset_takes_its_training_images_from_the_training_part(root: Path) -> None:
    """A subset takes its training images from the training split only."""
    part = opened(root, "imagenet_fall2009", "train", Subset(classes=2, per_class=5))
    assert part.labels.bincount().tolist() == [5, 5]
    assert not set(part.ids) & set(opened(root, "imagenet_fall2009", "test").ids)


@pytest.mark.parametrize("name", RELEASES)
def test_release_is_never_taken_for_official(root: Path, name: str) -> None:
    """A release is never official, because its exact counts and class list are not known."""
    found = Locations.gather(data_root=root, config_files=()).require(DATASETS[name])
    assert not official(DATASETS[name], found).yes
