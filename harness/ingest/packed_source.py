"""Checks the images of a packed copy by its index and their checksums, which were taken when they were decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.data.declared import Dataset
from harness.data.packed_images import PackedImages, Packs
from harness.data.packs import PACKS_ANEW, Index, index_of
from harness.errors import DataMissing
from harness.ingest.advance import Advance
from harness.ingest.labels import SORTED_ORDER
from harness.ingest.probe_image import Look, chosen
from harness.ingest.sources import Source, StoredImage, section, stored_image
from harness.ingest.tally import Tally
from harness.stop_signal import StopSignal


@dataclass(frozen=True, slots=True)
class PackedClass:
    """The images of one class in the packs of a split; or all, where there are no labels."""

    index: Index
    packs: Packs
    wnid: str

    @property
    def name(self) -> str:
        """The class."""
        return self.wnid

    def count(self) -> int | None:
        """Return the number of images."""
        start, stop = self.index.classes[self.wnid]
        return stop - start

    def stored_bytes(self) -> int:
        """Return 0; not needed, because the images are counted."""
        return 0

    def images(self) -> Iterator[StoredImage]:
        """Yield the images as class folders would list them; those of raw packs open as their pixels."""
        start, stop = self.index.classes[self.wnid]
        spots = (self.index.columns[name][start:stop].tolist() for name in ("at", "stored"))
        for name, at, stored in zip(self.index.names(start, stop), *spots, strict=True):
            pack, begin = self.packs.spot(at)
            opened = section(pack, begin, stored)
            yield stored_image(name, self.wnid or None, f"{pack}: {name} at byte {begin:,}", opened)


def packed_source(split: str, place: Path, *, labelled: bool) -> Source | None:
    """Return the packs of a split as a source; None where there are none. Raises DataMissing for damaged ones."""
    index = index_of(place)
    if index is None:
        return None
    order = SORTED_ORDER if labelled else "its labels were never published"
    packs = Packs(index)
    pieces = tuple(PackedClass(index, packs, wnid) for wnid in index.classes)
    return Source(split, "packs", place, pieces, order, labelled)


def packed_tally(dataset: Dataset, source: Source, share: float, advance: Advance, stop: StopSignal) -> Tally:
    """Count the images of packs, and compare a seeded share with their checksums.

    Raises DataMissing for packs that cannot be read, Interrupted after a signal.
    """
    index, tally = index_of(source.place), Tally(source)
    assert index is not None
    stored, columns = PackedImages(index, np.arange(index.images)), index.columns
    for number, image in enumerate(source.images()):
        tested = chosen(f"{dataset.name}/{image.name}", share)
        mode = index.modes[int(columns["mode"][number])]
        look = Look(mode, _format(image.name), (int(columns["width"][number]), int(columns["height"][number])))
        tally.add(image, look, decoded=tested)
        if tested:
            _test(stored, number, image, tally)
        advance.step()
        stop.raise_if_asked()
    if "checksum" in tally.found:
        tally.found["checksum"].fix = PACKS_ANEW
    return tally


def _test(stored: PackedImages, number: int, image: StoredImage, tally: Tally) -> None:
    try:
        stored.require_sound(number)
    except DataMissing:
        tally.note("checksum", image.place)


def _format(name: str) -> str:
    """Return the format that a file's name says; the index does not hold another."""
    return "PNG" if name.lower().endswith(".png") else "JPEG"
