"""A codebook of descriptors: the principal components that are kept, and the centres of k-means over them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features import components
from harness.jobs.features.feature_specs import LocalCoordinate, SuperVector
from harness.jobs.features.stored_arrays import read_arrays, write_arrays
from harness.store.store import JobFolder

Array = NDArray[np.floating]
Numbers = NDArray[np.intp]
NAMES = ("centre", "components", "words")
NUMBERS_AT_ONCE = 2**22
"""Distances that are computed at a time; limits memory only, and moves sums by rounding."""


@dataclass(frozen=True, slots=True)
class Codebook:
    """Everything that turns descriptors into codes; `words` are of the components, [K, D]."""

    centre: NDArray[Any]
    """The mean descriptor, [length]."""
    components: NDArray[Any]
    """[D, length]."""
    words: NDArray[Any]

    def projected(self, descriptors: Array) -> Array:
        """Return the components of descriptors, [..., length] to [..., D]."""
        return components.projected(descriptors, self.centre, self.components)

    def keep(self, folder: JobFolder) -> None:
        """Store it in single precision, in which codes are computed."""
        write_arrays(folder.vocabulary, **{name: getattr(self, name).astype(np.float32) for name in NAMES})

    @classmethod
    def of(cls, folder: JobFolder) -> Codebook:
        """Read the codebook of a finished job. Raises JobFailed if its file is damaged."""
        return cls(*read_arrays(folder.vocabulary, *NAMES))


def learned(
    descriptors: NDArray[np.float32], spec: LocalCoordinate | SuperVector, seed: int
) -> tuple[Codebook, dict[str, float]]:
    """Learn a codebook of descriptors [M, length]; also return what the fit came to, by name.

    Raises JobFailed if there are fewer descriptors than words, or than components.
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import, and codes are made without it
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

    named = "anchors" if isinstance(spec, LocalCoordinate) else "words"
    pca, reduced = components.principal_components(descriptors, spec.dimensions, spec.size(), named)
    centres = KMeans(spec.size(), n_init=1, max_iter=spec.iterations, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of fewer different descriptors than words
        centres.fit(reduced)
    return Codebook(pca.mean_, pca.components_, centres.cluster_centers_), {
        "descriptors": float(len(descriptors)),
        "explained_variance": float(pca.explained_variance_ratio_.sum()),
        "mean_square_distance": float(centres.inertia_ / len(descriptors)),
        "iterations": float(centres.n_iter_),
    }


def nearest(points: Array, words: Array, count: int) -> Numbers:
    """Return the numbers of the `count` nearest words of every point, [M, D] to [M, count], in no set order."""
    squares = (words**2).sum(1)
    found = np.empty((len(points), count), np.intp)
    for part in parts(len(points), len(words)):
        distances = squares - 2 * (points[part] @ words.T)
        found[part] = (
            distances.argmin(1)[:, None] if count == 1 else np.argpartition(distances, count - 1, 1)[:, :count]
        )
    return found


def parts(points: int, numbers: int) -> Iterator[slice]:
    """Divide points with so many passing numbers each into parts that memory holds."""
    size = max(1, NUMBERS_AT_ONCE // numbers)
    return (slice(first, first + size) for first in range(0, points, size))
