"""Encoding of one image's compact copy, and the difference of its pixels from the original."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, features
from PIL import __version__ as pillow_version

from harness.data import jpeg
from harness.data.decode import UNREADABLE, as_rgb, eight_bits, picture
from harness.data.packs import Form
from harness.data.spec import Prepare
from harness.errors import UsageError
from harness.ingest.jpeg_scan import remark
from harness.ingest.reference import central_square

SUBSAMPLING = "4:2:0"
FILTER = "bilinear, antialiased"
COMPARED_AT = 256
"""AlexNet's shorter side (section 2), at which a larger copy is compared too."""


@dataclass(frozen=True, slots=True)
class Compact:
    """Settings of a copy."""

    short_side: int | None
    """Images with a longer shorter side, in pixels, are reduced to it; None keeps every file unchanged."""
    quality: int
    packed: Form | None = None
    """What packs hold; None for class folders."""

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UsageError(f"--quality {self.quality}: JPEG has qualities from 1 to 100")
        if self.short_side is not None and self.short_side < 1:
            raise UsageError(f"--short-side {self.short_side}: at least 1 pixel is needed")

    @property
    def sides(self) -> list[int]:
        """Shorter sides at which a copy is compared with the original."""
        if self.short_side is None:
            return []
        return sorted({self.short_side, min(self.short_side, COMPARED_AT)})

    def document(self) -> dict[str, Any]:
        """Return all settings and library versions that decide the bytes of a copy."""
        packed = {} if self.packed is None else {"packed": self.packed}
        if self.short_side is None:
            return {"short_side": None} | packed
        libraries = {"pillow": pillow_version, "libjpeg": _libjpeg()}
        how = {"short_side": self.short_side, "quality": self.quality, "subsampling": SUBSAMPLING, "filter": FILTER}
        return how | {"format": "JPEG"} | libraries | packed

    def stored(self, copy: bytes) -> bytes:
        """Return the bytes that a copy keeps of an image's `copied` file: all, or its pixels [height, width, 3]."""
        return np.asarray(picture(copy)[0]).tobytes() if self.packed == "raw" else copy

    def copied(self, data: bytes, *, released: bool = False) -> bytes:
        """Return the copy's bytes; a grey or RGB JPEG that is small enough stays unchanged.

        Every image is decoded completely, so that training can read all that is copied. Raises an error of UNREADABLE
        for a damaged image, and Warned where a decoder warns about its pixels, unless it is known to have been
        `released` so.
        """
        with Image.open(io.BytesIO(data)) as image:
            pixels = _pixels(image, data, released=released)
            if self.short_side is None or self._is_small(image):
                return data
            return self._encoded(pixels if pixels.mode == "L" else as_rgb(pixels), self.short_side)

    def difference(self, data: bytes, copy: bytes) -> dict[str, float]:
        """Return the mean absolute difference of grey levels, 0 to 255, of the central squares, by shorter side."""
        return {
            str(side): float(np.abs(central_square(data, side) - central_square(copy, side)).mean())
            for side in self.sides
        }

    def _is_small(self, image: Image.Image) -> bool:
        assert self.short_side is not None
        return min(image.size) <= self.short_side and image.format == "JPEG" and image.mode in ("L", "RGB")

    def _encoded(self, image: Image.Image, short_side: int) -> bytes:
        if min(image.size) > short_side:
            height, width = Prepare(short_side=short_side).rescaled(image.height, image.width)
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        # Drop orientation, comments and colour profile, which the harness ignores when it decodes.
        image.info = {}
        file = io.BytesIO()
        image.save(file, "JPEG", quality=self.quality, subsampling=SUBSAMPLING)
        return file.getvalue()


class Warned(OSError):
    """A JPEG that decodes with a warning, so that some of its pixels are wrong."""


def _pixels(image: Image.Image, data: bytes, *, released: bool) -> Image.Image:
    """Return all pixels of an opened image; raises Warned or an error of UNREADABLE."""
    found = jpeg.decoded(data)
    if found is None:
        image.load()
    said = None if released else remark(data, decoded=found is not None)
    if said is not None and said.kind == "warned":
        raise Warned(f"the decoder warns: {said.says}")
    if found is None:
        return eight_bits(image)
    pixels, mode = found
    return Image.fromarray(pixels[..., 0] if mode == "L" else pixels)


def unreadable(error: BaseException) -> str | None:
    """Return the message of an error that means an unreadable image; None for any other error."""
    return str(error).partition(" <_io.")[0] if isinstance(error, UNREADABLE) else None


def sha256(data: bytes) -> str:
    """Return the sha256 of a file's content, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _libjpeg() -> str:
    kind = "libjpeg-turbo" if features.check_feature("libjpeg_turbo") else "libjpeg"
    return f"{kind} {features.version_feature('libjpeg_turbo') or features.version_codec('jpg')}"
