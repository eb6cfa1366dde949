"""Search for each split of an image set below a folder, in any of the layouts in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.data.declared import Dataset
from harness.data.naming import WNID, image_name
from harness.data.prepared import is_packed
from harness.data.sets.imagenet import is_image
from harness.errors import DataMissing
from harness.ingest.labels import SORTED_ORDER, Labels, class_list, find_labels, prefix
from harness.ingest.packed_source import packed_source
from harness.ingest.parquet import parquet_source
from harness.ingest.patches import patched
from harness.ingest.sources import (
    PIECE,
    ClassFolder,
    ClassTar,
    FlatPiece,
    Source,
    TarPiece,
    image_entries,
    tar_entries,
)

Item = TypeVar("Item")

BASES = (".", "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC", "data")
"""Folders below the given one where splits may lie: itself, those of Kaggle's tree, that of Hugging Face."""
KIT_FOLDERS = ("data", "*devkit*", "*devkit*/data")
"""Folders below the given one where the files of a development kit may lie."""
NOT_TOLD = "the classes of its images are unknown"
BY_NAME = "the class in the name of each file, so no order is involved"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A split to be found."""

    dataset: Dataset
    split: str
    labels: Callable[[], Labels | None]
    """Reads the labels; called only where a layout needs them."""
    classes: Callable[[], list[str] | None]

    @property
    def labelled(self) -> bool:
        """Whether its labels were published."""
        return self.split not in self.dataset.unlabelled

    def wnid_of(self, names: Iterable[str]) -> tuple[Callable[[str], str | None], str]:
        """Return a function from an image's name to its class, for images outside class folders, and a description."""
        if not self.labelled:
            return _nothing, "its labels were never published"
        labels = self.labels()
        if labels is not None:
            return labels.of, labels.order
        return (_by_name, BY_NAME) if any(image_name(name).told for name in names) else (_nothing, NOT_TOLD)


def stored_splits(dataset: Dataset) -> dict[str, int | None]:
    """Return the folders of a set as released, with the official number of images where it is known."""
    if dataset.division:
        return {dataset.division.folder: None}
    return dict(dataset.splits)


def find_source(dataset: Dataset, folder: Path, split: str, kit: Path | None = None) -> Source | None:
    """Find a split in the first layout that is present; None without any.

    `kit` is a folder or a meta.mat of a development kit that lies elsewhere. Raises DataMissing for a layout that
    cannot be read or whose labels contradict each other.
    """
    places = kit_places(dataset, folder, kit)
    wanted = Wanted(dataset, split, lambda: find_labels(dataset, split, places), lambda: class_list(dataset, places))
    found = (form(wanted, folder / base) for base in BASES for form in FORMS if (folder / base).is_dir())
    source = next((source for source in found if source is not None), None)
    return None if source is None else patched(source, folder)


def kit_places(dataset: Dataset, folder: Path, kit: Path | None) -> list[Path]:
    """Return the folders where lists of classes and labels may lie, those named by the user first."""
    named = [] if kit is None else [kit.parent if kit.is_file() else kit]
    near = [*named, folder]
    places = [place for top in near for place in (top, *_below(top, *KIT_FOLDERS))]
    own = f"{prefix(dataset)}_devkit*"  # the folder above may hold kits of other sets, too
    return [*places, folder.parent, *_below(folder.parent, own, f"{own}/data")]


def _below(top: Path, *patterns: str) -> list[Path]:
    return [place for pattern in patterns for place in sorted(top.glob(pattern)) if place.is_dir()]


def in_place(source: Source, folder: Path) -> bool:
    """Check whether training reads this source in place."""
    forms = ("class folders" if source.labelled else "flat folder", "packs")
    return source.form in forms and source.place == folder / source.split


def _packs(wanted: Wanted, base: Path) -> Source | None:
    place = base / wanted.split
    return packed_source(wanted.split, place, labelled=wanted.labelled) if is_packed(place) else None


def _class_folders(wanted: Wanted, base: Path) -> Source | None:
    place = base / wanted.split
    if not wanted.labelled or not (names := _folders(place)):
        return None
    pieces = tuple(ClassFolder(place / name, name) for name in names)
    return Source(wanted.split, "class folders", place, pieces, SORTED_ORDER)


def _class_tars(wanted: Wanted, base: Path) -> Source | None:
    place = base / wanted.split
    tars = sorted(place.glob("n*.tar")) if place.is_dir() else []
    pieces = tuple(ClassTar(path, path.stem, 0, path.stat().st_size) for path in tars if WNID.fullmatch(path.stem))
    return Source(wanted.split, "class tars", place, pieces, SORTED_ORDER) if pieces and wanted.labelled else None


def _flat_folder(wanted: Wanted, base: Path) -> Source | None:
    for place in (base / wanted.split, base):
        own = place != base
        names = [entry.name for entry in image_entries(place)] if place.is_dir() else []
        names = [name for name in names if own or name.startswith(f"{prefix(wanted.dataset)}_{wanted.split}_")]
        if names:
            wnid_of, order = wanted.wnid_of(names)
            pieces = tuple(FlatPiece(name, place, part, wnid_of) for name, part in _parts(names))
            return Source(wanted.split, "flat folder", place, pieces, order, wanted.labelled)
    return None


def _tar(wanted: Wanted, base: Path) -> Source | None:
    """Find the archive of a split, which holds one archive per class or images."""
    path = next(iter(sorted(base.glob(f"{prefix(wanted.dataset)}_im*_{wanted.split}*.tar"))), None)
    if path is None:
        return None
    entries = list(tar_entries(path))
    tars = [entry for entry in entries if WNID.fullmatch(Path(entry[0]).stem) and entry[0].endswith(".tar")]
    if tars and wanted.labelled:
        pieces = tuple(ClassTar(path, Path(name).stem, offset, size) for name, offset, size in sorted(tars))
        return Source(wanted.split, "tar of class tars", path, pieces, SORTED_ORDER)
    images = sorted(entry for entry in entries if is_image(entry[0]))
    if not images:
        raise DataMissing(f"{path}: holds neither images nor an archive for each class; fetch it again")
    wnid_of, order = wanted.wnid_of(name for name, _, _ in images)
    parts = tuple(TarPiece(name, path, tuple(part), wnid_of) for name, part in _parts(images))
    return Source(wanted.split, "tar", path, parts, order, wanted.labelled)


def _parquet(wanted: Wanted, base: Path) -> Source | None:
    return parquet_source(base, wanted.split, wanted.classes, labelled=wanted.labelled)


FORMS: tuple[Callable[[Wanted, Path], Source | None], ...] = (
    _packs, _class_folders, _class_tars, _flat_folder, _tar, _parquet,
)  # fmt: skip


def _folders(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    return sorted(path.name for path in place.iterdir() if WNID.fullmatch(path.name) and path.is_dir())


def _parts(items: list[Item]) -> Iterator[tuple[str, tuple[Item, ...]]]:
    for start in range(0, len(items), PIECE):
        yield f"images-{start // PIECE:05d}", tuple(items[start : start + PIECE])


def _nothing(_name: str) -> None:
    return None


def _by_name(name: str) -> str | None:
    return image_name(name).wnid
