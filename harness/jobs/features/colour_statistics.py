"""Local colour statistics: the mean and standard deviation of each colour in the cells of a patch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.descriptor_specs import LocalColourStatistics
from harness.jobs.features.patch_grid import Described, Floats, by_patch, cell_weights, over_grid, sums

WHITE = 255.0


def describe(images: NDArray[np.uint8], spec: LocalColourStatistics) -> Described:
    """Describe images [N, C, H, W]: of each cell the means of the colours, then their deviations; white is 1."""
    height, width = images.shape[2:]
    levels = images.astype(np.float32) / np.float32(WHITE)
    middle = levels.mean((2, 3), keepdims=True)  # squares of numbers near zero lose fewer digits
    centred = levels - middle
    maps = np.concatenate([centred, centred**2], 1)

    def of_side(side: int, rows: list[int], columns: list[int]) -> tuple[Floats, NDArray[np.bool_]]:
        down, right = cell_weights(rows, side, height), cell_weights(columns, side, width)
        mean, square = np.split(sums(maps, down, right), 2, 1)
        spread = np.sqrt(np.maximum(square - mean**2, 0))
        found = by_patch(np.concatenate([mean + middle, spread], 1), len(rows), len(columns))
        return found, np.ones(found.shape[:2], bool)

    return over_grid(spec, (height, width), of_side)
