"""Histograms of uniform local binary patterns (Ojala, Pietikainen and Maenpaa 2002) of the patches of a grid.

The pattern of a pixel says which of eight neighbours on a circle of radius 1 are at least as bright. scikit-image's
`local_binary_pattern(..., method="nri_uniform")` tells the same patterns apart, in another order. Beyond the border it
sees black, and here the border's own levels go on. Of each cell's shares of patterns the square roots are taken, so
that a descriptor has a Euclidean length of 1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.descriptor_specs import LBP_CELLS, PATTERNS, Lbp
from harness.jobs.features.patch_grid import Described, Floats, by_patch, cell_weights, grey, over_grid

AROUND = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
"""The neighbours in order, as (rows down, columns right)."""
NEAR = np.float32(math.sqrt(0.5))
"""Distance, along rows and along columns, of the four neighbours that lie between pixels."""
UNIFORM_CHANGES = 2


def describe(images: NDArray[np.uint8], spec: Lbp) -> Described:
    """Describe images [N, C, H, W]: of each cell the square roots of the shares of its pixels' patterns."""
    maps = np.eye(PATTERNS, dtype=np.float32)[patterns(grey(images))]
    height, width = images.shape[2:]

    def of_side(side: int, rows: list[int], columns: list[int]) -> tuple[Floats, NDArray[np.bool_]]:
        down, right = (cell_weights(at, side, size, LBP_CELLS) for at, size in ((rows, height), (columns, width)))
        shares = by_patch(_counted(maps, down, right), len(rows), len(columns), LBP_CELLS)
        found: Floats = np.sqrt(shares) / np.float32(LBP_CELLS)  # type: ignore[assignment]
        return found, np.ones(shares.shape[:2], bool)

    return over_grid(spec, (height, width), of_side)


def _counted(maps: Floats, rows: Floats, columns: Floats) -> Floats:
    """Weigh and add up maps [N, H, W, PATTERNS] by weights [R, H] and [C, W]; returns [N, PATTERNS, R, C]."""
    images, height = maps.shape[:2]
    across = np.matmul(columns, maps).reshape(images, height, -1)
    found: Floats = np.matmul(rows, across).reshape(images, len(rows), len(columns), PATTERNS)
    return found.transpose(0, 3, 1, 2)


def patterns(levels: Floats) -> NDArray[np.uint8]:
    """Return the number of every pixel's pattern, of [N, H, W]: 0 to 57 of the uniform ones, 58 of all others."""
    around = np.pad(levels, ((0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = levels.shape[1:]

    def brighter(down: int, right: int) -> Floats:
        found: Floats = around[:, 1 + down : 1 + down + height, 1 + right : 1 + right + width] - levels
        return found

    bits = np.zeros(levels.shape, np.uint8)
    for place, (down, right) in enumerate(AROUND):
        apart = brighter(down, right)
        if down and right:  # between four pixels, whose weights have a factor in common
            apart = NEAR * apart + (1 - NEAR) * (brighter(down, 0) + brighter(0, right))
        bits |= (apart >= 0).astype(np.uint8) << place
    return _NUMBERS[bits]


def _numbered() -> NDArray[np.uint8]:
    """Number the uniform patterns of eight bits, those with at most two changes around, from 0 on."""
    turned = [(one >> 1) | (one & 1) << 7 for one in range(256)]
    uniform = [(one ^ other).bit_count() <= UNIFORM_CHANGES for one, other in enumerate(turned)]
    return np.where(uniform, np.cumsum(uniform) - 1, PATTERNS - 1).astype(np.uint8)


_NUMBERS = _numbered()
