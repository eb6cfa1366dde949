"""Reference colours of an image by the definition of its mode, independent of the code that makes copies.

Each mode is converted by its own formula; rescaling and cropping are those of training.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.data.decode import prepared
from harness.data.spec import Prepare

Levels = NDArray[np.uint8]
"""[height, width, 3], from 0 to 255."""


def central_square(data: bytes, side: int) -> NDArray[np.int16]:
    """Return the central square, [3, side, side], of an image whose shorter side is rescaled to `side` pixels."""
    with Image.open(io.BytesIO(data)) as image:
        return prepared(levels(image), Prepare(short_side=side, center=side)).astype(np.int16)


def levels(image: Image.Image) -> Levels:
    """Return the colours of a newly opened image."""
    stored: Any = np.asarray(image).astype(np.float32)
    if image.mode == "CMYK":  # inks: each takes its share of the light that black leaves
        colours = (255 - stored[..., :3]) * (255 - stored[..., 3:]) / 255
    elif image.mode == "P":
        table = np.array(image.getpalette("RGB"), np.float32).reshape(-1, 3)
        colours = table[np.asarray(image)]
    elif image.mode in ("RGB", "RGBA", "RGBX"):
        colours = stored[..., :3]
    elif image.mode in ("1", "L", "LA", "I", "I;16"):
        grey = stored[..., 0] if image.mode == "LA" else stored
        colours = np.repeat((grey * _scale(image))[..., None], 3, -1)
    else:
        colours = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(np.rint(colours), np.uint8)


def _scale(image: Image.Image) -> float:
    """Return the factor for a grey of this mode; white is 1, 255 or, at 16 bits, 65,535."""
    return {"1": 255.0, "I": 255 / 65535, "I;16": 255 / 65535}.get(image.mode, 1.0)
