"""Sources: the images of a split, piece by piece, in class folders, flat folders, archives or parquet files."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, cast

from harness.data.naming import image_name
from harness.data.sets.imagenet import class_entries, is_image
from harness.errors import DataMissing

Form = Literal["class folders", "flat folder", "class tars", "tar of class tars", "tar", "parquet", "packs"]
PIECE = 1000
"""Images of a piece where there are no classes to divide by."""
WnidOf = Callable[[str], str | None]
"""Return the class of an image by its file name; None where it is unknown."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image in its place."""

    name: str
    """File name as in the original release."""
    wnid: str | None
    """Class; None where the image has no label."""
    place: str
    """Its place, for messages."""
    open: Callable[[], BinaryIO]
    """Opens a seekable stream of its bytes; raises OSError."""
    told: tuple[str, ...] = ()
    """Every class in its file name."""

    @property
    def misplaced(self) -> bool:
        """Whether its name holds another class than that of its place, or two classes."""
        return len({*self.told, *(() if self.wnid is None else (self.wnid,))}) > 1


def stored_image(file: str, wnid: str | None, place: str, opened: Callable[[], BinaryIO]) -> StoredImage:
    """Return an image by its file name, in any spelling."""
    name = image_name(file)
    return StoredImage(name.original, wnid, place, opened, name.told)


def image_entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return the entries of a folder that have the name of an image, in the order of original names."""
    return [entry for entry in class_entries(folder) if is_image(entry.name)]


class Piece(Protocol):
    """A part of a split that is listed together and, in a copy, finished together."""

    @property
    def name(self) -> str:
        """Name, unique within the split."""

    def count(self) -> int | None:
        """Return the number of images; None where only reading the whole piece would tell."""

    def stored_bytes(self) -> int:
        """Return the approximate size, where `count` is unknown."""

    def images(self) -> Iterator[StoredImage]:
        """Yield the images in a fixed order; raises DataMissing where the piece cannot be listed."""


@dataclass(frozen=True, slots=True)
class Source:
    """One split in the layout in which it was found."""

    split: str
    form: Form
    place: Path
    pieces: tuple[Piece, ...]
    order: str
    """Origin of the labels, with the order of classes."""
    labelled: bool = True
    patches: int = 0
    """Number of replacements that the release provides and that are at hand."""

    def images(self) -> Iterator[StoredImage]:
        """Yield all images, piece by piece."""
        for piece in self.pieces:
            yield from piece.images()


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """The images of one class in a folder of their own."""

    path: Path
    wnid: str

    @property
    def name(self) -> str:
        """The class."""
        return self.wnid

    def count(self) -> int | None:
        """Return the number of files with the name of an image."""
        return len(image_entries(self.path))

    def stored_bytes(self) -> int:
        """Return 0; not needed, because the images are counted."""
        return 0

    def images(self) -> Iterator[StoredImage]:
        """Yield the images by name."""
        for entry in image_entries(self.path):
            yield stored_image(entry.name, self.wnid, entry.path, _opener(entry.path))


@dataclass(frozen=True, slots=True)
class FlatPiece:
    """Some images of a folder that holds a whole split."""

    name: str
    folder: Path
    names: tuple[str, ...]
    wnid_of: WnidOf

    def count(self) -> int | None:
        """Return the number of images."""
        return len(self.names)

    def stored_bytes(self) -> int:
        """Return 0; not needed, because the images are counted."""
        return 0

    def images(self) -> Iterator[StoredImage]:
        """Yield the images by name."""
        for name in self.names:
            path = str(self.folder / name)
            yield stored_image(name, self.wnid_of(name), path, _opener(path))


@dataclass(frozen=True, slots=True)
class TarPiece:
    """Some images of an archive, with their places in it."""

    name: str
    path: Path
    entries: tuple[tuple[str, int, int], ...]
    """(file name, offset, size) of each image, in bytes."""
    wnid_of: WnidOf

    def count(self) -> int | None:
        """Return the number of images."""
        return len(self.entries)

    def stored_bytes(self) -> int:
        """Return 0; not needed, because the images are counted."""
        return 0

    def images(self) -> Iterator[StoredImage]:
        """Yield the images in the archive's order."""
        for name, offset, size in self.entries:
            yield stored_image(name, self.wnid_of(name), f"{self.path}:{name}", section(self.path, offset, size))


@dataclass(frozen=True, slots=True)
class ClassTar:
    """The archive of one class: a file, or a part of the archive of all classes."""

    path: Path
    wnid: str
    offset: int
    size: int

    @property
    def name(self) -> str:
        """The class."""
        return self.wnid

    def count(self) -> int | None:
        """Return None, because only reading all headers would tell."""
        return None

    def stored_bytes(self) -> int:
        """Return the size of the archive."""
        return self.size

    def images(self) -> Iterator[StoredImage]:
        """Yield the images in the archive's order."""
        what = f"{self.path}:{self.wnid}.tar"
        for name, offset, size in tar_entries(self.path, self.offset, self.size, what):
            if is_image(name):
                start = self.offset + offset
                yield stored_image(name, self.wnid, f"{what}:{name}", section(self.path, start, size))


def tar_entries(path: Path, offset: int = 0, size: int | None = None, what: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield (file name without folders, offset of the content, size) of each file, like `tar_members`."""
    for name, start, length in tar_members(path, offset, size, what):
        yield Path(name).name, start, length


def tar_members(path: Path, offset: int = 0, size: int | None = None, what: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield (name, offset of the content, size) of each file of an uncompressed archive.

    The archive may be part of a file; offsets count from its own start. Raises DataMissing where it is cut short or not
    an archive.
    """
    try:
        length = path.stat().st_size - offset
        if size is not None and size > length:
            raise DataMissing(f"{what or path}: the archive is cut short; fetch {path.name} again")
        with section(path, offset, length if size is None else size)() as part, _opened(part) as archive:
            whole = length if size is None else size
            for member in archive:
                cast("Any", archive).members.clear()  # the headers of millions of files would fill the memory
                if member.offset_data + member.size > whole:
                    raise DataMissing(f"{what or path}: cut short within {member.name}; fetch {path.name} again")
                if member.isfile():
                    yield member.name, member.offset_data, member.size
            _require_end(part, archive.offset, what or str(path))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataMissing(f"{what or path}: cannot be read as an uncompressed tar ({error})") from None


def _opened(part: BinaryIO) -> closing[tarfile.TarFile]:
    return closing(tarfile.open(fileobj=part, mode="r:"))


def _require_end(part: BinaryIO, offset: int, what: str) -> None:
    """Raise DataMissing where the archive does not end in zeros, as one cut between two files does not."""
    part.seek(offset)
    block = part.read(tarfile.BLOCKSIZE)
    if len(block) < tarfile.BLOCKSIZE or block.strip(b"\0"):
        raise DataMissing(f"{what}: the archive has no end: it is cut short or damaged; fetch it again")


def _opener(path: str) -> Callable[[], BinaryIO]:
    return lambda: open(path, "rb")  # noqa: PTH123 - the caller closes it; Path costs as much as opening


def section(path: Path, offset: int, size: int) -> Callable[[], BinaryIO]:
    """Return a function that opens part of a file as a file of its own."""

    def opened() -> BinaryIO:
        return io.BufferedReader(Section(path, offset, size))

    return opened


class Section(io.RawIOBase):
    """Part of a file as a file of its own."""

    def __init__(self, path: Path, offset: int, size: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._offset, self._size, self._at = offset, size, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position from the start of the part."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move within the part."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        """Fill the buffer, up to the end of the part."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        count = max(0, min(len(view), self._size - self._at))
        self._file.seek(self._offset + self._at)
        read = self._file.readinto(view[:count]) or 0
        self._at += read
        return read

    def close(self) -> None:
        """Close the part and its file."""
        self._file.close()
        super().close()
