"""Super-vector coding (Zhou, Yu, Zhang and Huang, ECCV 2010, section 2), with each descriptor at its nearest word.

A descriptor x whose nearest word is v has the code (s, x - v) in the place of that word, and zeros in all others. With
N_k of a region's N descriptors at word k, and p_k = N_k / N, the vector of the region has for that word

    1 / (N sqrt(p_k)) sum (s, x - v_k) = sqrt(p_k) (s, mean of x - v_k)

and the vectors of a spatial pyramid's regions are the image's code, each of them of Euclidean length 1, and the whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.codebook import Codebook, Numbers, nearest
from harness.jobs.features.feature_specs import SuperVector
from harness.jobs.features.patch_grid import Described
from harness.jobs.features.spatial_pyramid import members, unit

Array = NDArray[np.floating]


def encoded(described: Described, codebook: Codebook, spec: SuperVector) -> Array:
    """Return the codes [images, numbers] of described images; a region without descriptors is zero."""
    points = codebook.projected(described.vectors)
    images, patches, numbers = points.shape
    which = nearest(points.reshape(-1, numbers), codebook.words, 1).reshape(images, patches)
    found = []
    for inside in members(described.centres, spec.regions):
        parts = (points[:, inside], which[:, inside], described.kept[:, inside])
        found.append(unit(super_vectors(*parts, codebook.words, spec.constant)))
    return unit(np.concatenate(found, 1))


def super_vectors(points: Array, which: Numbers, kept: NDArray[np.bool_], words: Array, constant: float) -> Array:
    """Return the vectors [N, K * (1 + D)] of points [N, T, D] whose words are `which` [N, T], without normalisation.

    A point that is not kept does not count.
    """
    (images, _, numbers), size = points.shape, len(words)
    places = (np.arange(images)[:, None] * size + which)[kept]
    counts = np.bincount(places, minlength=images * size).reshape(images, size, 1)
    columns = [np.bincount(places, column, images * size) for column in points[kept].T]
    means = np.stack(columns, 1).reshape(images, size, numbers) / np.maximum(counts, 1)
    roots = np.sqrt(counts / np.maximum(counts.sum(1, keepdims=True), 1))
    found = np.concatenate([np.full_like(roots, constant), np.where(counts > 0, means - words, 0)], 2) * roots
    vectors: Array = found.reshape(images, -1).astype(points.dtype)
    return vectors
