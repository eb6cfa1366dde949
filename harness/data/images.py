"""Sources of a split's prepared images: memory, or files that threads decode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import repeat

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.cutting import Spots, Subtracted, cut_into
from harness.data.decode import Window, decode, decode_window, kept_part, prepared, prepared_size
from harness.data.jpeg import decoded
from harness.data.packed_images import PackedImages
from harness.data.spec import Prepare
from harness.data.transfer import sent

Indices = torch.Tensor | Sequence[int]

FEWEST, MOST = 8, 32
"""Images handed to a thread at a time. Threads would wait for each other at each image if they took one by one."""
PARTS = 2
"""Parts of a batch for each thread, within these limits: a thread that ends early takes some of what is left."""


class InMemory:
    """All prepared images of a split in one tensor, uint8 [count, channels, height, width]."""

    def __init__(self, images: torch.Tensor) -> None:
        self.images = images

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(height, width) of each image, [count, 2]."""
        return np.tile(self.images.shape[2:], (len(self.images), 1))

    def read(self, indices: Indices) -> torch.Tensor:
        """Copy the images at `indices`; numpy's loop is faster than torch's for images this small."""
        return torch.from_numpy(self.images.numpy().take(np.asarray(indices), axis=0))

    def only(self, indices: Indices) -> InMemory:
        """Return a source with only the images at `indices`."""
        return InMemory(self.read(indices))

    def on(self, device: torch.device) -> InMemory | OnGpu:
        """Move the images to a device, so that a small set is sent to a GPU once rather than batch by batch."""
        return self if device.type == "cpu" else OnGpu(sent(self.images, device))

    def close(self) -> None:
        """Do nothing: there are no threads to end."""


@dataclass(frozen=True, slots=True)
class OnGpu:
    """The images of an `InMemory` in the memory of a GPU, for a training to read batches from."""

    images: torch.Tensor

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(height, width) of each image, [count, 2]."""
        return np.tile(self.images.shape[2:], (len(self.images), 1))

    def read(self, indices: Indices) -> torch.Tensor:
        """Copy the images at `indices` on the device."""
        return self.images.index_select(0, sent(torch.as_tensor(indices), self.images.device))

    def only(self, indices: Indices) -> OnGpu:
        """Return a source with only the images at `indices`."""
        return OnGpu(self.read(indices))

    def close(self) -> None:
        """Do nothing: there are no threads to end."""


@dataclass(frozen=True, slots=True)
class Files:
    """Image files, each in a file of its own; `PackedImages` has the same methods."""

    paths: list[str]

    def __len__(self) -> int:
        return len(self.paths)

    def prepared(self, number: int, prepare: Prepare) -> tuple[NDArray[np.uint8], str]:
        """Return prepared pixels [3, H, W] and the stored mode. Raises DataMissing with the file's name."""
        return decode(self.paths[number], prepare)

    def window(self, number: int, window: Window) -> tuple[NDArray[np.uint8], str]:
        """Return one view, pixels [3, crop, crop], and the stored mode. Raises DataMissing with the file's name."""
        return decode_window(self.paths[number], window)

    def size(self, number: int, prepare: Prepare) -> tuple[int, int]:
        """Return (height, width) once prepared, from the header. Raises DataMissing with the file's name."""
        return prepared_size(self.paths[number], prepare)

    def expect(self, numbers: Sequence[int]) -> None:
        """Do nothing: a file is read at once."""

    def lying(self, numbers: Sequence[int], prepare: Prepare) -> None:
        """Return None: files have to be decoded."""

    def contents(self, numbers: Sequence[int]) -> Iterator[bytes | None]:
        """Yield what the files hold, None for one that cannot be read."""
        return (_content(self.paths[number]) for number in numbers)

    def only(self, indices: Sequence[int]) -> Files:
        """Return the files at `indices`."""
        return Files([self.paths[index] for index in indices])


class OnDisk:
    """RGB images of a split, in files or packs, read and prepared by threads on every request.

    `size` is the (height, width) of all prepared images, or None if they vary; then each batch must have a single size.
    """

    def __init__(
        self, stored: Files | PackedImages, size: tuple[int, int] | None, prepare: Prepare, threads: int
    ) -> None:
        self.stored, self.size, self.prepare = stored, size, prepare
        self.modes: dict[int, str] = {}
        """Stored modes other than RGB of the images read so far, by index."""
        self._threads = threads
        self._part = cache(partial(kept_part, prepare))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(height, width) of each prepared image, [count, 2]; read from headers or the index if they vary."""
        count = len(self.stored)
        if self.size is not None:
            return np.tile(self.size, (count, 1))
        return np.array(list(self._pool.map(self.stored.size, range(count), repeat(self.prepare))), np.int64)

    def size_of(self, numbers: list[int]) -> tuple[int, int]:
        """Return the (height, width) that these images share. Raises ValueError if they differ."""
        if self.size is not None:
            return self.size
        sizes = np.unique(self.sizes[numbers], axis=0)
        if len(sizes) != 1:
            raise ValueError(f"images of {len(sizes)} sizes do not fit in one batch; give prepare a `center`")
        return int(sizes[0, 0]), int(sizes[0, 1])

    def read(self, indices: Indices) -> torch.Tensor:
        """Decode the images at `indices`. Raises the errors of `start` and `Decoding.images`."""
        return self.start(indices).images()

    def start(self, indices: Indices, windows: Sequence[Window] | None = None) -> Decoding:
        """Start decoding the images at `indices`, or one view of each, in threads without waiting for them.

        Raises ValueError for images of different sizes.
        """
        numbers = torch.as_tensor(indices).tolist()
        size = self.size_of(numbers) if windows is None else (windows[0].crop, windows[0].crop)
        batch = _decoded_into((len(numbers), 3, *size))
        rows = batch.numpy()
        tasks = [
            self._pool.submit(self._decode, rows[few], numbers[few], windows and windows[few])
            for few in divided(len(numbers), self._threads)
        ]
        return Decoding(batch, tasks)

    def start_views(self, numbers: list[int], less: Subtracted, spots: Spots, crop: int) -> Decoding:
        """Start cutting a view of each of some images of one size, float32 [batch, 3, crop, crop].

        It is cut as soon as the image is decoded, while its pixels are in the processor's cache.
        """
        views = np.empty((len(numbers), crop, crop, 3), np.float32)

        def cut(few: slice) -> None:
            cut_into(views[few], self._pictures(numbers[few]), less, (spots[0][few], spots[1][few], spots[2][few]))

        tasks = [self._pool.submit(cut, few) for few in divided(len(numbers), self._threads)]
        return Decoding(torch.from_numpy(views.transpose(0, 3, 1, 2)), tasks)

    def only(self, indices: Sequence[int]) -> OnDisk:
        """Return a source with only the images at `indices` and with threads of its own."""
        return OnDisk(self.stored.only(indices), self.size, self.prepare, self._threads)

    def close(self) -> None:
        """End the threads and drop tasks that have not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _decode(self, rows: NDArray[np.uint8], numbers: Sequence[int], windows: Sequence[Window] | None = None) -> None:
        if windows is None:
            for row, pixels in zip(rows, self._pictures(numbers), strict=True):
                row[...] = pixels.transpose(2, 0, 1)
            return
        self.stored.expect(numbers)
        for row, number, window in zip(rows, numbers, windows, strict=True):
            row[...] = self._noted(number, *self.stored.window(number, window))

    def _pictures(self, numbers: Sequence[int]) -> Iterable[NDArray[np.uint8]]:
        """Return prepared pixels [H, W, 3], all at once if they lie in memory, else each decoded when it is taken."""
        self.stored.expect(numbers)
        lying = self.stored.lying(numbers, self.prepare)
        return self._decoded(numbers, self.stored.contents(numbers)) if lying is None else lying

    def _decoded(self, numbers: Sequence[int], contents: Iterable[bytes | None]) -> Iterator[NDArray[np.uint8]]:
        for number, content in zip(numbers, contents, strict=True):
            found = content and decoded(content)
            if found and (part := self._part(*found[0].shape[:2])):
                yield self._noted(number, *found)[part]
            else:
                yield self._prepared(number, found or None).transpose(1, 2, 0)

    def _prepared(self, number: int, found: tuple[NDArray[np.uint8], str] | None) -> NDArray[np.uint8]:
        """Prepare an image that was decoded, or else read it; an error names its place."""
        if found is not None:
            with suppress(ValueError):
                return self._noted(number, prepared(found[0], self.prepare), found[1])
        return self._noted(number, *self.stored.prepared(number, self.prepare))

    def _noted(self, number: int, pixels: NDArray[np.uint8], mode: str) -> NDArray[np.uint8]:
        if mode != "RGB":
            self.modes[number] = mode
        return pixels


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - pathlib takes three times as long
            return file.read()
    except OSError:
        return None


def divided(count: int, threads: int) -> list[slice]:
    """Return the parts of a batch that are handed to threads, by the constants above.

    >>> divided(64, threads=2)
    [slice(0, 16, None), slice(16, 32, None), slice(32, 48, None), slice(48, 64, None)]
    """
    size = min(max(FEWEST, -(-count // (PARTS * threads))), MOST)
    return [slice(first, first + size) for first in range(0, count, size)]


def _decoded_into(shape: tuple[int, ...]) -> torch.Tensor:
    """Allocate a batch, in pinned memory if a GPU is in use, from which it is sent without another copy."""
    pinned = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return torch.empty(shape, dtype=torch.uint8, memory_format=torch.channels_last, pin_memory=pinned)


@dataclass(frozen=True, slots=True)
class Decoding:
    """A batch that threads are filling."""

    batch: torch.Tensor
    tasks: list[Future[None]]

    def images(self) -> torch.Tensor:
        """Wait for all images and return the batch. Raises DataMissing with the name of a file that is damaged."""
        # This wakes the thread once, not after every task. It would wait without end for tasks that `close` dropped.
        wait([task for task in self.tasks if not task.cancelled()], return_when=FIRST_EXCEPTION)
        try:
            for task in self.tasks:
                task.result()
        finally:
            self.cancel()
        return self.batch

    def cancel(self) -> None:
        """Drop tasks that no thread has begun."""
        for task in self.tasks:
            task.cancel()
