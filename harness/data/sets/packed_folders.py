"""Lists the images of a packed copy in the order, with the ids and with the labels of class folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from harness.data.declared import Dataset
from harness.data.naming import original_name
from harness.data.packs import Index
from harness.data.sets.folders import NO_LABEL, class_list, kept
from harness.data.spec import Subset
from harness.errors import DataMissing


class PackedListing(NamedTuple):
    """The images of one split in their fixed order."""

    ids: Sequence[str]
    places: NDArray[np.int64]
    """Numbers of the images in the index, [count]."""
    labels: NDArray[np.int64]
    """Indices into `classes`, or `NO_LABEL`, [count]."""
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PackedIds(Sequence[str]):
    """The ids of all images of an index, made when they are asked for: a million would take a hundred megabytes."""

    packs: Index
    below: str
    """`set/split`, where the ids begin."""

    def __len__(self) -> int:
        return self.packs.images

    @overload
    def __getitem__(self, key: int) -> str: ...

    @overload
    def __getitem__(self, key: slice) -> list[str]: ...

    def __getitem__(self, key: int | slice) -> str | list[str]:
        places = range(len(self))[key]
        if isinstance(places, range):
            return [self[place] for place in places]
        wnid = next(name for name, part in self.packs.classes.items() if places < part.stop)
        (name,) = self.packs.names(places, places + 1)
        return f"{self._begin(wnid)}{original_name(name)}"

    def __iter__(self) -> Iterator[str]:
        for wnid in self.packs.classes:
            yield from self.of_class(wnid)

    def of_class(self, wnid: str) -> Iterator[str]:
        """Yield the ids of a class."""
        begin = self._begin(wnid)
        return (f"{begin}{original_name(name)}" for name in self.packs.names(*self.packs.classes[wnid]))

    def _begin(self, wnid: str) -> str:
        return f"{self.below}/{wnid}/" if wnid else f"{self.below}/"


def listed_in_packs(dataset: Dataset, folder: Path, split: str, subset: Subset | None, index: Index) -> PackedListing:
    """List the images of a split whose index lies in `folder`; the same as `listed` of the unpacked copy.

    Raises DataMissing if there are none or some belong to no class, and ValueError like `Subset`.
    """
    if not index.images:
        raise DataMissing(f"{index.path}: no images in its packs; expected: {dataset.layout}")
    ids = PackedIds(index, f"{dataset.name}/{dataset.division.folder if dataset.division else split}")
    if split in dataset.unlabelled:
        if subset:
            raise ValueError("its images have no labels, so no subset of its classes can be taken")
        classes, places = tuple(class_list(dataset, folder, "train")), np.arange(index.images)
        return PackedListing(ids, places, np.full(index.images, NO_LABEL), classes)
    names = class_list(dataset, folder, split)
    if subset:
        names = subset.choose_classes(names)
    if subset or dataset.division:
        return _part(dataset, split, subset, ids, names)
    counts = [index.classes[name].stop - index.classes[name].start if name in index.classes else 0 for name in names]
    return PackedListing(ids, np.arange(index.images), np.repeat(np.arange(len(names)), counts), tuple(names))


def _part(dataset: Dataset, split: str, subset: Subset | None, ids: PackedIds, names: list[str]) -> PackedListing:
    """List the images of a subset, or of one split of our division."""
    by_class = {name: list(ids.of_class(name)) if name in ids.packs.classes else [] for name in names}
    chosen = by_class
    if dataset.division:
        chosen = {name: dataset.division.part(found, split) for name, found in chosen.items()}
    keep = kept(chosen, split, subset) if subset else {identity for found in chosen.values() for identity in found}
    rows = [
        (identity, ids.packs.classes[name].start + number, label)
        for label, name in enumerate(names)
        for number, identity in enumerate(by_class[name])
        if identity in keep
    ]
    if not rows:
        raise DataMissing(f"{ids.packs.path}: no images of {split} in its packs; expected: {dataset.layout}")
    found, places, labels = zip(*rows, strict=True)
    return PackedListing(list(found), np.array(places), np.array(labels), tuple(names))
