"""What a data set says of itself; plain data, read without torch or numpy."""

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
"""Ways of looking at a test image, and how many views each one makes (AlexNet, section 4.1)."""


class Examples(NamedTuple):
    """One split of a set that fits in memory, as its files hold it."""

    images: NDArray[np.uint8]
    """[count, channels, height, width]."""
    labels: NDArray[np.int64]
    """[count]."""
    numbers: NDArray[np.int64]
    """[count]: the place of each image in the official file, which stays its name whatever the split."""


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
    """How we divide a set of image folders that has no splits of its own: each class by itself, in order of a hash."""

    folder: str
    """Below the set's own, what holds the class folders."""
    shares: dict[str, int]
    """Of each split, in thousandths of a class's images."""
    seed: int = 0

    def part(self, ids: Sequence[str], split: str) -> list[str]:
        """The ids of one class that belong to a split, in the order given; every id belongs to one split."""
        names = list(self.shares)
        before = sum(self.shares[name] for name in names[: names.index(split)])
        start, stop = (len(ids) * edge // 1000 for edge in (before, before + self.shares[split]))
        kept = set(ranked(ids, f"division {self.seed}")[start:stop])
        return [identity for identity in ids if identity in kept]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """The declaration of one data set: what it officially is, where it may lie, and how it is read.

    `read` turns (folder, split) into Examples; where it is None, the set is folders of images: split/class/image, or,
    of a split without labels, split/image.
    """

    name: str
    title: str
    version: str
    """Part of a job's identity: changes when the declared splits or the reading change."""
    channels: int
    classes: int
    raw_size: tuple[int, int] | None
    """(height, width) of the stored images; None where they come in many sizes."""
    splits: dict[str, int]
    """Images of each split, by the official count or our declared division."""
    exact: bool = True
    """Whether these counts are; a set of which only a round number is known is never taken for official."""
    official_note: str
    """Which of the splits are official and which are ours."""
    count_sources: str
    layout: str
    """What is expected on disk, for people."""
    unlock: str
    """How to get it, for people."""
    folders: tuple[str, ...]
    """Where the set may lie below a data root."""
    class_names: tuple[str, ...] = ()
    class_list_digest: str | None = None
    """sha256 over the sorted class names joined by newlines; None where the list is not known to us."""
    class_sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Images of the smallest and the largest class of a split, where that is known."""
    first_classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The classes of the images numbered 1, 2 and so on of a split: they tell orders of classes apart."""
    archive_md5: dict[str, str] = field(default_factory=dict)
    """The MD5 of a split's archive as it is handed out, where that is known."""
    unlabelled: tuple[str, ...] = ()
    """Splits whose labels were never published; their images lie in one folder, and tests of them have no metrics."""
    division: Division | None = None
    """How image folders without official splits are divided."""
    files: tuple[OfficialFile, ...] = ()
    read: Callable[[Path, str], Examples] | None = None
    shipped: Callable[[], Path | None] | None = None
    """Where another package of this machine keeps the set."""
    fetched_by: str | None = None
    """The class of torchvision.datasets that can download it."""
    embedded: bool = False
    """Whether it comes with a library this program needs anyway."""

    @property
    def fetchable(self) -> bool:
        """Whether it can be downloaded on request."""
        return self.fetched_by is not None

    def shape(self, prepare: Prepare) -> tuple[int, int, int]:
        """(channels, height, width) of its prepared images; raises ValueError as `Prepare.sides` does."""
        return (self.channels, *prepare.sides(self.raw_size))

    def count(self, split: str, subset: Subset | None) -> int:
        """Images that a plan expects in a split; of a subset's validation and test images, an equal share."""
        if subset is None:
            return self.splits[split]
        if split == "train":
            return subset.classes * subset.per_class
        return self.splits[split] * subset.classes // self.classes


def centre_offset(side: int, crop: int) -> int:
    """Where the central `crop` pixels of `side` start; raises ValueError when they do not fit."""
    if crop > side:
        raise ValueError(f"a crop of {crop} pixels does not fit in {side} pixels")
    return (side - crop) // 2


def class_list_digest(names: Sequence[str]) -> str:
    """sha256 over the sorted names joined by newlines."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
