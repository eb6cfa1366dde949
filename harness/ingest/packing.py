"""Packs of a copy in progress: images one after another in a few large files, piece by piece.

A piece never lies in two packs: a pack that has reached `PACK_BYTES` is followed by another. A piece counts only by its
record, which is written once its bytes are on disk. From the first piece that does not count, everything is made anew:
the records from there on go first, then the bytes. So a killed copy ends in the same bytes.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from PIL import Image

from harness.data.packs import PackedImage, pack_path, write_index
from harness.data.prepared import INDEX, CopyFiles
from harness.errors import HarnessError
from harness.ingest.copy_image import copy_name
from harness.ingest.encode import Compact, sha256
from harness.ingest.piece_records import Entry, PackedEntry, read_record, write_record
from harness.ingest.sources import Piece, Source, StoredImage
from harness.store.store import sync_folder

PACK_BYTES = 2**32
"""Size from which on a pack is complete."""


class PackShelf:
    """The packs of one split."""

    def __init__(self, files: CopyFiles, source: Source, compact: Compact) -> None:
        self.files, self.source, self.compact = files, source, compact
        self.folder = files.out / source.split
        self.folder.mkdir(exist_ok=True)
        self._full: list[int] = []
        """Sizes of the complete packs."""
        self._used = 0
        """Bytes of the pack that is being filled."""
        self._anew = False
        """Whether an earlier piece has been made by this run, so that later ones have to be made too."""
        self._descriptor = -1

    @property
    def _at(self) -> int:
        return sum(self._full) + self._used

    def finished(self, piece: Piece) -> list[Entry] | None:
        """Return the record of a piece that lies in its place; None otherwise, and after any piece made by this run.

        Damaged images are read again, because somebody may have replaced them by sound ones.
        """
        if self._anew:
            return None
        try:
            entries = list(read_record(self._record(piece)))
            end = self._end(entries)
            there = end == self._used or self._pack.stat().st_size >= end
        except (OSError, ValueError, TypeError):
            return None
        if not there or not self._still_damaged(piece, entries):
            return None
        self._fill(end)
        return entries

    @contextmanager
    def making(self, piece: Piece) -> Iterator[list[Entry]]:
        """Append the images of a piece to the pack; at the end of the block, record them once they are on disk."""
        if not self._anew:
            self._remove_from(piece)
            self._anew = True
        entries: list[Entry] = []
        begin = self._used
        self._descriptor = os.open(self._pack, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            yield entries
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)
        if self._used == begin == 0:
            self._pack.unlink()
        sync_folder(self.folder)
        write_record(self._record(piece), entries)
        self._fill(self._used)

    def stored(self, entry: Entry, content: bytes) -> tuple[Entry, bytes]:
        """Return the record of an image with its checksums and size, and the bytes for the pack."""
        if entry.how == "damaged":
            return PackedEntry(**asdict(entry)), b""
        kept = self.compact.stored(content)
        with Image.open(io.BytesIO(content)) as image:
            width, height, mode = *image.size, image.mode
        packed = PackedEntry(**asdict(entry), stored=len(kept), height=height, width=width, mode=mode)
        return replace(packed, crc32=zlib.crc32(kept), stored_sha256=sha256(kept)), kept

    def placed(self, entry: Entry, content: bytes) -> Entry:
        """Append an image to the pack."""
        assert isinstance(entry, PackedEntry)
        placed = replace(entry, at=self._at)
        left = memoryview(content)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._used += len(content)
        return placed

    def close(self) -> None:
        """Write the index, from the records. Raises HarnessError where something lies there that belongs to no image.

        It would be of images that have left the source since the copy began.
        """
        packs = [*self._full, *([self._used] if self._used else [])]
        expected = {pack_path(self.folder, number).name: size for number, size in enumerate(packs)}
        found = {path.name: path.stat().st_size for path in self.folder.iterdir() if path.name != INDEX}
        records = {self._record(piece) for piece in self.source.pieces}
        odd = [self.folder / name for name in sorted(found.keys() | expected) if found.get(name) != expected.get(name)]
        odd += sorted(set(self._records.glob("*.jsonl")) - records)
        if odd:
            raise HarnessError(
                f"{odd[0]}: is not what was copied: the source changed meanwhile; delete the copy and prepare it again"
            )
        assert self.compact.packed is not None
        write_index(self.folder, self.compact.packed, packs, self._images())

    @property
    def _pack(self) -> Path:
        return pack_path(self.folder, len(self._full))

    @property
    def _records(self) -> Path:
        return self.files.record(self.source.split, "").parent

    def _record(self, piece: Piece) -> Path:
        return self.files.record(self.source.split, piece.name)

    def _fill(self, used: int) -> None:
        """Count bytes of the pack as used; a full pack is followed by another."""
        self._used = used
        if used >= PACK_BYTES:
            self._full.append(used)
            self._used = 0

    def _end(self, entries: list[Entry]) -> int:
        """Return where a piece ends in its pack. Raises ValueError where it does not lie where it should."""
        at = self._at
        for entry in entries:
            if not isinstance(entry, PackedEntry) or (entry.how != "damaged" and entry.at != at):
                raise ValueError(entry.name)
            at += entry.stored
        return self._used + at - self._at

    def _still_damaged(self, piece: Piece, entries: list[Entry]) -> bool:
        damaged = {entry.name: entry.source_sha256 for entry in entries if entry.how == "damaged"}
        if not damaged:
            return True
        named = {copy_name(image, unchanged=self.compact.short_side is None): image for image in piece.images()}
        return all(name in named and sha256(_content(named[name])) == digest for name, digest in damaged.items())

    def _remove_from(self, piece: Piece) -> None:
        """Remove the records of this piece and of all later ones, and then their bytes and the index."""
        names = [one.name for one in self.source.pieces]
        for name in reversed(names[names.index(piece.name) :]):
            self.files.record(self.source.split, name).unlink(missing_ok=True)
        (self.folder / INDEX).unlink(missing_ok=True)
        for path in self.folder.glob("*.pack"):
            if path.name > self._pack.name:
                path.unlink()
        if self._pack.exists():
            os.truncate(self._pack, self._used)

    def _images(self) -> Iterator[PackedImage]:
        for piece in self.source.pieces:
            for entry in read_record(self._record(piece)):
                if isinstance(entry, PackedEntry) and entry.how != "damaged":
                    wnid, _, name = entry.name.rpartition("/")
                    size = entry.height, entry.width
                    yield PackedImage(wnid, name, entry.at, entry.stored, entry.crc32, *size, entry.bytes, entry.mode)


def _content(image: StoredImage) -> bytes:
    try:
        with image.open() as file:
            return file.read()
    except OSError:
        return b""
