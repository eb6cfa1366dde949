"""The files of a packed copy: a few large packs of images for each split, and an index that finds each image in them.

A split's folder holds packs (`00000.pack` and so on) and `packs.index`. A pack is nothing but stored images one after
another: JPEG files, or raw RGB pixels, uint8 [height, width, 3]. The index holds the classes, in sorted order, and for
each image its place, size and CRC-32, in the order in which class folders are listed. It is mapped into memory, so
opening a set of a million images reads it once, for its digest, and holds little of it.

The index begins with `MAGIC`, its version, the length of its header and the header's sha256. The header is a JSON
document with the sha256 of the body; the body is one column of numbers after another, then all file names.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.naming import original_name
from harness.data.prepared import INDEX, is_packed
from harness.errors import DataMissing
from harness.store.documents import canonical
from harness.store.store import write_atomically

Form = Literal["jpeg", "raw"]
"""Content of packs: files as class folders would hold them, or the pixels of these files."""

INDEX_VERSION = 1
MAGIC = b"HARNESS PACKS\n"
_START = struct.Struct(f"<{len(MAGIC)}sHQ32s")
"""Magic, version, length of the header, sha256 of the header."""
_ALIGNED = 64
"""Bytes to a multiple of which the header is filled up, so that the columns lie as numpy likes them."""
_READ_AT_ONCE = 2**20

COLUMNS = (
    ("at", "<u8"), ("name_end", "<u8"), ("stored", "<u4"), ("crc32", "<u4"), ("height", "<u4"), ("width", "<u4"),
    ("file_bytes", "<u4"), ("mode", "u1"),
)  # fmt: skip
"""Numbers of each image, with their types: its position in all packs of the split taken together, the end of its name
among all names, the bytes it takes and their CRC-32, its size in pixels, the bytes of its file in class folders, and
the number of the mode in which that file is stored."""

AGAIN = "`data prepare` with the same arguments makes it again"
ANEW = f"delete this pack, and {AGAIN}"
PACKS_ANEW = "delete these packs, and `data prepare` with the same arguments makes them again"
"""The remedies where the size of a pack is right and its content is not."""


def pack_path(folder: Path, number: int) -> Path:
    """Return the path of one pack of a split's folder.

    >>> pack_path(Path("train"), 3).name
    '00003.pack'
    """
    return folder / f"{number:05d}.pack"


class PackedImage(NamedTuple):
    """One image of a pack, for writing an index."""

    wnid: str
    """Class; empty in a split without labels."""
    name: str
    """File name in class folders."""
    at: int
    stored: int
    crc32: int
    height: int
    width: int
    file_bytes: int
    mode: str
    """Pillow's name of the mode in which the file is stored."""


class Part(NamedTuple):
    """The images of one class: from `start` to `stop` - 1 in the order of the index."""

    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Index:
    """The index of one split, mapped into memory and proved whole by its digests."""

    path: Path
    header: dict[str, Any]
    columns: dict[str, NDArray[Any]]
    """The numbers of `COLUMNS`, [images] each."""
    names_bytes: memoryview

    @property
    def form(self) -> Form:
        """Content of the packs."""
        form: Form = self.header["form"]
        return form

    @property
    def images(self) -> int:
        """Number of images."""
        return int(self.header["images"])

    @property
    def packs(self) -> list[int]:
        """Size of each pack, in bytes."""
        sizes: list[int] = self.header["packs"]
        return sizes

    @cached_property
    def classes(self) -> dict[str, Part]:
        """The images of each class, classes sorted; a split without labels has one without a name."""
        found, start = {}, 0
        for name, count in self.header["classes"]:
            found[name] = Part(start, start + count)
            start += count
        return found

    @property
    def modes(self) -> list[str]:
        """Modes in which files are stored; the column `mode` counts into them."""
        modes: list[str] = self.header["modes"]
        return modes

    def names(self, start: int, stop: int) -> Iterator[str]:
        """Yield the file names of images `start` to `stop` - 1."""
        ends = self.columns["name_end"][start:stop].tolist()
        begin = first = int(self.columns["name_end"][start - 1]) if start else 0
        blob = bytes(self.names_bytes[first : ends[-1]]) if ends else b""
        for end in ends:
            yield os.fsdecode(blob[begin - first : end - first])
            begin = end

    def listing(self, name: str) -> Iterator[tuple[str, int]]:
        """Yield (file name, bytes of the file) of each image of a class, as its folder would list them."""
        start, stop = self.classes[name]
        return zip(self.names(start, stop), self.columns["file_bytes"][start:stop].tolist(), strict=True)

    def require_packs(self) -> None:
        """Raise DataMissing for the first pack that is missing or has another size."""
        for number, expected in enumerate(self.packs):
            path = pack_path(self.path.parent, number)
            try:
                found = path.stat().st_size
            except OSError as error:
                raise DataMissing(f"{path}: a pack of the copy cannot be read ({error.strerror}); {AGAIN}") from None
            if found != expected:
                raise DataMissing(f"{path}: has {found:,} bytes where {self.path.name} says {expected:,}; {AGAIN}")


def index_of(folder: Path) -> Index | None:
    """Return the index of a split's folder; None for a folder without packs.

    It is read again only if it changed. Raises DataMissing where it is missing beside its packs, is damaged or of
    another version, or where a pack is missing or cut.
    """
    path = folder / INDEX
    try:
        status = path.stat()
    except OSError:
        if is_packed(folder):
            raise DataMissing(f"{path}: is missing beside its packs; {AGAIN}") from None
        return None
    index = _opened(path, status.st_size, status.st_mtime_ns)
    index.require_packs()
    return index


@lru_cache(maxsize=8)
def _opened(path: Path, _bytes: int, _changed_ns: int) -> Index:
    try:
        with path.open("rb") as file:
            header = _header(path, file.read(_START.size), file)
            start = file.tell()
            _require(_sha256(file) == header["body_sha256"], path)
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise DataMissing(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from None
    columns, images = {}, header["images"]
    for name, kind in COLUMNS:
        columns[name] = np.frombuffer(content, kind, images, start)
        start += columns[name].nbytes
    return Index(path, header, columns, content[start:])


def _header(path: Path, begin: bytes, file: Any) -> dict[str, Any]:
    _require(len(begin) == _START.size, path)
    magic, version, length, digest = _START.unpack(begin)
    _require(magic == MAGIC, path)
    if version != INDEX_VERSION:
        raise DataMissing(f"{path}: is of version {version}, and this program reads {INDEX_VERSION}; {AGAIN}")
    text = file.read(min(length, path.stat().st_size))
    _require(hashlib.sha256(text).digest() == digest, path)
    header: dict[str, Any] = json.loads(text)
    return header


def _sha256(file: Any) -> str:
    """Return the sha256 of the rest of a file, which passes through little memory."""
    digest = hashlib.sha256()
    while part := file.read(_READ_AT_ONCE):
        digest.update(part)
    return digest.hexdigest()


def _require(sound: bool, path: Path) -> None:  # noqa: FBT001 - reads as an assertion
    if not sound:
        raise DataMissing(f"{path}: is damaged: its digest does not fit; {AGAIN}")


def write_index(folder: Path, form: Form, packs: Sequence[int], images: Iterable[PackedImage]) -> None:
    """Write the index of a split's folder, completely or not at all; one with the same content stays as it is.

    The images come in any order. Raises DataMissing for two files of a class with one original name.
    """
    content = index_bytes(folder, form, packs, images)
    path = folder / INDEX
    if not path.is_file() or path.read_bytes() != content:
        write_atomically(path, content)


def index_bytes(folder: Path, form: Form, packs: Sequence[int], images: Iterable[PackedImage]) -> bytes:
    """Return the content of an index, which is a function of its images whatever their order."""
    rows = _Rows()
    for image in images:
        rows.add(image)
    order = sorted(range(len(rows.names)), key=lambda row: _listed_at(rows.names[row]))
    names = [rows.names[row] for row in order]
    _require_one_name_each(folder, names)
    counts: dict[str, int] = {}
    for wnid, _ in names:
        counts[wnid] = counts.get(wnid, 0) + 1
    columns, modes, stored = rows.ordered(order), sorted(rows.modes), [os.fsencode(name) for _, name in names]
    codes = {code: modes.index(mode) for mode, code in rows.modes.items()}
    columns["mode"] = np.array([codes[code] for code in columns["mode"].tolist()])
    columns["name_end"] = np.cumsum([len(name) for name in stored], dtype=np.uint64)
    body = b"".join([*(columns[name].astype(kind).tobytes() for name, kind in COLUMNS), *stored])
    header = {"form": form, "images": len(names), "classes": list(counts.items()), "packs": list(packs), "modes": modes}
    text = canonical(header | {"body_sha256": hashlib.sha256(body).hexdigest()}).encode()
    text += b" " * (-(_START.size + len(text)) % _ALIGNED)
    return _START.pack(MAGIC, INDEX_VERSION, len(text), hashlib.sha256(text).digest()) + text + body


class _Rows:
    """The images of an index in any order, column by column, because a million tuples would fill the memory."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        """(class, file name) of each image."""
        self.modes: dict[str, int] = {}
        """Numbers of the modes in the order in which they came."""
        self._columns = {name: array("Q") for name, _ in COLUMNS if name != "name_end"}

    def add(self, image: PackedImage) -> None:
        """Add an image."""
        self.names.append((sys.intern(image.wnid), image.name))
        code = self.modes.setdefault(image.mode, len(self.modes))
        for name, column in self._columns.items():
            column.append(code if name == "mode" else getattr(image, name))

    def ordered(self, order: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Return the columns in this order of the images."""
        return {name: np.array(column, np.uint64)[np.array(order, np.int64)] for name, column in self._columns.items()}


def _listed_at(name: tuple[str, str]) -> tuple[str, str, str]:
    """Return a key that sorts (class, file name) as class folders are listed."""
    return name[0], original_name(name[1]), name[1]


def _require_one_name_each(folder: Path, names: Sequence[tuple[str, str]]) -> None:
    for one, other in pairwise(names):
        if _listed_at(one)[:2] == _listed_at(other)[:2]:
            raise DataMissing(f"{folder}: {'/'.join(other)} is the same image as {one[1]}; take one of them away")
