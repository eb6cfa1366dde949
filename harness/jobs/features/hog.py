"""Histograms of oriented gradients (Dalal and Triggs 2005, section 6) of the patches of a grid, of many images at once.

scikit-image's `hog` of one patch, with 4 x 4 cells in one block of norm L2-Hys, gives the same numbers. As there, a
pixel counts for one direction and one cell; the paper shares it among the nearest. Two things differ: gradients are of
the image, so that the border of a patch has them; and of colours the grey level counts, not the strongest of three.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.descriptor_specs import UNSIGNED, Hog
from harness.jobs.features.patch_grid import Described, Floats, by_patch, cell_weights, grey, over_grid, sums

CLIPPED_AT = 0.2
"""Largest number of a normalised block, which is then normalised again (Dalal and Triggs, 6.4)."""
SOFTENED = 1e-5
"""Added in squares to a block's length, as in scikit-image."""


def describe(images: NDArray[np.uint8], spec: Hog) -> Described:
    """Describe images [N, C, H, W]; every descriptor has a Euclidean length of 1, or 0 where nothing varies."""
    maps = directions(grey(images))
    height, width = images.shape[2:]

    def of_side(side: int, rows: list[int], columns: list[int]) -> tuple[Floats, NDArray[np.bool_]]:
        down, right = cell_weights(rows, side, height), cell_weights(columns, side, width)
        found = normalised(by_patch(sums(maps, down, right), len(rows), len(columns)))
        return found, np.ones(found.shape[:2], bool)

    return over_grid(spec, (height, width), of_side)


def directions(levels: Floats) -> Floats:
    """Put the gradient of every pixel of [N, H, W] into one of 9 directions of half a turn; returns [N, 9, H, W].

    Across the border of the image there is no gradient.
    """
    down, right = np.zeros_like(levels), np.zeros_like(levels)
    down[:, 1:-1] = levels[:, 2:] - levels[:, :-2]
    right[:, :, 1:-1] = levels[:, :, 2:] - levels[:, :, :-2]
    turned = np.arctan2(down, right) * np.float32(UNSIGNED / np.pi)
    bins = np.floor(turned).astype(np.int64) % UNSIGNED
    found = np.zeros((len(levels), UNSIGNED, *levels.shape[1:]), np.float32)
    np.put_along_axis(found, bins[:, None], np.hypot(down, right)[:, None], 1)
    return found


def normalised(blocks: Floats) -> Floats:
    """Scale the last axis to length 1, clip it at 0.2, and scale it again."""
    return _unit(np.minimum(_unit(blocks), CLIPPED_AT))


def _unit(vectors: Floats) -> Floats:
    lengths = np.sqrt(np.einsum("...d,...d->...", vectors, vectors) + SOFTENED**2)[..., None]
    found: Floats = vectors / lengths
    return found
