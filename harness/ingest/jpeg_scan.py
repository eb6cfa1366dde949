"""Strict check of a JPEG's coded pixels, apart from everything else in its file.

libjpeg decodes damaged pixels to their end and only warns, and Pillow does not pass its warnings on. A JPEG has no
checksum, so these warnings are the only evidence of damage. Many are harmless: an unknown version of a header, bytes
between parts, a missing end marker, bytes after it. This module therefore removes the headers and appends an end
marker, so that the remaining warnings concern the pixels. One harmless case is left: a few bytes, or some padding,
between the pixels and the end marker. Many cameras and programs write these, and a public report names one such image
of ILSVRC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from harness.data import jpeg

FEW = 16
"""Bytes before the end marker that always count as harmless; a decoder that lost its way leaves hundreds."""
LAST = 2
"""A picture's own last bytes that may look like padding."""
HOLE = bytes(64)
"""Zeros in a row among coded pixels that mean a lost part of the file."""
NO_STRICT_DECODER = "simplejpeg is not installed: damage within the pixels of JPEGs is not found"
_SOI, _END = b"\xff\xd8", b"\xff\xd9"
_EOI, _SOS, _DHT = 0xD9, 0xDA, 0xC4
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_TABLES = frozenset({0xDB, 0xC4, 0xCC, 0xDD, *range(0xC0, 0xD0)} - {0xC8})
"""Markers of quantisation, codes, restart intervals and frames: all that decoding needs."""
_ALONE = frozenset({0x01, 0xD8, _EOI})
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""A marker that is neither a stuffed zero nor a restart."""
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_REFUSED = re.compile(r"subsampling|colorspace|decompress header|[Uu]nsupported")
"""Words in messages about a kind of JPEG that the strict decoder does not support, rather than about damage."""


class Remark(NamedTuple):
    """A remark about the coded pixels of one JPEG."""

    kind: Literal["warned", "padded", "unjudged"]
    says: str


def remark(data: bytes, *, decoded: bool = False) -> Remark | None:
    """Return the strict decoder's complaint about a JPEG, or visible damage without one; None for a sound file.

    The kinds are `warned` (some pixels are wrong), `padded` (no pixel is wrong) and `unjudged` (the decoder does not
    support this kind of JPEG). `decoded` means that the strict decoder has accepted the file already.
    """
    if not data.startswith(_SOI) or (decoded and HOLE not in data):
        return None
    bare, colours = _bare(data)
    into = "CMYK" if colours == 4 else "RGB"
    says = None if decoded else jpeg.complaint(bare, into)
    if says is not None:
        return _weighed(bare, says, into)
    if _has_hole(bare):
        return Remark("warned", f"{len(HOLE)} zeros or more in a row among its coded pixels, which no picture contains")
    return None


def _bare(data: bytes) -> tuple[bytes, int]:
    """Return a JPEG of the same pixels with tables and scans only, and its number of colours."""
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
    """Yield (marker, start, end) of each part of a JPEG up to its end marker; coded pixels lie between two parts."""
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
    """Return the number of extra bytes before the end marker where the complaint is about them, otherwise 0."""
    found = _EXTRANEOUS.search(says or "")
    return int(found[1]) if found else 0


def _is_harmless(bare: bytes, extra: int) -> bool:
    """Check that the extra bytes before the end marker are not coded pixels that the decoder failed to reach."""
    coded = _last_scan(bare)
    before, after = coded[: len(coded) - extra], coded[len(coded) - extra :]
    if HOLE in before.removesuffix(after[:1] * FEW):
        return False
    return extra <= FEW or len(set(after)) == 1


def _is_whole(bare: bytes, extra: int, colours: str) -> bool:
    """Check that no other complaint remains without the extra bytes, because the decoder reports only the first.

    Of padding, all but a few bytes are removed, because the decoder may take some for missing pixels.
    """
    coded = _last_scan(bare)
    padding = len(coded) - len(coded.rstrip(coded[-1:]))
    says = [
        jpeg.complaint(bare[: -len(_END) - max(extra, padding - left)] + _END, colours)
        for left in range(LAST + 1 if extra > FEW else 1)
    ]
    return any(one is None or 0 < _extraneous(one) <= FEW for one in says)


def _has_hole(bare: bytes) -> bool:
    """Check for a run of zeros among coded pixels in which zeros mean detail, not the end of a block.

    A decoder that leaves the run in step warns about nothing; it would warn about padding.
    """
    segments = {marker: bare[start:end] for marker, start, end in _segments(bare)}
    is_sequential = not segments.keys() & _PROGRESSIVE
    return is_sequential and HOLE in _last_scan(bare) and _zeros_are_detail(bare)


def _zeros_are_detail(bare: bytes) -> bool:
    """Check whether in any table of details the code of only zeros stands for a detail, not for the end of a block."""
    for marker, start, end in _segments(bare):
        at = start + 4
        while marker == _DHT and at + 17 <= end:
            kind, count = bare[at], sum(bare[at + 1 : at + 17])
            if kind >> 4 == 1 and count and bare[at + 17] & 0x0F:
                return True
            at += 17 + count
    return False


def _last_scan(bare: bytes) -> bytes:
    """Return the coded pixels before the end marker."""
    *_, (_, _, start), (_, end, _) = [(0, 0, 0), *_segments(bare)]
    return bare[start:end]
