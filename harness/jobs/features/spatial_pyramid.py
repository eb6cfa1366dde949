"""The regions of an image that have a vector of their own each, and the length of these vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def members(centres: Array, regions: list[tuple[int, int]]) -> list[NDArray[np.intp]]:
    """Return, region by region, the numbers of the patches whose centre [patches, 2] lies in it."""
    found = []
    for division in regions:
        cells = np.minimum((centres * np.array(division)).astype(int), np.array(division) - 1)
        numbers = cells[:, 0] * division[1] + cells[:, 1]
        found += [np.flatnonzero(numbers == one) for one in range(division[0] * division[1])]
    return found


def unit(vectors: Array) -> Array:
    """Scale rows to Euclidean length 1; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return vectors / np.where(lengths > 0, lengths, 1).astype(vectors.dtype)[:, None]
