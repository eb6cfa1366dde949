"""Asks a strict decoder of the coded pixels of a JPEG, apart from all else that its file holds.

libjpeg decodes damaged pixels to their end and only warns, and Pillow does not hand its warnings on. A JPEG carries no
checksum, so what it warns of is all there is to see. Much of that is harmless: an unknown version of a header, bytes
between its parts, a missing end marker, bytes after it. So the headers are left away here and an end is put there, and
what is warned of then is of the pixels, but for one thing: a few bytes, or some padding, between the pixels and the end
marker. Many cameras and programs write these, and of the ILSVRC images a public report names one with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from harness.data import jpeg

FEW = 16
"""Bytes before the end marker that are taken as harmless, whatever they are; what a decoder lost is hundreds."""
LAST = 2
"""So many of a picture's own last bytes may look like padding."""
HOLE = bytes(64)
"""So many zeros in a row among coded pixels: a part of the file is lost."""
NO_STRICT_DECODER = "simplejpeg is not installed: JPEGs whose pixels are damaged within are not told from sound ones"
_SOI, _END = b"\xff\xd8", b"\xff\xd9"
_EOI, _SOS, _DHT = 0xD9, 0xDA, 0xC4
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_TABLES = frozenset({0xDB, 0xC4, 0xCC, 0xDD, *range(0xC0, 0xD0)} - {0xC8})
"""Quantisation, codes, restart intervals and frames: all that decoding needs."""
_ALONE = frozenset({0x01, 0xD8, _EOI})
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""Neither a stuffed zero nor a restart."""
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_REFUSED = re.compile(r"subsampling|colorspace|decompress header|[Uu]nsupported")
"""In messages about what the strict decoder does not know, rather than what is wrong."""


class Remark(NamedTuple):
    """What is to be said of the coded pixels of one JPEG."""

    kind: Literal["warned", "padded", "unjudged"]
    says: str


def remark(data: bytes, *, decoded: bool = False) -> Remark | None:
    """What a strict decoder says of a JPEG, or what shows without one; None where there is nothing to say.

    `warned`: some of the pixels are wrong; `padded`: none is; `unjudged`: the decoder does not know this kind of JPEG.
    With `decoded`, a strict decoder has taken it already.
    """
    if not data.startswith(_SOI) or (decoded and HOLE not in data):
        return None
    bare, colours = _bare(data)
    into = "CMYK" if colours == 4 else "RGB"
    says = None if decoded else jpeg.complaint(bare, into)
    if says is not None:
        return _weighed(bare, says, into)
    if _has_hole(bare):
        return Remark("warned", f"{len(HOLE)} zeros or more in a row among its coded pixels, which no picture gives")
    return None


def _bare(data: bytes) -> tuple[bytes, int]:
    """A JPEG of the same pixels with the tables and scans alone, and the number of its colours."""
    parts, colours = [_SOI], 3
    for marker, start, end in _segments(data):
        if marker == _SOS:
            return b"".join([*parts, data[start:], _END]), colours
        if marker in _TABLES:
            parts.append(data[start:end])
        if marker in _TABLES and marker >= 0xC0 and marker not in (_DHT, 0xCC, 0xDB, 0xDD):
            colours = data[start + 9] if start + 9 < len(data) else 3
    return data, colours


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each part of a JPEG, to its end marker; coded pixels lie between two of them."""
    at = len(_SOI)
    while (found := _MARKER.search(data, at)) is not None:
        marker, start = found[1][0], found.end() - 2
        length = 0 if marker in _ALONE else int.from_bytes(data[found.end() : found.end() + 2])
        at = found.end() + length
        yield marker, start, at
        if marker == _EOI:
            return


def _weighed(bare: bytes, says: str, colours: str) -> Remark:
    extra = _extraneous(says)
    if extra and _is_harmless(bare, extra) and _is_whole(bare, extra, colours):
        return Remark("padded", says)
    return Remark("unjudged" if _REFUSED.search(says) else "warned", says)


def _extraneous(says: str | None) -> int:
    """How many bytes too many there are before the end marker, if that is what is warned of."""
    found = _EXTRANEOUS.search(says or "")
    return int(found[1]) if found else 0


def _is_harmless(bare: bytes, extra: int) -> bool:
    """Whether so many bytes before the end marker are no coded pixels that the decoder lost its way before."""
    coded = _last_scan(bare)
    before, after = coded[: len(coded) - extra], coded[len(coded) - extra :]
    if HOLE in before.removesuffix(after[:1] * FEW):
        return False
    return extra <= FEW or len(set(after)) == 1


def _is_whole(bare: bytes, extra: int, colours: str) -> bool:
    """Whether nothing else is warned of once these bytes are gone: the decoder tells of the first thing alone.

    Of padding all goes but a few bytes, for the decoder may take some for pixels that are not there.
    """
    coded = _last_scan(bare)
    padding = len(coded) - len(coded.rstrip(coded[-1:]))
    says = [
        jpeg.complaint(bare[: -len(_END) - max(extra, padding - left)] + _END, colours)
        for left in range(LAST + 1 if extra > FEW else 1)
    ]
    return any(one is None or 0 < _extraneous(one) <= FEW for one in says)


def _has_hole(bare: bytes) -> bool:
    """Whether a run of zeros lies among coded pixels for which zeros are detail, not the end of a block.

    A decoder that comes out of it in step warns of nothing; it would of padding.
    """
    segments = {marker: bare[start:end] for marker, start, end in _segments(bare)}
    is_sequential = not segments.keys() & _PROGRESSIVE
    return is_sequential and HOLE in _last_scan(bare) and _zeros_are_detail(bare)


def _zeros_are_detail(bare: bytes) -> bool:
    """Whether the code of zeros alone stands, in any table of details, for one, and not for there being no more."""
    for marker, start, end in _segments(bare):
        at = start + 4
        while marker == _DHT and at + 17 <= end:
            kind, count = bare[at], sum(bare[at + 1 : at + 17])
            if kind >> 4 == 1 and count and bare[at + 17] & 0x0F:
                return True
            at += 17 + count
    return False


def _last_scan(bare: bytes) -> bytes:
    """The coded pixels before the end marker."""
    *_, (_, _, start), (_, end, _) = [(0, 0, 0), *_segments(bare)]
    return bare[start:end]
