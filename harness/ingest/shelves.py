"""The places of a copy's images: class folders with a file for each, or packs with thousands in one file.

A shelf holds one split. Its pieces come in their order, each either finished by an earlier run or made now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from harness.data.prepared import CopyFiles
from harness.ingest.encode import Compact
from harness.ingest.packing import PackShelf
from harness.ingest.piece_records import Entry, finished, write_record
from harness.ingest.sources import Piece, Source
from harness.store.store import write_atomically


class Shelf(Protocol):
    """A place for the images of one split."""

    def finished(self, piece: Piece) -> list[Entry] | None:
        """Return the record of a piece that an earlier run finished; None where the piece has to be made."""

    def making(self, piece: Piece) -> AbstractContextManager[list[Entry]]:
        """Begin a piece and yield the list for its entries; at the end of the block, record them."""

    def stored(self, entry: Entry, content: bytes) -> tuple[Entry, bytes]:
        """Do what may be done in any order, in a thread; return what `placed` takes."""

    def placed(self, entry: Entry, content: bytes) -> Entry:
        """Put an image in its place, in order; return its final record."""

    def close(self) -> None:
        """End the split after its last piece."""


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """Class folders; each image appears completely or not at all."""

    files: CopyFiles
    split: str

    def finished(self, piece: Piece) -> list[Entry] | None:
        """Return the record of a piece whose files all exist in their size; None otherwise."""
        return finished(self.files.record(self.split, piece.name), self.files.out / self.split)

    @contextmanager
    def making(self, piece: Piece) -> Iterator[list[Entry]]:
        """Yield the list for the entries, and write their record at the end of the block."""
        entries: list[Entry] = []
        yield entries
        write_record(self.files.record(self.split, piece.name), entries)

    def stored(self, entry: Entry, content: bytes) -> tuple[Entry, bytes]:
        """Write an image's file."""
        if entry.how != "damaged":
            write_atomically(self.files.out / self.split / entry.name, content)
        return entry, b""

    def placed(self, entry: Entry, content: bytes) -> Entry:  # noqa: ARG002 - the file lies in its place already
        """Return the entry."""
        return entry

    def close(self) -> None:
        """Do nothing: every file is complete."""


def shelf_of(files: CopyFiles, source: Source, compact: Compact) -> Shelf:
    """Return the shelf of one split of a copy."""
    if compact.packed is None:
        return FolderShelf(files, source.split)
    return PackShelf(files, source, compact)
