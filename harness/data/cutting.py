"""Cuts views out of images on a CPU, several times as fast as gathering them pixel by pixel.

The loops are those of numpy and OpenCV, a few images to a thread. torch would split each loop over all processors and
wait for every part, while other threads keep these busy with decoding. OpenCV mirrors the bytes of colours, and
subtracts floats from them in one pass with vector instructions; numpy takes longer, above all over a mirrored view.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Images, [batch, height, width, channels], or one of them, [height, width, channels]."""
Mean = NDArray[np.float32]
"""Mean image, [height, width, channels]."""
Spots = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Top and left corners of the views, and whether (1) or not (0) they are mirrored left to right, [batch] each."""

SINGLY = 2**13
"""Elements in a view from which on a loop over images is faster than one operation with more copies."""


AT_ONCE = 8
"""Images handed to a thread at a time."""


def views_less_mean(
    images: Pixels | list[Pixels], mean: Mean, spots: Spots, crop: int, *, moving: bool, threads: int = 1
) -> NDArray[np.float32]:
    """Return a view of each image, [batch, crop, crop, channels], with the mean image subtracted.

    With `moving`, `mean` is as large as the images; the part under each view is subtracted, mirrored with it. Without,
    `mean` is as large as a view and subtracted unchanged.
    """
    channels = mean.shape[2]
    if crop**2 * channels < SINGLY:
        together = images if isinstance(images, np.ndarray) else np.stack(images)
        return _together(together, mean, spots, crop, moving=moving)
    views = np.empty((len(images), crop, crop, channels), np.float32)
    reflected: Any = cv2.flip(mean, 1).reshape(mean.shape) if moving else mean

    def cut(some: slice) -> None:
        few = spots[0][some], spots[1][some], spots[2][some]
        _singly(images[some], (mean, reflected), few, views[some], moving=moving)

    parts = [slice(start, start + AT_ONCE) for start in range(0, len(images), AT_ONCE)]
    for _ in (_pool(threads).map if threads > 1 else map)(cut, parts):
        pass
    return views


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="cut")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of the threads


def _together(images: Pixels, mean: Mean, spots: Spots, crop: int, *, moving: bool) -> NDArray[np.float32]:
    top, left, flip = spots
    windows = np.moveaxis(sliding_window_view(images, (crop, crop), (1, 2)), 3, -1)
    views = windows[np.arange(len(images)), top, left].astype(np.float32, order="C")
    if moving:
        views -= np.moveaxis(sliding_window_view(mean, (crop, crop), (0, 1)), 2, -1)[top, left]
    turned = flip == 1
    views[turned] = views[turned][:, :, ::-1]
    return views if moving else views - mean


def _singly(
    images: Pixels | list[Pixels], means: tuple[Mean, Mean], spots: Spots, views: NDArray[np.float32], *, moving: bool
) -> None:
    """Fill the views of some images; `means` are the mean image and its mirror image."""
    _, crop, _, channels = views.shape
    turned = np.empty((crop, crop, channels), np.uint8)
    for image, view, top, left, flip in zip(images, views, *(spot.tolist() for spot in spots), strict=True):
        rows, first = slice(top, top + crop), image.shape[1] - crop - left if flip else left
        seen, under = image[rows, left : left + crop], means[flip]
        less = under[rows, first : first + crop] if moving else under
        cv2.subtract(cv2.flip(seen, 1, turned) if flip else seen, less, view, None, cv2.CV_32F)
