"""Dense SIFT (Lowe 2004, section 6.1): upright descriptors at every place of a grid, of many images at once.

OpenCV's `SIFT.compute` gives the same numbers, to its rounding, for keypoints of the same places. It visits every pixel
of every patch by itself. On an upright patch the weight of a pixel is one of its row times one of its column, so that
two matrix products give all descriptors of a batch.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.descriptor_specs import CELLS, ORIENTATIONS, DenseSift
from harness.jobs.features.patch_grid import Described, Floats, by_patch, cell_weights, grey, over_grid, sums

BLUR = math.sqrt(1.6**2 - 0.5**2)
"""Standard deviation, in pixels, of the smoothing of an image that counts as blurred by 0.5 already (Lowe, 3.3)."""
CLIPPED_AT = 0.2
"""Largest number of a normalised descriptor, which is then normalised again (Lowe, 6.1)."""
TINY = 1e-7


def describe(images: NDArray[np.uint8], spec: DenseSift) -> Described:
    """Describe images [N, C, H, W]; every descriptor has a Euclidean length of 1, or 0 where nothing varies."""
    levels = grey(images)
    maps = directions(np.stack([cv2.GaussianBlur(image, (0, 0), BLUR) for image in levels]))
    height, width = images.shape[2:]

    def of_side(side: int, rows: list[int], columns: list[int]) -> tuple[Floats, NDArray[np.bool_]]:
        down, right = _weights(rows, side, height), _weights(columns, side, width)
        found = by_patch(sums(maps, down, right), len(rows), len(columns))
        return normalised(found), _contrast(levels, rows, columns, side) >= spec.flat_below

    return over_grid(spec, (height, width), of_side)


def directions(levels: Floats) -> Floats:
    """Share the gradient of every pixel of [N, H, W] among the two nearest of 8 directions; returns [N, 8, H, W].

    Directions turn from right to up. The pixels of the border have no gradient.
    """
    right, up = np.zeros_like(levels), np.zeros_like(levels)
    right[:, 1:-1, 1:-1] = levels[:, 1:-1, 2:] - levels[:, 1:-1, :-2]
    up[:, 1:-1, 1:-1] = levels[:, :-2, 1:-1] - levels[:, 2:, 1:-1]
    turned = np.arctan2(up, right) * np.float32(ORIENTATIONS / (2 * math.pi))
    strength, below = np.hypot(right, up), np.floor(turned)
    beyond = turned - below
    bins = below.astype(np.int64) % ORIENTATIONS
    shared = np.zeros((len(levels), ORIENTATIONS, *levels.shape[1:]), np.float32)
    np.put_along_axis(shared, bins[:, None], (strength * (1 - beyond))[:, None], 1)
    np.put_along_axis(shared, (bins[:, None] + 1) % ORIENTATIONS, (strength * beyond)[:, None], 1)
    return shared


def normalised(histograms: Floats) -> Floats:
    """Scale the last axis to length 1, clip it at 0.2, and scale it again."""
    clipped = np.minimum(_unit(histograms), CLIPPED_AT)
    return _unit(clipped)


def _unit(vectors: Floats) -> Floats:
    lengths = np.sqrt(np.einsum("...d,...d->...", vectors, vectors))[..., None]
    found: Floats = vectors / np.maximum(lengths, TINY)
    return found


def _weights(starts: list[int], side: int, length: int) -> Floats:
    """Return weights [patches * CELLS, length]: linear between the centres of cells, times a Gaussian of half a patch.

    Like OpenCV, a patch reaches half a cell beyond its side, where the outermost cells still have a part; and its
    centre is the pixel at `start + side / 2`, rounded down.
    """
    cell = side / CELLS
    places = (np.arange(length) - (np.asarray(starts) + side // 2)[:, None]) / cell  # in cells, from the centre
    nearness = 1 - np.abs(places[:, None] + CELLS / 2 - 0.5 - np.arange(CELLS)[:, None])
    window = np.exp(-(places**2) / (CELLS**2 * 0.5))
    found: Floats = (np.maximum(nearness, 0) * window[:, None]).reshape(-1, length).astype(np.float32)
    return found


def _contrast(levels: Floats, rows: list[int], columns: list[int], side: int) -> Floats:
    """Return the standard deviation of the grey levels of every patch, [N, patches]."""
    down, right = (cell_weights(at, side, size) for at, size in zip((rows, columns), levels.shape[1:], strict=True))
    centred = levels - levels.mean((1, 2), keepdims=True)
    cells = by_patch(sums(np.stack([centred, centred**2], 1), down, right), len(rows), len(columns))
    mean, square = (cells[..., one::2].mean(-1) for one in (0, 1))
    found: Floats = np.sqrt(np.maximum(square - mean**2, 0))
    return found
