"""Cuts views out of images on a CPU, several times as fast as gathering them pixel by pixel.

The loops are numpy's and use a single processor. torch would split each loop over all processors and wait for every
part, while other threads keep these busy with decoding.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Images, [batch, height, width, channels]."""
Mean = NDArray[np.float32]
"""Mean image, [height, width, channels]."""
Spots = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Top and left corners of the views, and whether (1) or not (0) they are mirrored left to right, [batch] each."""

SINGLY = 2**13
"""Elements in a view from which on a loop over images is faster than one operation with more copies."""


def views_less_mean(images: Pixels, mean: Mean, spots: Spots, crop: int, *, moving: bool) -> NDArray[np.float32]:
    """Return a view of each image, [batch, crop, crop, channels], with the mean image subtracted.

    With `moving`, `mean` is as large as the images; the part under each view is subtracted, mirrored with it. Without,
    `mean` is as large as a view and subtracted unchanged.
    """
    way = _singly if crop**2 * images.shape[3] >= SINGLY else _together
    return way(images, mean, spots, crop, moving=moving)


def _together(images: Pixels, mean: Mean, spots: Spots, crop: int, *, moving: bool) -> NDArray[np.float32]:
    top, left, flip = spots
    windows = np.moveaxis(sliding_window_view(images, (crop, crop), (1, 2)), 3, -1)
    views = windows[np.arange(len(images)), top, left].astype(np.float32, order="C")
    if moving:
        views -= np.moveaxis(sliding_window_view(mean, (crop, crop), (0, 1)), 2, -1)[top, left]
    turned = flip == 1
    views[turned] = views[turned][:, :, ::-1]
    return views if moving else views - mean


def _singly(images: Pixels, mean: Mean, spots: Spots, crop: int, *, moving: bool) -> NDArray[np.float32]:
    batch, _, width, channels = images.shape
    reflected = np.ascontiguousarray(mean[:, ::-1]) if moving else mean
    views, turned = np.empty((batch, crop, crop, channels), np.float32), np.empty((crop, crop, channels), np.uint8)
    for image, view, top, left, flip in zip(images, views, *(spot.tolist() for spot in spots), strict=True):
        rows, first = slice(top, top + crop), width - crop - left if flip else left
        seen, under = image[rows, left : left + crop], reflected if flip else mean
        if flip:
            for channel in range(channels):  # a joint loop over three colours is slow
                turned[..., channel] = seen[:, ::-1, channel]
            seen = turned
        view[...] = seen
        np.subtract(view, under[rows, first : first + crop] if moving else under, out=view)
    return views
