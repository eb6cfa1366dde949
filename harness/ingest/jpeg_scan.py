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
HOLE = bytes(64)
"""So many zeros in a row within coded pixels that are followed by more than they need: a part of the file is lost."""
NO_STRICT_DECODER = "simplejpeg is not installed: JPEGs whose pixels are damaged within are not told from sound ones"
_SOI, _EOI, _SOS = b"\xff\xd8", 0xD9, 0xDA
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


def remark(data: bytes) -> Remark | None:
    """What a strict decoder says of a JPEG that it does not take as it is; None where there is nothing to say.

    `warned`: some of the pixels are wrong; `padded`: none is; `unjudged`: the decoder does not know this kind of JPEG.
    """
    if not data.startswith(_SOI):
        return None
    bare, colours = _bare(data)
    says = jpeg.complaint(bare, "CMYK" if colours == 4 else "RGB")
    return None if says is None else _weighed(bare, says)


def _bare(data: bytes) -> tuple[bytes, int]:
    """A JPEG of the same pixels with the tables and scans alone, and the number of its colours."""
    parts, colours = [_SOI], 3
    for marker, start, end in _segments(data):
        if marker == _SOS:
            return b"".join([*parts, data[start:], bytes([0xFF, _EOI])]), colours
        if marker in _TABLES:
            parts.append(data[start:end])
        if marker in _TABLES and marker >= 0xC0 and marker not in (0xC4, 0xCC, 0xDB, 0xDD):
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


def _weighed(bare: bytes, says: str) -> Remark:
    extraneous = _EXTRANEOUS.search(says)
    if extraneous is not None and _is_harmless(bare, int(extraneous[1])):
        return Remark("padded", says)
    return Remark("unjudged" if _REFUSED.search(says) else "warned", says)


def _is_harmless(bare: bytes, extra: int) -> bool:
    """Whether so many bytes before the end marker are no coded pixels that the decoder lost its way before."""
    *_, (_, _, pixels), (_, end, _) = [(0, 0, 0), *_segments(bare)]
    coded, after = bare[pixels : end - extra], bare[end - extra : end]
    if HOLE in coded.removesuffix(after[:1] * FEW):
        return False
    return extra <= FEW or len(set(after)) == 1
