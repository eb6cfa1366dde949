"""Fisher vectors (Perronnin, Sanchez and Mensink 2010, section 2) of many images at once, by matrix products.

The code of a region is the gradient of its descriptors' mean log-likelihood under a Gaussian mixture, each number of it
divided by the square root of its Fisher information, approximated as in the paper: with posteriors g of descriptor x

    weights    sum (g_k - w_k) / (T sqrt(w_k))
    means      sum g_k (x - m_k) / s_k / (T sqrt(w_k))
    variances  sum g_k ((x - m_k)^2 / s_k^2 - 1) / (T sqrt(2 w_k))

over the T descriptors of the region. The sums of g, g x and g x^2 are all that is needed of them, and these are matrix
products. Then come the signed power and the Euclidean length of 1 of every region, and of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features.feature_specs import FisherVector
from harness.jobs.features.mixture import Vocabulary
from harness.jobs.features.patch_grid import Described
from harness.jobs.features.spatial_pyramid import members, unit

Array = NDArray[np.floating]


def encoded(described: Described, vocabulary: Vocabulary, spec: FisherVector) -> Array:
    """Return the codes [images, numbers] of described images; a region without descriptors is zero."""
    reduced = vocabulary.projected(described.vectors)
    shares = posteriors(reduced, vocabulary) * described.kept[..., None]
    found = []
    for inside in members(described.centres, spec.regions):
        counts = described.kept[:, inside].sum(1)
        gradients = fisher_vectors(reduced[:, inside], shares[:, inside], counts, vocabulary, spec.gradients)
        found.append(unit(powered(gradients, spec.power)))
    return unit(np.concatenate(found, 1))


def posteriors(points: Array, mixture: Vocabulary) -> Array:
    """Return the probability of every Gaussian given a point: [..., T, D] to [..., T, K]."""
    precision = 1 / mixture.variances
    linear: Array = points @ (mixture.means * precision).T
    square = (points**2) @ precision.T
    constant = np.log(mixture.weights) - 0.5 * (np.log(mixture.variances) + mixture.means**2 * precision).sum(1)
    logs: Array = linear - 0.5 * square + constant
    logs -= logs.max(-1, keepdims=True)
    np.exp(logs, out=logs)
    logs /= logs.sum(-1, keepdims=True)
    return logs


def fisher_vectors(
    points: Array, shares: Array, counts: NDArray[np.integer], mixture: Vocabulary, gradients: Sequence[str]
) -> Array:
    """Return the gradients [N, numbers] of points [N, T, D] with posteriors [N, T, K], without normalisation.

    A point with posteriors of zero does not count; `counts` [N] says how many do.
    """
    across = shares.transpose(0, 2, 1)
    of_points = np.maximum(counts, 1)[:, None, None].astype(points.dtype)
    weight, spread = np.sqrt(mixture.weights)[:, None], np.sqrt(mixture.variances)
    mass, first = across.sum(2)[..., None], across @ points
    parts = {}
    if "weights" in gradients:
        parts["weights"] = (mass - counts[:, None, None] * mixture.weights[:, None]) / (of_points * weight)
    if "means" in gradients:
        parts["means"] = (first - mass * mixture.means) / (spread * of_points * weight)
    if "variances" in gradients:
        around = across @ points**2 - 2 * mixture.means * first + mixture.means**2 * mass
        parts["variances"] = (around / mixture.variances - mass) / (of_points * weight * np.sqrt(2, dtype=points.dtype))
    return np.concatenate([parts[name].reshape(len(points), -1) for name in gradients], 1)


def powered(vectors: Array, power: float) -> Array:
    """Raise magnitudes to a power and keep the signs."""
    if power == 0.5:
        return np.copysign(np.sqrt(np.abs(vectors)), vectors)
    return np.copysign(np.abs(vectors) ** power, vectors) if power != 1 else vectors
