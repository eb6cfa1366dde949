"""Opens one split of a data set and delivers its prepared images in batches, from memory or from files."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from pathlib import Path

import numpy as np
import torch

from harness.data import Dataset, dataset_named
from harness.data.declared import Examples
from harness.data.decode import Window
from harness.data.images import Decoding, Files, Indices, InMemory, OnDisk, OnGpu
from harness.data.locate import Locations
from harness.data.packed_images import PackedImages
from harness.data.packs import index_of
from harness.data.ranked import ranked
from harness.data.rescaling import all_prepared
from harness.data.sets.folders import kept, listed
from harness.data.sets.packed_folders import listed_in_packs
from harness.data.spec import DataSpec
from harness.errors import DataMissing, UsageError


@dataclass(frozen=True)
class Split:
    """One split of a data set with prepared images, numbered 0 to count - 1 in a fixed order."""

    spec: DataSpec
    name: str
    ids: Sequence[str]
    """`set/split/...`, independent of where the data lie."""
    labels: torch.Tensor
    """Indices into `classes`, int64 [count]; -1 for unpublished labels."""
    classes: tuple[str, ...]
    shape: tuple[int, int, int] | None
    """(channels, height, width) of a prepared image; None if they vary."""
    pixels: InMemory | OnGpu | OnDisk

    @property
    def count(self) -> int:
        """Number of images in the split."""
        return len(self.ids)

    @cached_property
    def ids_sha256(self) -> str:
        """sha256, in hexadecimal, of the ids in order, joined by newlines."""
        digest = hashlib.sha256()
        for number, identity in enumerate(self.ids):  # joined, a million would fill a hundred megabytes
            digest.update((f"\n{identity}" if number else identity).encode())
        return digest.hexdigest()

    @property
    def in_memory(self) -> torch.Tensor | None:
        """All prepared images, uint8 [count, channels, height, width]; None for a split that is read from files."""
        return None if isinstance(self.pixels, OnDisk) else self.pixels.images

    @property
    def converted(self) -> dict[str, int]:
        """Number of images read so far that were converted from each mode other than RGB."""
        return dict(Counter(self.pixels.modes.values())) if isinstance(self.pixels, OnDisk) else {}

    @property
    def labelled(self) -> bool:
        """Whether all labels are known."""
        return bool((self.labels >= 0).all())

    def images(self, indices: Indices) -> torch.Tensor:
        """Return prepared images, uint8 [batch, channels, height, width], on the CPU or on the split's device.

        Raises DataMissing for a damaged file, and ValueError for images of different sizes.
        """
        return self.pixels.read(indices)

    def batches(self, at_most: int) -> list[torch.Tensor]:
        """Return the indices of all images in batches of equal size, in order, or size by size if sizes vary."""
        if self.shape is not None:
            return list(torch.split(torch.arange(self.count), at_most))
        _, group = np.unique(self.pixels.sizes, axis=0, return_inverse=True)
        order = torch.from_numpy(group.reshape(-1).argsort(kind="stable"))
        alike = torch.split(order, np.bincount(group.reshape(-1)).tolist())
        return [batch for indices in alike for batch in torch.split(indices, at_most)]

    def sample(self, count: int) -> Split:
        """Return a split with `count` of the images, or all if there are fewer, chosen by a hash of their ids."""
        chosen = set(ranked(self.ids, "sample 0")[:count])
        places = [place for place, identity in enumerate(self.ids) if identity in chosen]
        ids = [self.ids[place] for place in places]
        return replace(self, ids=ids, labels=self.labels[places], pixels=self.pixels.only(places))

    def on(self, device: torch.device) -> Split:
        """Return the split with in-memory images moved to a device; images from files still arrive on the CPU."""
        return replace(self, pixels=self.pixels.on(device)) if isinstance(self.pixels, InMemory) else self

    def close(self) -> None:
        """End the threads of a split that is read from files."""
        self.pixels.close()


def open_split(spec: DataSpec, split: str, locations: Locations, *, threads: int | None = None) -> Split:
    """Find and open one split; `threads` threads decode image files, by default as many as torch computes with.

    If stored images vary in size and `prepare` has no `center`, prepared ones vary too and `Split.shape` is None.
    Raises UsageError for an unknown split or subset, and DataMissing if the data are missing or damaged.
    """
    dataset = dataset_named(spec.name)
    if split not in dataset.splits:
        raise UsageError(f"{dataset.title} has no split {split!r}; there are {', '.join(dataset.splits)}")
    folder = locations.require(dataset).path
    try:
        if dataset.read is None:
            return _open_folders(spec, split, dataset, folder, threads or torch.get_num_threads())
        return _open_stored(spec, split, dataset, dataset.read(folder, split))
    except ValueError as error:
        raise UsageError(f"{dataset.title}, {split}: {error}") from None


def prefetch(
    split: Split, batches: Iterable[torch.Tensor], depth: int = 2, windows: Iterable[Sequence[Window]] | None = None
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield each batch of indices with its images, in order; `depth` later batches are decoded meanwhile.

    `windows`, only for a split on disk, gives the views of each batch's images to decode instead of whole images.
    """
    pixels = split.pixels
    if not isinstance(pixels, OnDisk):
        assert windows is None
        yield from ((batch, pixels.read(batch)) for batch in batches)
        return
    views = repeat(None) if windows is None else windows
    started = ((batch, pixels.start(batch, some)) for batch, some in zip(batches, views, strict=False))
    yield from ahead(started, depth)


def ahead(started: Iterable[tuple[torch.Tensor, Decoding]], depth: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield each started batch once its images are there, while `depth` later ones are being decoded."""
    waiting: deque[tuple[torch.Tensor, Decoding]] = deque()
    try:
        for one in started:
            waiting.append(one)
            if len(waiting) > depth:
                batch, pending = waiting.popleft()
                yield batch, pending.images()
        while waiting:
            batch, pending = waiting.popleft()
            yield batch, pending.images()
    finally:
        for _, pending in waiting:
            pending.cancel()


def _open_stored(spec: DataSpec, split: str, dataset: Dataset, examples: Examples) -> Split:
    images, labels, numbers = examples
    expected = (dataset.channels, *(dataset.raw_size or ()))
    if images.shape[1:] != expected or not labels.size or labels.max() >= dataset.classes:
        raise DataMissing(f"{dataset.title}, {split}: images {images.shape} or labels are not those of this set")
    ids = [f"{dataset.name}/{split}/{number:05d}" for number in numbers.tolist()]
    names = list(dataset.class_names)
    if spec.subset:
        chosen = spec.subset.choose_classes(names)
        by_class = {name: [ids[place] for place in np.flatnonzero(labels == names.index(name))] for name in chosen}
        keep = kept(by_class, split, spec.subset)
        places = np.array([place for place, identity in enumerate(ids) if identity in keep])
        relabelled = np.array([chosen.index(name) if name in chosen else -1 for name in names])
        images, labels, ids, names = images[places], relabelled[labels[places]], [ids[i] for i in places], chosen
    stored = torch.from_numpy(np.ascontiguousarray(all_prepared(images, spec.prepare)))
    shape = dataset.shape(spec.prepare)
    return Split(spec, split, ids, torch.from_numpy(labels), tuple(names), shape, InMemory(stored))


def _open_folders(spec: DataSpec, split: str, dataset: Dataset, folder: Path, threads: int) -> Split:
    shape = None if dataset.raw_size is None and spec.prepare.center is None else dataset.shape(spec.prepare)
    index = index_of(folder / (dataset.division.folder if dataset.division else split))
    ids: Sequence[str]
    stored: Files | PackedImages
    if index is None:
        ids, labels, classes, files = listed(dataset, folder, split, spec.subset)
        stored, numbers = Files([str(folder / file) for file in files]), torch.tensor(labels)
    else:
        ids, places, known, classes = listed_in_packs(dataset, folder, split, spec.subset, index)
        stored, numbers = PackedImages(index, places), torch.from_numpy(known)
    return Split(spec, split, ids, numbers, classes, shape, OnDisk(stored, shape and shape[1:], spec.prepare, threads))
