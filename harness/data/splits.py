"""Opens one split of a data set and hands out its prepared images in batches, from memory or from files."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data import Dataset, dataset_named
from harness.data.declared import DataSpec, Examples, Prepare, Subset
from harness.data.decode import all_prepared, decode
from harness.data.imagenet import class_folders, class_images
from harness.data.locate import Locations
from harness.errors import DataMissing, UsageError

Indices = torch.Tensor | Sequence[int]


class InMemory:
    """Every prepared image of a split in one tensor, uint8 [count, channels, height, width]."""

    def __init__(self, images: torch.Tensor) -> None:
        self.images = images

    def read(self, indices: Indices) -> torch.Tensor:
        """Copies of those images."""
        return self.images[torch.as_tensor(indices)]

    def close(self) -> None:
        """Nothing to end."""


class OnDisk:
    """The image files of a split, decoded and prepared by threads each time they are asked for."""

    def __init__(self, paths: list[str], shape: tuple[int, int, int], prepare: Prepare, threads: int) -> None:
        self.paths, self.shape, self.prepare = paths, shape, prepare
        self.modes: dict[int, str] = {}
        """How each image read so far is stored, where that is not RGB."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    def read(self, indices: Indices) -> torch.Tensor:
        """Those images; raises DataMissing naming a file that cannot be decoded."""
        return self.start(indices).images()

    def start(self, indices: Indices) -> Decoding:
        """Set the threads to work on those images without waiting for them."""
        numbers = torch.as_tensor(indices).tolist()
        batch = torch.empty((len(numbers), *self.shape), dtype=torch.uint8)
        rows = batch.numpy()
        tasks = [self._pool.submit(self._decode, rows, row, number) for row, number in enumerate(numbers)]
        return Decoding(batch, tasks)

    def close(self) -> None:
        """End the threads; what they have not begun is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _decode(self, rows: NDArray[np.uint8], row: int, number: int) -> None:
        rows[row], mode = decode(self.paths[number], self.prepare)
        if mode != "RGB":
            self.modes[number] = mode


@dataclass(frozen=True, slots=True)
class Decoding:
    """A batch that threads are filling."""

    batch: torch.Tensor
    tasks: list[Future[None]]

    def images(self) -> torch.Tensor:
        """The batch, once every image is there; raises DataMissing naming a file that cannot be decoded."""
        try:
            for task in self.tasks:
                task.result()
        finally:
            self.cancel()
        return self.batch

    def cancel(self) -> None:
        """Drop what no thread has begun."""
        for task in self.tasks:
            task.cancel()


@dataclass(frozen=True)
class Split:
    """One split of a data set, its images prepared; images are numbered 0 to count - 1 in one fixed order."""

    spec: DataSpec
    name: str
    ids: list[str]
    """`set/split/...`, the same wherever the data lie."""
    labels: torch.Tensor
    """int64 [count]: places in `classes`."""
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    """(channels, height, width) of a prepared image."""
    pixels: InMemory | OnDisk

    @property
    def count(self) -> int:
        """Images in the split."""
        return len(self.ids)

    @cached_property
    def ids_sha256(self) -> str:
        """sha256, in hexadecimal, of the ids in order, joined by newlines."""
        return hashlib.sha256("\n".join(self.ids).encode()).hexdigest()

    @property
    def in_memory(self) -> torch.Tensor | None:
        """Every prepared image, uint8 [count, channels, height, width]; None for a split that is read from files."""
        return self.pixels.images if isinstance(self.pixels, InMemory) else None

    @property
    def converted(self) -> dict[str, int]:
        """How many of the images read so far were stored in each mode other than RGB, and were converted."""
        return dict(Counter(self.pixels.modes.values())) if isinstance(self.pixels, OnDisk) else {}

    def images(self, indices: Indices) -> torch.Tensor:
        """Prepared images, uint8 [batch, channels, height, width] on the CPU; raises DataMissing for a damaged file."""
        return self.pixels.read(indices)

    def close(self) -> None:
        """End the threads of a split that is read from files."""
        self.pixels.close()


def open_split(spec: DataSpec, split: str, locations: Locations, *, threads: int | None = None) -> Split:
    """Find and open one split; image files are decoded by `threads`, by default as many as torch computes with.

    Raises UsageError for a split or subset there is not, DataMissing when the data are not there or damaged.
    """
    dataset = dataset_named(spec.name)
    if split not in dataset.splits:
        raise UsageError(f"{dataset.title} has no split {split!r}; there are {', '.join(dataset.splits)}")
    if split in dataset.unlabelled:
        raise UsageError(f"the {split} labels of {dataset.title} were never published")
    folder = locations.require(dataset).path
    try:
        if dataset.read is None:
            return _open_folders(spec, split, dataset, folder, threads or torch.get_num_threads())
        return _open_stored(spec, split, dataset, dataset.read(folder, split))
    except ValueError as error:
        raise UsageError(f"{dataset.title}, {split}: {error}") from None


def prefetch(
    split: Split, batches: Iterable[torch.Tensor], depth: int = 2
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Each batch of indices with its images, in order; for a split on disk, `depth` later batches are being decoded."""
    pixels = split.pixels
    if isinstance(pixels, InMemory):
        yield from ((batch, pixels.read(batch)) for batch in batches)
        return
    ahead: deque[tuple[torch.Tensor, Decoding]] = deque()
    try:
        for batch in batches:
            ahead.append((batch, pixels.start(batch)))
            if len(ahead) > depth:
                yield _first(ahead)
        while ahead:
            yield _first(ahead)
    finally:
        for _, decoding in ahead:
            decoding.cancel()


def _first(ahead: deque[tuple[torch.Tensor, Decoding]]) -> tuple[torch.Tensor, torch.Tensor]:
    batch, decoding = ahead.popleft()
    return batch, decoding.images()


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
        keep = _kept(by_class, split, spec.subset)
        places = np.array([place for place, identity in enumerate(ids) if identity in keep])
        relabelled = np.array([chosen.index(name) if name in chosen else -1 for name in names])
        images, labels, ids, names = images[places], relabelled[labels[places]], [ids[i] for i in places], chosen
    stored = torch.from_numpy(np.ascontiguousarray(all_prepared(images, spec.prepare)))
    shape = dataset.shape(spec.prepare)
    return Split(spec, split, ids, torch.from_numpy(labels), tuple(names), shape, InMemory(stored))


def _open_folders(spec: DataSpec, split: str, dataset: Dataset, folder: Path, threads: int) -> Split:
    shape = dataset.shape(spec.prepare)
    names = _class_list(dataset, folder, split)
    if spec.subset:
        names = spec.subset.choose_classes(names)
    by_class = {name: _ids_of_class(dataset, folder, split, name) for name in names}
    if spec.subset:
        keep = _kept(by_class, split, spec.subset)
        by_class = {name: [identity for identity in ids if identity in keep] for name, ids in by_class.items()}
    ids = [identity for name in names for identity in by_class[name]]
    if not ids:
        raise DataMissing(f"{folder / split}: no images in its class folders; expected: {dataset.layout}")
    counts = torch.tensor([len(by_class[name]) for name in names])
    labels = torch.arange(len(names)).repeat_interleave(counts)
    paths = [str(folder / identity.removeprefix(f"{dataset.name}/")) for identity in ids]
    return Split(spec, split, ids, labels, tuple(names), shape, OnDisk(paths, shape, spec.prepare, threads))


def _class_list(dataset: Dataset, folder: Path, split: str) -> list[str]:
    """The sorted classes, which the training images define, so that a label means the same in every split."""
    here = class_folders(folder, split)
    names = class_folders(folder, "train") if (folder / "train").is_dir() else here
    if strangers := sorted(set(here) - set(names)):
        raise DataMissing(f"{folder / split / strangers[0]}: there is no such class in {folder / 'train'}")
    if len(names) > dataset.classes:
        raise DataMissing(f"{folder}: {len(names)} class folders, where {dataset.title} has {dataset.classes}")
    return names


def _ids_of_class(dataset: Dataset, folder: Path, split: str, name: str) -> list[str]:
    images = class_images(folder / split / name) if (folder / split / name).is_dir() else ()
    return [f"{dataset.name}/{split}/{name}/{image.name}" for image in images]


def _kept(by_class: dict[str, list[str]], split: str, subset: Subset) -> set[str]:
    """The ids that a subset keeps: so many of each class in training, all of them elsewhere."""
    chosen = (subset.choose_images(ids) if split == "train" else ids for ids in by_class.values())
    return {identity for ids in chosen for identity in ids}
