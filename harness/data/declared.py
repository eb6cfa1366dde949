"""The declaration of a data set as plain data, readable without torch or numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.data.ranked import ranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.data.spec import Prepare, Subset

VIEWS: dict[str, int] = {"centre": 1, "ten_crop": 10}
"""Ways of viewing a test image, with the number of views of each (AlexNet, section 4.1)."""


class Examples(NamedTuple):
    """One split of a set that fits in memory, as stored in its files."""

    images: NDArray[np.uint8]
    """Pixels, [count, channels, height, width]."""
    labels: NDArray[np.int64]
    """Class numbers, [count]."""
    numbers: NDArray[np.int64]
    """Position of each image in the official file, [count]; it names the image in every split."""


@dataclass(frozen=True, slots=True)
class OfficialFile:
    """One file of a set that fits in memory; on disk it may also be compressed, as `name`.gz."""

    name: str
    digest: str
    """`algorithm:hexadecimal` of the uncompressed content."""
    splits: tuple[str, ...]
    """The splits that are read from it."""


@dataclass(frozen=True, slots=True)
class Division:
    """Our division of image folders that have no official splits: each class by itself, in the order of a hash."""

    folder: str
    """Folder with the class folders, below the set's own."""
    shares: dict[str, int]
    """Share of each split, in thousandths of a class's images."""
    seed: int = 0

    def part(self, ids: Sequence[str], split: str) -> list[str]:
        """Return the ids of one class that belong to a split, in the given order. Every id belongs to one split."""
        names = list(self.shares)
        before = sum(self.shares[name] for name in names[: names.index(split)])
        start, stop = (len(ids) * edge // 1000 for edge in (before, before + self.shares[split]))
        kept = set(ranked(ids, f"division {self.seed}")[start:stop])
        return [identity for identity in ids if identity in kept]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """The declaration of one data set: its official content, where it may lie, and how to read it.

    `read` turns (folder, split) into Examples. If it is None, the set consists of image folders: split/class/image or,
    for a split without labels, split/image.
    """

    name: str
    title: str
    version: str
    """Version of the declared splits and of the reading; part of a job's identity."""
    channels: int
    classes: int
    raw_size: tuple[int, int] | None
    """(height, width) of the stored images; None if they vary."""
    splits: dict[str, int]
    """Number of images in each split, by the official count or our declared division."""
    exact: bool = True
    """Whether the counts are exact. A set of which only round numbers are known never counts as official."""
    official_note: str
    """Which of the splits are official and which are ours."""
    count_sources: str
    layout: str
    """The layout expected on disk, in words."""
    unlock: str
    """How to get the data, in words."""
    folders: tuple[str, ...]
    """Folders below a data root where the set may lie."""
    class_names: tuple[str, ...] = ()
    class_list_digest: str | None = None
    """sha256 over the sorted class names joined by newlines; None if we do not know the list."""
    class_sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Images of the smallest and the largest class of a split, if known."""
    first_classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Classes of the images numbered 1, 2 and so on of a split. They tell different orders of classes apart."""
    archive_md5: dict[str, str] = field(default_factory=dict)
    """MD5 of a split's archive as distributed, if known."""
    unlabelled: tuple[str, ...] = ()
    """Splits without published labels. Their images lie in one folder, and tests on them yield no metrics."""
    division: Division | None = None
    """How to divide image folders without official splits."""
    files: tuple[OfficialFile, ...] = ()
    read: Callable[[Path, str], Examples] | None = None
    shipped: Callable[[], Path | None] | None = None
    """Function that finds the set in another package's folder on this machine."""
    fetched_by: str | None = None
    """Class of torchvision.datasets that can download the set."""
    embedded: bool = False
    """Whether the set comes with a library that this program needs anyway."""

    @property
    def fetchable(self) -> bool:
        """Whether the set can be downloaded on request."""
        return self.fetched_by is not None

    def shape(self, prepare: Prepare) -> tuple[int, int, int]:
        """Return (channels, height, width) of prepared images. Raises ValueError like `Prepare.sides`."""
        return (self.channels, *prepare.sides(self.raw_size))

    def count(self, split: str, subset: Subset | None) -> int:
        """Return the images that a plan expects in a split; a subset keeps its share of classes in other splits."""
        if subset is None:
            return self.splits[split]
        if split == "train":
            return subset.classes * subset.per_class
        return self.splits[split] * subset.classes // self.classes


def centre_offset(side: int, crop: int) -> int:
    """Return where the central `crop` pixels of `side` start. Raises ValueError if they do not fit.

    >>> centre_offset(256, 224)
    16
    """
    if crop > side:
        raise ValueError(f"a crop of {crop} pixels does not fit in {side} pixels")
    return (side - crop) // 2


def class_list_digest(names: Sequence[str]) -> str:
    """Return the sha256 over the sorted names joined by newlines."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
