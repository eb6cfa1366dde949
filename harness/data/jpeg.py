"""Decodes ordinary JPEGs, as in ImageNet, in about 0.6 of Pillow's time and to the same pixels.

The decoder was chosen by benchmark (256-pixel copies of quality 90, processor time relative to Pillow's): simplejpeg
0.60, imagecodecs 0.60 at 79 MB installed, torchvision 0.64 and torchcodec 0.67, all exact. simplejpeg is one file of 1
MB and imports in milliseconds, torchvision in seconds. Reduced decoding (of DCT coefficients) would give other pixels
and is not used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

try:
    import simplejpeg
except ImportError:  # a platform without it: Pillow decodes everything
    simplejpeg = None

MODES = {"YCbCr": "RGB", "RGB": "RGB", "Gray": "L"}
"""Pillow's modes for JPEGs of these colour spaces. Only Pillow converts the others, which are inks."""


def decoded(data: bytes) -> tuple[NDArray[np.uint8], str] | None:
    """Decode a JPEG; return RGB pixels [H, W, 3] and Pillow's mode, or None if Pillow has to decode it.

    None stands for every other format, and for files that the strict decoder rejects: Pillow decides whether a file is
    damaged and how to decode it. Every returned pixel equals Pillow's.
    """
    if simplejpeg is None or not data.startswith(b"\xff\xd8"):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in MODES or height * width > (Image.MAX_IMAGE_PIXELS or np.inf):
            return None
        pixels: Any = simplejpeg.decode_jpeg(data, "RGB")
    except (ValueError, KeyError):  # KeyError: chroma is sampled in a way that it has no name for
        return None
    return pixels, MODES[colours]


def is_strict() -> bool:
    """Return whether the strict decoder is installed, which reports faults that Pillow ignores."""
    return simplejpeg is not None


def complaint(data: bytes, colours: str = "RGB") -> str | None:
    """Return the strict decoder's complaint about a JPEG; None if it has none or is not installed."""
    try:
        if simplejpeg is not None:
            simplejpeg.decode_jpeg(data, colours)
    except ValueError as error:
        return str(error)
    return None
