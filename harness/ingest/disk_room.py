"""How much room on disk a copy will take, estimated before it is begun."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from harness.data.decode import UNREADABLE
from harness.data.ranked import ranked
from harness.data.sets.rescaled import common_short_side
from harness.errors import UsageError
from harness.ingest.encode import Compact
from harness.ingest.probe_image import unpacked
from harness.ingest.sources import Piece, Source, StoredImage
from harness.progress import size

PIECES, IMAGES = 8, 8
"""So many pieces, chosen by a hash, and so many images of each, are copied in memory for the estimate."""
BLOCK = 4096
"""Bytes by which a file takes room, on most disks."""
RECORD = 600
"""Bytes that the record of one image takes."""


@dataclass(frozen=True, slots=True)
class Room:
    """An estimate of what a copy takes."""

    images: int
    bytes: int
    sampled: int
    short_side: int | None = None
    """The shorter side that nearly all of the sample have; images as they were released differ."""

    def says(self) -> str:
        """For people."""
        return f"about {size(self.bytes)} on disk (estimated from {self.sampled:,} images)"


def estimated(sources: list[Source], images: int, compact: Compact) -> Room:
    """The room that a copy of so many images will take, by copying a seeded sample of them in memory."""
    found = [copy for image in _sample(sources) if (copy := _copied(image, compact)) is not None]
    if not found:
        return Room(images, images * RECORD, 0)
    rounded = [-(-size // BLOCK) * BLOCK for size, _ in found]
    needed = round(images * (sum(rounded) / len(rounded) + RECORD))
    return Room(images, needed, len(found), common_short_side(side for _, side in found))


def require_room(room: Room, share: float, out: Path) -> None:
    """Raise UsageError where the share of a copy that is still to be made does not fit on its disk."""
    free = shutil.disk_usage(_existing(out)).free
    if room.bytes * share > free:
        raise UsageError(
            f"--out {out}: what is still to be copied needs about {size(room.bytes * share)} (estimated from "
            f"{room.sampled:,} images), and {size(free)} are free there; make room, or name another disk"
        )


def _sample(sources: list[Source]) -> Iterator[StoredImage]:
    pieces: dict[str, Piece] = {f"{one.split}/{piece.name}": piece for one in sources for piece in one.pieces}
    for name in ranked(pieces, "sample 0")[:PIECES]:
        # Twice through the piece, for the rows of a parquet file hold their images, and are not to be held together.
        wanted = set(ranked((image.name for image in pieces[name].images()), "sample 0")[:IMAGES])
        yield from (image for image in pieces[name].images() if image.name in wanted)


def _copied(image: StoredImage, compact: Compact) -> tuple[int, int] | None:
    """(bytes of the copy, shorter side of the original); None for a damaged image, which is met again in its turn."""
    try:
        with image.open() as file:
            data = unpacked(file.read())
        with Image.open(io.BytesIO(data)) as original:
            side = min(original.size)
        return len(compact.copied(data)), side
    except UNREADABLE:
        return None


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
