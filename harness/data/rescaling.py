"""Rescaled images of small stored sets, kept in memory for the next job of this process that wants the same."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.data.decode import cut_and_padded, prepared
from harness.data.spec import Prepare

KEPT_BYTES = 2**27
"""Most bytes that are kept, 128 MiB. A check of many suites opens the same few splits hundreds of times."""

_kept: OrderedDict[tuple[str, str], NDArray[np.uint8]] = OrderedDict()


def all_prepared(images: NDArray[np.uint8], prepare: Prepare) -> NDArray[np.uint8]:
    """Prepare images [count, channels, height, width] with one or three channels; return an array of their own."""
    height, width = images.shape[2:]
    if prepare.rescaled(height, width) == (height, width):
        return cut_and_padded(images, prepare)
    content = hashlib.sha256(repr(images.shape).encode() + np.ascontiguousarray(images).tobytes())
    key = content.hexdigest(), prepare.model_dump_json()
    if key not in _kept:
        pixels = _rescaled(images, prepare)
        _keep(key, pixels)
        return pixels.copy()
    _kept.move_to_end(key)
    return _kept[key].copy()


def _rescaled(images: NDArray[np.uint8], prepare: Prepare) -> NDArray[np.uint8]:
    rows = (image.squeeze(-1) if image.shape[-1] == 1 else image for image in images.transpose(0, 2, 3, 1))
    return np.stack([prepared(Image.fromarray(np.ascontiguousarray(row)), prepare) for row in rows])


def _keep(key: tuple[str, str], pixels: NDArray[np.uint8]) -> None:
    """Keep these pixels, and drop those that were not asked for the longest once there are too many bytes."""
    _kept[key] = pixels
    while sum(one.nbytes for one in _kept.values()) > KEPT_BYTES:
        _kept.popitem(last=False)
