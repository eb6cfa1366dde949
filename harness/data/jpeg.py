"""Decodes the JPEGs that ImageNet is made of in about 0.6 of Pillow's time, to the same pixels.

Chosen by benchmark (256-pixel copies of quality 90, processor time against Pillow's): simplejpeg 0.60, imagecodecs 0.60
at 79 MB installed, torchvision 0.64 and torchcodec 0.67, all of them exact; simplejpeg is one file of 1 MB and imports
in milliseconds, torchvision in seconds. Reduced decoding (of DCT coefficients) would give other pixels and is not used.
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
"""What Pillow calls a JPEG of these colour spaces; of the others, inks, it alone knows the conversion."""


def decoded(data: bytes) -> tuple[NDArray[np.uint8], str] | None:
    """The RGB pixels [H, W, 3] of a JPEG, and the mode that Pillow gives it; None where Pillow has to look.

    That is for every other format, and for whatever a strict decoder complains of: whether a file is damaged, and what
    is made of one that is a little, is Pillow's word alone. Every pixel is the one that Pillow decodes.
    """
    if simplejpeg is None or not data.startswith(b"\xff\xd8"):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in MODES or height * width > (Image.MAX_IMAGE_PIXELS or np.inf):
            return None
        pixels: Any = simplejpeg.decode_jpeg(data, "RGB")
    except ValueError:
        return None
    return pixels, MODES[colours]


def is_strict() -> bool:
    """Whether the decoder is there that tells of what Pillow decodes in silence."""
    return simplejpeg is not None


def complaint(data: bytes, colours: str = "RGB") -> str | None:
    """What a strict decoder says against a JPEG of these colours; None where it takes it, or is not installed."""
    try:
        if simplejpeg is not None:
            simplejpeg.decode_jpeg(data, colours)
    except ValueError as error:
        return str(error)
    return None
