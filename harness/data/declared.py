"""What a suite may say about data, and what a data set says of itself; plain data, read without torch or numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from harness.strict import Strict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VIEWS: dict[str, int] = {"centre": 1, "ten_crop": 10}
"""Ways of looking at a test image, and how many views each one makes (AlexNet, section 4.1)."""


class Subset(Strict):
    """A seeded part of a data set: so many classes, and so many training images of each.

    Validation and test splits keep every image of the chosen classes. The choice ranks names by a hash, so it is the
    same on every machine, and a larger part of one seed contains every smaller one.
    """

    classes: PositiveInt
    per_class: PositiveInt
    seed: int = 0

    def choose_classes(self, names: Iterable[str]) -> list[str]:
        """The chosen classes, sorted; raises ValueError when there are too few."""
        return self._choose(list(names), self.classes, "classes")

    def choose_images(self, ids: Iterable[str]) -> list[str]:
        """The chosen training images of one class, sorted by id; raises ValueError when there are too few."""
        return self._choose(list(ids), self.per_class, "images of a class")

    def _choose(self, names: list[str], wanted: int, what: str) -> list[str]:
        if len(names) < wanted:
            raise ValueError(f"a subset of {wanted} {what} was asked for, where there are {len(names)}")
        return sorted(ranked(names, self.seed)[:wanted])


class Prepare(Strict):
    """What is done once to every image, in this order, before any view of it is taken.

    AlexNet, section 2: shorter side to 256, then the central 256 x 256.
    """

    short_side: PositiveInt | None = None
    """Rescale so that the shorter side has this many pixels: bilinear, antialiased, the longer side rounded."""
    center: PositiveInt | None = None
    """Cut out the central square of this side; of an odd margin, the extra pixel is lost at the right and bottom."""
    pad: NonNegativeInt = 0
    """Zeros added on every side."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.short_side is not None and self.center is not None and self.center > self.short_side:
            raise ValueError(f"a center of {self.center} pixels does not fit in a short_side of {self.short_side}")
        return self

    def rescaled(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) after rescaling; the longer side is rounded to the nearest pixel, halves up."""
        if self.short_side is None:
            return height, width
        short = min(height, width)
        return _rounded(height * self.short_side, short), _rounded(width * self.short_side, short)

    def sides(self, raw_size: tuple[int, int] | None) -> tuple[int, int]:
        """(height, width) of a prepared image; raises ValueError where there is no one such size, or center is larger.

        `raw_size` is the (height, width) before, None where images come in many sizes.
        """
        if raw_size is None and self.center is None:
            raise ValueError("images come in many sizes; prepare needs `center` to cut them to one")
        height, width = (self.center or 0, self.center or 0) if raw_size is None else self.rescaled(*raw_size)
        if self.center is not None:
            if self.center > min(height, width):
                raise ValueError(f"a center of {self.center} pixels does not fit in images of {height} x {width}")
            height = width = self.center
        return height + 2 * self.pad, width + 2 * self.pad


class DataSpec(Strict):
    """The data of an experiment: which set, which part of it, and how its images are prepared."""

    name: str
    subset: Subset | None = None
    prepare: Prepare = Prepare()


class Augmentation(Strict):
    """What is drawn anew for every training image each time it is used (AlexNet, section 4.1)."""

    crops: bool
    """Views at random places; without it, the central view."""
    flips: bool
    """Reflect half of the views left to right."""
    colour_std: NonNegativeFloat
    """Standard deviation of the multiples of the colour components that are added; grey images have none."""
    colour_scale: Literal["sqrt_eigenvalues", "eigenvalues"] = "sqrt_eigenvalues"
    """Length of a colour component: its standard deviation, or the eigenvalue, as the formula is printed."""
    mean: Literal["same_offset", "centre_crop"] = "same_offset"
    """Which part of the mean image is subtracted: the part under the view, or always the central one."""
    jitter: tuple[PositiveInt, PositiveInt] | None = None
    """Rescale each image anew so that its shorter side is a whole number of pixels, all from the first to the second
    equally likely, before a view is cut out of it (PReLU, section 3). The image is then taken as it is stored, whole;
    `prepare` is for the mean image and for tests, and the central part of the mean image is subtracted."""

    @model_validator(mode="after")
    def _jitter_is_whole(self) -> Self:
        if self.jitter is not None:
            low, high = self.jitter
            if low > high:
                raise ValueError(f"jitter goes from the smaller to the larger side, not from {low} to {high}")
            if not self.crops or self.mean != "centre_crop":
                raise ValueError("jitter needs `crops: true`, and `mean: centre_crop`, for views are of many scales")
        return self


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


def ranked(names: Iterable[str], salt: object) -> list[str]:
    """The names in the order of a hash: as good as random, and the same on every machine."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{salt}/{name}".encode()).digest())


def class_list_digest(names: Sequence[str]) -> str:
    """sha256 over the sorted names joined by newlines."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
