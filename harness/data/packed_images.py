"""Reads images from the packs of a copy, which are mapped into memory: files to decode, or pixels as they are."""

from __future__ import annotations

import mmap
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from copy import copy
from functools import partial
from itertools import accumulate, repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.decode import Picture, Window, cut_picture, kept_part, picture, prepare_picture
from harness.data.packs import AGAIN, ANEW, Index, pack_path
from harness.data.spec import Prepare
from harness.errors import DataMissing


class PackedImages:
    """Some images of a split's packs, numbered from 0; pixels are those of the same files in class folders.

    An image's checksum is tested when it is read for the first time. Raw pixels are prepared and cut where they lie in
    the mapped memory. `places` are the images' numbers in the index, int64 [count].
    """

    def __init__(self, index: Index, places: NDArray[np.int64]) -> None:
        self.index, self.places = index, places
        self._packs = Packs(index)
        self._sound = np.zeros(index.images, np.bool_)

    def __len__(self) -> int:
        return len(self.places)

    def prepared(self, number: int, prepare: Prepare) -> tuple[NDArray[np.uint8], str]:
        """Return prepared pixels [3, H, W] and the stored mode. Raises DataMissing that names pack and image."""
        place = int(self.places[number])
        return prepare_picture(partial(self._picture, place), prepare, partial(self._says, place))

    def window(self, number: int, window: Window) -> tuple[NDArray[np.uint8], str]:
        """Return one view, pixels [3, crop, crop], and the stored mode. Raises DataMissing like `prepared`."""
        place = int(self.places[number])
        return cut_picture(partial(self._picture, place), window, partial(self._says, place))

    def lying(self, numbers: Sequence[int], prepare: Prepare) -> list[NDArray[np.uint8]] | None:
        """Return prepared pixels [H, W, 3] that lie in the packs as they are, sooner than `prepared`.

        None if one of these images has to be tested, decoded, converted, rescaled or padded first.
        """
        places = self.places[list(numbers)]
        if self.index.form != "raw" or not self._sound[places].all() or set(self._modes(places)) != {"RGB"}:
            return None
        starts, *sides = (self._numbers(name, places) for name in ("at", "height", "width"))
        sizes = list(zip(*sides, strict=True))
        parts = {size: kept_part(prepare, *size) for size in set(sizes)}
        if None in parts.values():
            return None
        return [
            np.frombuffer(self._packs.stored(at, 3 * size[0] * size[1]), np.uint8).reshape(*size, 3)[parts[size]]
            for at, size in zip(starts, sizes, strict=True)
        ]

    def contents(self, numbers: Sequence[int]) -> Iterator[bytes | None]:
        """Yield stored files, or None for images stored as pixels. Raises DataMissing like `prepared`."""
        places = self.places[list(numbers)]
        if self.index.form == "raw":
            yield from repeat(None, len(places))
            return
        for place in places[~self._sound[places]].tolist():
            self._stored(place)
        # Each is copied when its turn comes, directly after the look at the pack's length.
        yield from map(bytes, map(self._packs.stored, self._numbers("at", places), self._numbers("stored", places)))

    def size(self, number: int, prepare: Prepare) -> tuple[int, int]:
        """Return (height, width) once prepared. Raises DataMissing if `prepare` does not fit the image."""
        place = int(self.places[number])
        try:
            return prepare.sides(self._size(place))
        except ValueError as error:
            raise DataMissing(f"{self._says(place)}: cannot be prepared ({error})") from None

    def expect(self, numbers: Sequence[int]) -> None:
        """Ask the system to read these images ahead, each in one piece."""
        places = self.places[list(numbers)]
        for at, count in zip(self._numbers("at", places), self._numbers("stored", places), strict=True):
            self._packs.expect(at, count)

    def only(self, indices: Sequence[int]) -> PackedImages:
        """Return the images at `indices`, which share the mapped packs."""
        part = copy(self)
        part.places = self.places[list(indices)]
        return part

    def _picture(self, place: int) -> Picture:
        data = self._stored(place)
        if self.index.form == "jpeg":
            return picture(bytes(data))
        height, width = self._size(place)
        return np.frombuffer(data, np.uint8).reshape(height, width, 3), self.index.modes[self._column("mode", place)]

    def require_sound(self, number: int) -> None:
        """Raise DataMissing that names pack and image if an image's checksum does not fit."""
        self._stored(int(self.places[number]))

    def _modes(self, places: NDArray[np.int64]) -> list[str]:
        modes = self.index.modes
        return [modes[mode] for mode in self._numbers("mode", places)]

    def _numbers(self, name: str, places: NDArray[np.int64]) -> list[int]:
        numbers: list[int] = self.index.columns[name][places].tolist()
        return numbers

    def _stored(self, place: int) -> memoryview:
        data = self._packs.stored(*self._spot(place))
        if not self._sound[place]:
            if zlib.crc32(data) != self._column("crc32", place):
                raise DataMissing(f"{self._says(place)}: is damaged: its checksum does not fit; {ANEW}")
            self._sound[place] = True
        return data

    def _spot(self, place: int) -> tuple[int, int]:
        return self._column("at", place), self._column("stored", place)

    def _size(self, place: int) -> tuple[int, int]:
        return self._column("height", place), self._column("width", place)

    def _column(self, name: str, place: int) -> int:
        return int(self.index.columns[name][place])

    def _says(self, place: int) -> str:
        """Return the place of an image, for messages."""
        (name,) = self.index.names(place, place + 1)
        pack, begin = self._packs.spot(self._column("at", place))
        return f"{pack}: {name} at byte {begin:,}"


class Packs:
    """The packs of a split, mapped into memory. Positions count over all packs taken together.

    Raises DataMissing for a pack that cannot be mapped, or an index that speaks of more than its packs hold.
    """

    def __init__(self, index: Index) -> None:
        at, stored = index.columns["at"], index.columns["stored"]
        if index.images and int((at + stored).max()) > sum(index.packs):
            raise DataMissing(f"{index.path}: speaks of images beyond the end of its packs; {AGAIN}")
        self._folder = index.path.parent
        self._starts = [0, *accumulate(index.packs)]
        self._maps = [_mapped(pack_path(self._folder, number)) for number in range(len(index.packs))]

    def stored(self, at: int, count: int) -> memoryview:
        """Return the bytes from a position on. Raises DataMissing for a pack that was cut short meanwhile."""
        number, begin = self._pack(at)
        if self._maps[number].size() < begin + count:  # the system would kill a process that reads beyond the end
            raise DataMissing(f"{pack_path(self._folder, number)}: was cut short meanwhile; {AGAIN}")
        return memoryview(self._maps[number])[begin : begin + count]

    def expect(self, at: int, count: int) -> None:
        """Ask the system to read bytes ahead, in one piece."""
        number, begin = self._pack(at)
        page = begin - begin % mmap.PAGESIZE
        self._maps[number].madvise(mmap.MADV_WILLNEED, page, begin + count - page)

    def spot(self, at: int) -> tuple[Path, int]:
        """Return the pack of a position, and the position in it."""
        number, begin = self._pack(at)
        return pack_path(self._folder, number), begin

    def _pack(self, at: int) -> tuple[int, int]:
        number = bisect_right(self._starts, at) - 1
        return number, at - self._starts[number]


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            pack = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DataMissing(f"{path}: cannot be mapped into memory ({error}); {AGAIN}") from None
    pack.madvise(mmap.MADV_RANDOM)  # images come in random order, each asked for in one piece
    return pack
