"""The codes of a split in one file, `codes.npy`: written a piece at a time, and read a few rows at a time.

The file is an ordinary array of numpy. It is read and written with plain calls instead of being mapped into memory, so
that no more of it counts as used than the rows at hand. A note of the rows that are on disk lets a killed job go on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from harness.errors import JobFailed
from harness.store.fences import check
from harness.store.store import JobFolder, write_json

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Codes:
    """An open file of codes, float32 [count, numbers]."""

    file: BinaryIO
    count: int
    numbers: int
    begins: int
    """Offset of the first row, in bytes."""

    def rows(self, indices: Sequence[int] | NDArray[np.integer]) -> Floats:
        """Read the rows of these numbers, in their order. Raises JobFailed if the file is cut short."""
        found = np.empty((len(indices), self.numbers), np.float32)
        for row, index in zip(found, indices, strict=True):
            if os.preadv(self.file.fileno(), [row.data], self._place(int(index))) != row.nbytes:
                raise JobFailed(f"{self.file.name} is cut short; move its folder away to run the job again")
        return found

    def write(self, first: int, rows: Floats) -> None:
        """Write rows from number `first` on; they are on disk when this returns."""
        data, place = np.ascontiguousarray(rows, np.float32).data.cast("B"), self._place(first)
        while data:
            written = os.pwrite(self.file.fileno(), data, place)
            data, place = data[written:], place + written
        os.fsync(self.file.fileno())

    def _place(self, row: int) -> int:
        return self.begins + row * self.numbers * 4


@contextmanager
def opened_codes(folder: JobFolder) -> Iterator[Codes]:
    """Open the codes of a finished job. Raises JobFailed if they are damaged."""
    try:
        with folder.codes.open("rb") as file:
            yield _described(file)
    except (OSError, ValueError) as error:
        raise JobFailed(f"{folder.codes} cannot be read ({error}); move {folder.path} away") from None


def _described(file: BinaryIO) -> Codes:
    if npy.read_magic(file) != (1, 0):
        raise ValueError("not an array of numpy's first format")
    shape, columns_first, kind = npy.read_array_header_1_0(file)
    if len(shape) != 2 or columns_first or kind != np.float32:
        raise ValueError(f"an array {shape} of {kind} and no codes")
    return Codes(file, *shape, file.tell())


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The codes of a job at work; `pieces` of them are on disk."""

    folder: JobFolder
    codes: Codes

    @property
    def pieces(self) -> int:
        """Count the pieces that an earlier run of the job finished."""
        try:
            return int(json.loads(self.folder.partial.read_text(encoding="utf-8"))["pieces"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def add(self, piece: int, places: NDArray[np.integer], rows: Floats) -> None:
        """Write one piece, its rows at `places`, and note that it is there."""
        check(self.folder.path)
        breaks = np.flatnonzero(np.diff(places) != 1) + 1
        for run, found in zip(np.split(places, breaks), np.split(rows, breaks), strict=True):
            self.codes.write(int(run[0]), found)
        write_json(self.folder.partial, {"pieces": piece + 1})


@contextmanager
def unfinished_codes(folder: JobFolder, count: int, numbers: int) -> Iterator[Unfinished]:
    """Open the codes of a job at work; a file of another size is begun anew."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (count, numbers)}
    path = folder.codes
    sound = path.exists() and folder.partial.exists()
    with path.open("r+b" if sound else "w+b") as file:
        npy.write_array_header_1_0(file, header)
        codes = Codes(file, count, numbers, file.tell())
        whole = codes.begins + count * numbers * 4
        if os.fstat(file.fileno()).st_size != whole:
            folder.partial.unlink(missing_ok=True)
        file.truncate(whole)
        file.flush()
        yield Unfinished(folder, codes)
