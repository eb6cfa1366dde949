"""Descriptors of square patches as matrix products: weights of rows times maps of the image times weights of columns.

All patches of one side, of all images of a batch, come out of two products, for every weight of a patch that is made of
a weight of its row and a weight of its column. A loop over patches or images would do the same sums one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.descriptor_specs import CELLS, Grid

Floats = NDArray[np.float32]

GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the grey level (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class Described:
    """The descriptors of a batch of images of one size, at the same places in every image."""

    vectors: Floats
    """[images, patches, numbers]."""
    kept: NDArray[np.bool_]
    """[images, patches]; False for a patch that is left out of its image."""
    centres: Floats
    """[patches, 2]: row and column of each patch's centre, as parts of the image's height and width."""


def grey(images: NDArray[np.uint8]) -> Floats:
    """Return the grey levels [N, H, W], 0 to 255, of images [N, 1 or 3, H, W]."""
    levels = images.astype(np.float32)
    return levels[:, 0] if levels.shape[1] == 1 else np.tensordot(levels, GREY, axes=(1, 0))


def sums(maps: Floats, rows: Floats, columns: Floats) -> Floats:
    """Weigh and add up maps [..., H, W] by row weights [R, H] and column weights [C, W]; returns [..., R, C]."""
    found: Floats = np.matmul(rows, np.matmul(maps, columns.T))
    return found


def cell_weights(starts: list[int], side: int, length: int, cells: int = CELLS) -> Floats:
    """Return weights [patches * cells, length] that average each of the equal cells of every patch.

    A pixel that a border between cells divides belongs to each by the part that lies in it.
    """
    edges = np.arange(cells + 1) * side / cells
    places = np.asarray(starts, np.float64)[:, None] + edges
    pixels = np.arange(length)
    covered = np.minimum(places[:, 1:, None], pixels + 1) - np.maximum(places[:, :-1, None], pixels)
    found: Floats = (np.clip(covered, 0, 1) * cells / side).reshape(-1, length).astype(np.float32)
    return found


def by_patch(found: Floats, rows: int, columns: int, cells: int = CELLS) -> Floats:
    """Arrange [N, maps, rows * cells, columns * cells] as one vector a patch, [N, rows * columns, cells^2 * maps].

    Within a vector the cells come row by row, and within a cell the maps.
    """
    images, maps = found.shape[:2]
    apart = found.reshape(images, maps, rows, cells, columns, cells).transpose(0, 2, 4, 3, 5, 1)
    return np.ascontiguousarray(apart).reshape(images, rows * columns, cells * cells * maps)


def over_grid(
    spec: Grid, size: tuple[int, int], of_side: Callable[[int, list[int], list[int]], tuple[Floats, NDArray[np.bool_]]]
) -> Described:
    """Join the descriptors of all sides of a grid; `of_side` gives those of one, and which are kept.

    Raises ValueError if no patch fits in images of (height, width) `size`.
    """
    found, kept, centres = [], [], []
    for side in spec.sides:
        rows, columns = spec.corners(*size, side)
        if rows and columns:
            vectors, whole = of_side(side, rows, columns)
            found.append(vectors)
            kept.append(whole)
            places = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
            centres.append((places + side / 2) / np.array(size))
    if not found:
        raise ValueError(f"no patch of {min(spec.sides)} pixels fits in images of {size[0]} x {size[1]}")
    return Described(np.concatenate(found, 1), np.concatenate(kept, 1), np.concatenate(centres).astype(np.float32))
