"""Lists the images of class folders, with ids and labels: by official split, by our division, or unlabelled."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from harness.data.declared import Dataset
from harness.data.naming import original_name
from harness.data.packs import index_of
from harness.data.sets.imagenet import class_folders, class_images
from harness.data.spec import Subset
from harness.errors import DataMissing

NO_LABEL = -1


class Listing(NamedTuple):
    """The images of one split in their fixed order."""

    ids: list[str]
    """`set/split/...` with each image's original name, whatever the file's name here."""
    labels: list[int]
    """Indices into `classes`, or `NO_LABEL`."""
    classes: tuple[str, ...]
    files: list[str]
    """Path of each image below the set's folder."""


def listed(dataset: Dataset, folder: Path, split: str, subset: Subset | None) -> Listing:
    """List the images of a split.

    Raises DataMissing if there are none or some belong to no class, and ValueError like `Subset`.
    """
    listing = _unlabelled if split in dataset.unlabelled else _by_class
    found = listing(dataset, folder, split, subset)
    if not found.ids:
        raise DataMissing(f"{folder / split}: no images in its class folders; expected: {dataset.layout}")
    return found


def kept(by_class: dict[str, list[str]], split: str, subset: Subset) -> set[str]:
    """Return the ids that a subset keeps: in training `per_class` of each class, in other splits all."""
    chosen = (subset.choose_images(ids) if split == "train" else ids for ids in by_class.values())
    return {identity for ids in chosen for identity in ids}


def _by_class(dataset: Dataset, folder: Path, split: str, subset: Subset | None) -> Listing:
    names = class_list(dataset, folder, split)
    if subset:
        names = subset.choose_classes(names)
    files = {name: _files_of_class(dataset, folder, split, name) for name in names}
    by_class = {name: list(files[name]) for name in names}
    if subset:
        keep = kept(by_class, split, subset)
        by_class = {name: [identity for identity in ids if identity in keep] for name, ids in by_class.items()}
    ids = [identity for name in names for identity in by_class[name]]
    labels = [label for label, name in enumerate(names) for _ in by_class[name]]
    return Listing(ids, labels, tuple(names), [files[name][identity] for name in names for identity in by_class[name]])


def _unlabelled(dataset: Dataset, folder: Path, split: str, subset: Subset | None) -> Listing:
    if subset:
        raise ValueError("its images have no labels, so no subset of its classes can be taken")
    files = _files(dataset, folder, split)
    return Listing(
        list(files), [NO_LABEL] * len(files), tuple(class_list(dataset, folder, "train")), list(files.values())
    )


def class_list(dataset: Dataset, folder: Path, split: str) -> list[str]:
    """Return the sorted classes, defined by the training images, so that a label means the same in every split.

    Raises DataMissing for a class without a place there, or for too many.
    """
    if dataset.division:
        here = names = _classes(folder, dataset.division.folder)
    else:
        here = _classes(folder, split)
        names = _classes(folder, "train") if (folder / "train").is_dir() else here
    if strangers := sorted(set(here) - set(names)):
        raise DataMissing(f"{folder / split / strangers[0]}: there is no such class in {folder / 'train'}")
    if len(names) > dataset.classes:
        raise DataMissing(f"{folder}: {len(names)} class folders, where {dataset.title} has {dataset.classes}")
    return names


def _classes(folder: Path, below: str) -> list[str]:
    index = index_of(folder / below)
    return class_folders(folder, below) if index is None else list(index.classes)


def _files_of_class(dataset: Dataset, folder: Path, split: str, name: str) -> dict[str, str]:
    """Return the path of each image of a class, by id."""
    below = f"{dataset.division.folder if dataset.division else split}/{name}"
    files = _files(dataset, folder, below) if (folder / below).is_dir() else {}
    part = dataset.division.part(list(files), split) if dataset.division else files
    return {identity: files[identity] for identity in part}


def _files(dataset: Dataset, folder: Path, below: str) -> dict[str, str]:
    """Return the path of each image in a folder, by id. Raises DataMissing for two files with one original name."""
    files: dict[str, str] = {}
    for image in class_images(folder / below):
        identity = f"{dataset.name}/{below}/{original_name(image.name)}"
        if identity in files:
            raise DataMissing(f"{image.path}: is the same image as {folder / files[identity]}; take one of them away")
        files[identity] = f"{below}/{image.name}"
    return files
