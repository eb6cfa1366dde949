"""Local coordinate coding (Yu, Zhang and Gong 2009) by the closed form of Wang and others (CVPR 2010, section 3).

A descriptor x is a sum of its k nearest words with coefficients c that add up to 1. With C the covariance of the words
about x, [k, k], the coefficients minimise c' (C + ridge trace(C) I) c; so they are the solution of

    (C + ridge trace(C) I) c = 1

divided by its sum. The pooled coefficients of a region are its vector, and a spatial pyramid of these the image's code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.codebook import Codebook, Numbers, nearest, parts
from harness.jobs.features.feature_specs import LocalCoordinate
from harness.jobs.features.patch_grid import Described
from harness.jobs.features.spatial_pyramid import members, unit

Array = NDArray[np.floating]
TINY = 1e-12
"""Added to the diagonal, for a descriptor that equals all of its words."""


def encoded(described: Described, codebook: Codebook, spec: LocalCoordinate) -> Array:
    """Return the codes [images, numbers] of described images; a region without descriptors is zero."""
    points = codebook.projected(described.vectors)
    images, patches = points.shape[:2]
    near, of_near = coordinates(points.reshape(images * patches, -1), codebook.words, spec)
    which = near.reshape(images, patches, -1)
    coefficients = of_near.reshape(which.shape) * described.kept[..., None]
    pool, found = (largest if spec.pooling == "max" else summed), []
    for inside in members(described.centres, spec.regions):
        pooled = pool(which[:, inside], coefficients[:, inside], spec.anchors)
        if spec.pooling == "mean":
            pooled /= np.maximum(described.kept[:, inside].sum(1), 1)[:, None].astype(pooled.dtype)
        found.append(unit(pooled))
    return unit(np.concatenate(found, 1))


def coordinates(points: Array, words: Array, spec: LocalCoordinate) -> tuple[Numbers, Array]:
    """Return the numbers and the coefficients of the nearest words of points [M, D], both [M, neighbours]."""
    which = nearest(points, words, spec.neighbours)
    found = np.empty(which.shape, points.dtype)
    for part in parts(len(points), 2 * spec.neighbours * (points.shape[1] + spec.neighbours)):
        found[part] = _solved(words[which[part]] - points[part, None], spec.ridge)
    return which, found


def _solved(apart: Array, ridge: float) -> NDArray[np.float64]:
    """Return the coefficients [M, k] of words at these distances [M, k, D]; the equations are solved in float64."""
    covariances = (apart @ apart.transpose(0, 2, 1)).astype(np.float64)
    trace = np.einsum("mkk->m", covariances)
    covariances += (ridge * trace + TINY)[:, None, None] * np.eye(apart.shape[1])
    found = np.linalg.solve(covariances, np.ones((*apart.shape[:2], 1)))[..., 0]
    coefficients: NDArray[np.float64] = found / found.sum(1, keepdims=True)
    return coefficients


def largest(which: Numbers, coefficients: Array, anchors: int) -> Array:
    """Return the largest coefficient of every word, [N, T, k] to [N, anchors]; at least 0, of a patch without it."""
    found = np.zeros(len(which) * anchors, coefficients.dtype)
    np.maximum.at(found, _places(which, anchors), coefficients.reshape(-1))
    return found.reshape(len(which), anchors)


def summed(which: Numbers, coefficients: Array, anchors: int) -> Array:
    """Return the sum of the coefficients of every word, [N, T, k] to [N, anchors]."""
    found = np.bincount(_places(which, anchors), coefficients.reshape(-1), len(which) * anchors)
    return found.reshape(len(which), anchors).astype(coefficients.dtype)


def _places(which: Numbers, anchors: int) -> Numbers:
    images = np.arange(len(which))[:, None, None] * anchors
    return (images + which).reshape(-1)
