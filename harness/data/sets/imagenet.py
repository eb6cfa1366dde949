"""The ImageNet challenges of 2010 and 2012: folders of JPEGs, split/class/image, with WordNet ids as class names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from harness.data.declared import Dataset
from harness.data.naming import original_name
from harness.errors import DataMissing

SUFFIXES = (".jpeg", ".jpg", ".png")


def is_image(name: str) -> bool:
    """Return whether a file has the name of an image."""
    return name.lower().endswith(SUFFIXES)


def class_folders(folder: Path, split: str) -> list[str]:
    """Return the sorted names of a split's class folders. Raises DataMissing if there are none, or other folders."""
    try:
        with os.scandir(folder / split) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        raise DataMissing(f"{folder / split}: cannot be listed ({error.strerror})") from None
    if stranger := next((name for name in names if not re.fullmatch(r"n\d+", name)), None):
        raise DataMissing(
            f"{folder / split / stranger}: is no class, for a class is named by its WordNet id, as n01440764; "
            "`data check` says how to mend it"
        )
    if not names:
        raise DataMissing(f"{folder / split}: holds no class folders; its images belong in {split}/<wnid>/")
    return names


def class_entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return all entries of a folder in the order of original names. Raises DataMissing if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: (original_name(entry.name), entry.name))
    except OSError as error:
        raise DataMissing(f"{folder}: cannot be listed ({error.strerror})") from None


def class_images(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Return the image files of a class, or of a split without labels, in the order of their original names.

    Raises DataMissing if the folder cannot be listed, or if a folder or broken link has the name of an image.
    """
    images = [entry for entry in class_entries(folder) if is_image(entry.name)]
    if stranger := next((entry for entry in images if not _is_file(entry)), None):
        what = "a link to nothing" if stranger.is_symlink() else "a folder" if stranger.is_dir() else "no file"
        raise DataMissing(f"{stranger.path}: is {what} with the name of an image; put the image there")
    return iter(images)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # links in a circle
        return False


ILSVRC2010 = Dataset(
    name="ilsvrc2010",
    title="ILSVRC-2010",
    version="1",
    channels=3,
    classes=1000,
    raw_size=None,
    splits={"train": 1_261_406, "val": 50_000, "test": 150_000},
    official_note="all three splits are official; the test labels are published for this year only",
    count_sources="development kit 1.0: the sum of num_train_images in meta.mat; its readme for val and test",
    layout=(
        "DIR/{train,val,test}/<wnid>/*.JPEG with DIR one of ROOT/ilsvrc2010 and ROOT/ILSVRC2010, val and test sorted "
        "into class folders by their ground truth (.jpg and .png are read too)"
    ),
    unlock="ask for access at image-net.org, then `python -m harness data prepare` makes class folders of what you get",
    folders=("ilsvrc2010", "ILSVRC2010"),
    # The smallest and largest classes of both years: ImageNet Large Scale Visual Recognition Challenge, 2015, Table 2.
    class_sizes={"train": (668, 3047), "val": (50, 50), "test": (150, 150)},
    # The 1,000 wnids of meta.mat in development kit 1.0, from a listing of it that is public on GitHub
    # (abhishek4747/imagenet2010-devkit, meta.txt). Its training counts add up to the official 1,261,406.
    class_list_digest="5365280f1c0b13c7f97e278f62f1d9b82b91ea06c4aeb6a68b6ac8caa374059e",
)

ILSVRC2012 = Dataset(
    name="ilsvrc2012",
    title="ILSVRC-2012",
    version="1",
    channels=3,
    classes=1000,
    raw_size=None,
    splits={"train": 1_281_167, "val": 50_000, "test": 100_000},
    official_note=(
        "all three splits are official; the test labels were never published, so a test on them gives predictions to "
        "submit and no errors"
    ),
    count_sources="the challenge's own description",
    layout=(
        "DIR/{train,val}/<wnid>/*.JPEG with DIR one of ROOT/ilsvrc2012, ROOT/ILSVRC2012 and ROOT/imagenet, val sorted "
        "into class folders by its ground truth; DIR/test/*.JPEG, which has none (.jpg and .png are read too)"
    ),
    unlock="ask for access at image-net.org, then `python -m harness data prepare` makes class folders of what you get",
    folders=("ilsvrc2012", "ILSVRC2012", "imagenet"),
    # The same 1,000 wnids stand in two lists public on GitHub: tensorflow/models, imagenet_lsvrc_2015_synsets.txt, and,
    # in the order of the development kit, zhaowt61/inception, synsets.txt.
    class_list_digest="385e0240499426c022b773be1ae4da780f057b89c9694c7f47199f62746b6edd",
    class_sizes={"train": (732, 1300), "val": (50, 50)},
    # All public lists of the validation images agree on these.
    first_classes={"val": ("n01751748", "n09193705", "n02105855", "n04263257")},
    # As listed in torchvision.datasets.ImageNet.
    archive_md5={"train": "1d675b47d978889d74fa0da5fadfb00e", "val": "29b22e2961454d5413ddabcf34fc5622"},
    unlabelled=("test",),
)
