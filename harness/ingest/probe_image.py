"""Examination of one stored image: its header, its end, and whether it can be decoded."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from PIL import Image

from harness.data import jpeg
from harness.data.decode import UNREADABLE, as_rgb, depth_fault
from harness.ingest.jpeg_scan import Remark, remark
from harness.ingest.sources import StoredImage

Item = TypeVar("Item")
Answer = TypeVar("Answer")

GZIP = b"\x1f\x8b"
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
_NAMED = {".jpeg": "JPEG", ".jpg": "JPEG", ".png": "PNG"}


class Look(NamedTuple):
    """The properties of one image."""

    mode: str = ""
    """Pillow's name of the mode: RGB, L (grey), CMYK and others."""
    format: str = ""
    size: tuple[int, int] = (0, 0)
    """(width, height), pixels."""
    fault: str = ""
    """Why it cannot be used; empty for a sound image."""
    damage: str = ""
    """The kind of damage in one word: empty, unreadable, deep, truncated or warned."""
    remark: Remark | None = None
    """A strict decoder's other remark about a JPEG."""
    gzipped: bool = False
    """Whether it is packed by gzip, as some images of ILSVRC-2010 are; training can read only a copy."""

    def misnamed(self, name: str) -> bool:
        """Check whether the file's suffix belongs to another format."""
        # MPO is a JPEG with further pictures after the first.
        return not self.damage and _NAMED.get(Path(name).suffix.lower()) != self.format.replace("MPO", "JPEG")


def look_at(image: StoredImage, *, decode: bool) -> Look:
    """Examine an image; without `decode`, it is decoded only where its file does not end as its format does."""
    try:
        with image.open() as file:
            if file.seek(0, io.SEEK_END) == 0:
                return Look(fault="the file is empty", damage="empty")
            file.seek(0)
            if file.read(len(GZIP)) == GZIP:
                file.seek(0)
                return _looked(io.BytesIO(unpacked(file.read())), decode=decode)._replace(gzipped=True)
            file.seek(0)
            return _looked(file, decode=decode)
    except OSError as error:
        return Look(fault=f"cannot be read ({error})", damage="unreadable")


def unpacked(data: bytes) -> bytes:
    """Return a stored file's image, unpacked where gzip packs it; raises OSError where that is damaged."""
    try:
        return gzip.decompress(data) if data.startswith(GZIP) else data
    except (EOFError, zlib.error) as error:
        raise OSError(f"packed by gzip, and damaged: {error}") from None


def _looked(file: BinaryIO, *, decode: bool) -> Look:
    try:
        opened = Image.open(file)
    except UNREADABLE as error:
        return Look(fault=f"is not a readable image ({_short(error)})", damage="unreadable")
    with opened:
        look = Look(opened.mode, opened.format or "", opened.size)
        if (fault := depth_fault(opened)) is not None:
            return look._replace(fault=fault, damage="deep")
        if not decode and _ends(file, look.format):
            return look
        return _decoded(file, opened, look)


def _decoded(file: BinaryIO, opened: Image.Image, look: Look) -> Look:
    """Decode all pixels; Pillow decides whether that is possible."""
    file.seek(0)
    data = file.read()
    strictly = jpeg.decoded(data) is not None
    try:
        file.seek(0)
        if not strictly:
            as_rgb(opened).load()
    except UNREADABLE as error:
        return look._replace(fault=f"cannot be decoded to its end ({_short(error)})", damage="truncated")
    said = remark(data, decoded=strictly)
    if said is not None and said.kind == "warned":
        return look._replace(fault=said.says, damage="warned")
    return look._replace(remark=said)


def _ends(file: BinaryIO, form: str) -> bool:
    """Check whether the file's last bytes are those that end its format."""
    end = _ENDS.get(form)
    if end is None:
        return False
    file.seek(-min(len(end), file.seek(0, io.SEEK_END)), io.SEEK_END)
    return file.read() == end


def _short(error: Exception) -> str:
    """Return the message without the stream's address, which changes between runs."""
    return str(error).partition(" <_io.")[0]


def chosen(name: str, share: float) -> bool:
    """Check whether an image belongs to a seeded sample of about that share, by a hash of its name.

    >>> chosen("val/a.JPEG", 1.0), chosen("val/a.JPEG", 0.0)
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(f"sample 0/{name}".encode()).digest()[:8]) < share * 2**64


def in_order(
    pool: ThreadPoolExecutor, work: Callable[[Item], Answer], items: Iterable[Item], ahead: int
) -> Iterator[Answer]:
    """Yield answers in the order of the items, with at most `ahead` items in work, which bounds the memory."""
    waiting: deque[Future[Answer]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for task in waiting:
            task.cancel()
