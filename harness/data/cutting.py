"""Cuts views out of images on a CPU, several times as fast as gathering them pixel by pixel.

The loops are those of numba, or numpy and OpenCV, a few images to a thread. torch would split each loop over all
processors and wait for every part, while other threads keep these busy with decoding.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from harness.data.cutting_compiled import subtract, subtraction

Pixels = NDArray[np.uint8]
"""Images, [batch, height, width, channels], or one of them, [height, width, channels]."""
Mean = NDArray[np.float32]
"""Mean image, [height, width, channels]."""
Spots = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Top and left corners of the views, and whether (1) or not (0) they are mirrored left to right, [batch] each."""

Window = tuple[slice, slice]
"""Rows and columns of an image."""

SINGLY = 2**13
"""Elements in a view from which on a loop over images is faster than one operation with more copies."""


AT_ONCE = 8
"""Images handed to a thread at a time."""


@dataclass(frozen=True, slots=True)
class Subtracted:
    """A mean image beside its mirror image, to be subtracted from views.

    One that is `moving` is as large as the images: the part under each view is subtracted, mirrored with it. Any other
    is as large as a view and is subtracted unchanged.
    """

    mean: Mean
    mirrored: Mean
    moving: bool

    @classmethod
    def of(cls, mean: Mean, *, moving: bool) -> Subtracted:
        """Prepare a mean image."""
        mean = np.ascontiguousarray(mean)
        mirrored: Any = cv2.flip(mean, 1).reshape(mean.shape) if moving else mean
        return cls(mean, mirrored, moving)

    def aimed(self, top: int, left: int, flip: int, crop: int) -> tuple[Window, Mean, int]:
        """Return the part of an image that a view shows, what to subtract once it is mirrored, and whether it is."""
        rows, less = slice(top, top + crop), self.mirrored if flip else self.mean
        if self.moving:
            first = less.shape[1] - crop - left if flip else left
            less = less[rows, first : first + crop]
        return (rows, slice(left, left + crop)), less, flip


def views_less_mean(
    images: Pixels, subtracted: Subtracted, spots: Spots, crop: int, *, threads: int = 1
) -> NDArray[np.float32]:
    """Return a view of each image, [batch, crop, crop, channels], with the mean image subtracted."""
    channels = images.shape[3]
    if crop**2 * channels < SINGLY:
        return _together(images, subtracted, spots, crop)
    views = np.empty((len(images), crop, crop, channels), np.float32)

    def cut(some: slice) -> None:
        cut_into(views[some], images[some], subtracted, (spots[0][some], spots[1][some], spots[2][some]))

    parts = [slice(start, start + AT_ONCE) for start in range(0, len(images), AT_ONCE)]
    for _ in (_pool(threads).map if threads > 1 else map)(cut, parts):
        pass
    return views


def cut_into(views: NDArray[np.float32], images: Iterable[Pixels], subtracted: Subtracted, spots: Spots) -> None:
    """Fill `views`, [batch, crop, crop, channels], one image after another, each taken when its turn comes.

    What only Python can do comes first: between the loops on pixels it would make other threads wait.
    """
    _, crop, _, channels = views.shape
    turned = np.empty((crop, crop, channels), np.uint8)
    places = zip(*(some.tolist() for some in spots), strict=True)
    aims = [subtracted.aimed(top, left, flip, crop) for top, left, flip in places]
    compiled = subtraction(views.size)
    for image, view, (window, less, flip) in zip(images, views, aims, strict=True):
        pixels = cv2.flip(image[window], 1, turned) if flip else image[window]
        (compiled if pixels.strides[1:] == turned.strides[1:] else subtract)(pixels, less, view)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="cut")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of the threads


def _together(images: Pixels, subtracted: Subtracted, spots: Spots, crop: int) -> NDArray[np.float32]:
    top, left, flip = spots
    windows = np.moveaxis(sliding_window_view(images, (crop, crop), (1, 2)), 3, -1)
    views = windows[np.arange(len(images)), top, left].astype(np.float32, order="C")
    if subtracted.moving:
        views -= np.moveaxis(sliding_window_view(subtracted.mean, (crop, crop), (0, 1)), 2, -1)[top, left]
    turned = flip == 1
    views[turned] = views[turned][:, :, ::-1]
    return views if subtracted.moving else views - subtracted.mean
