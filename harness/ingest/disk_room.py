"""Estimate of the disk space of a copy, made before the copy is started."""

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
"""Numbers of pieces, and of images in each, that are copied in memory for the estimate; a hash chooses them."""
BLOCK = 4096
"""Bytes in which most disks allocate files."""
RECORD = 600
"""Bytes that the record of one image takes."""


@dataclass(frozen=True, slots=True)
class Room:
    """An estimate of a copy's size."""

    images: int
    bytes: int
    sampled: int
    short_side: int | None = None
    """The shorter side, in pixels, that nearly all sampled images share; those of the original release differ."""

    def says(self) -> str:
        """Describe the estimate for people."""
        return f"about {size(self.bytes)} on disk (estimated from {self.sampled:,} images)"


def estimated(sources: list[Source], images: int, compact: Compact) -> Room:
    """Estimate the size of a copy of `images` images by copying a seeded sample in memory."""
    found = [copy for image in _sample(sources) if (copy := _copied(image, compact)) is not None]
    if not found:
        return Room(images, images * RECORD, 0)
    block = BLOCK if compact.packed is None else 1  # only in packs, files begin where others end
    rounded = [-(-size // block) * block for size, _ in found]
    needed = round(images * (sum(rounded) / len(rounded) + RECORD))
    return Room(images, needed, len(found), common_short_side(side for _, side in found))


def require_room(room: Room, share: float, out: Path) -> None:
    """Raise UsageError where the remaining `share` of a copy does not fit on its disk."""
    free = shutil.disk_usage(_existing(out)).free
    if room.bytes * share > free:
        raise UsageError(
            f"--out {out}: the rest of the copy needs about {size(room.bytes * share)} (estimated from "
            f"{room.sampled:,} images), and {size(free)} are free there; make room, or name another disk"
        )


def _sample(sources: list[Source]) -> Iterator[StoredImage]:
    pieces: dict[str, Piece] = {f"{one.split}/{piece.name}": piece for one in sources for piece in one.pieces}
    for name in ranked(pieces, "sample 0")[:PIECES]:
        # Read the piece twice: the rows of a parquet file hold their images, which must not be held in memory together.
        wanted = set(ranked((image.name for image in pieces[name].images()), "sample 0")[:IMAGES])
        yield from (image for image in pieces[name].images() if image.name in wanted)


def _copied(image: StoredImage, compact: Compact) -> tuple[int, int] | None:
    """Return (bytes of the copy, shorter side of the original); None for a damaged image, which the copy reports."""
    try:
        with image.open() as file:
            data = unpacked(file.read())
        with Image.open(io.BytesIO(data)) as original:
            side = min(original.size)
        return len(compact.stored(compact.copied(data))), side
    except UNREADABLE:
        return None


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
