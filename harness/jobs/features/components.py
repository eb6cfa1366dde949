"""The principal components of descriptors that a vocabulary keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import JobFailed

Floats = NDArray[np.float32]


def principal_components(
    descriptors: Floats, dimensions: int, least: int, learned: str
) -> tuple[Any, NDArray[np.float64]]:
    """Fit scikit-learn's PCA to descriptors [M, length]; return it, and the components [M, dimensions] of them.

    Raises JobFailed if there are fewer descriptors than `least`, what is `learned` of them, or than components.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415 - slow to import, and codes are made without it

    if len(descriptors) < max(least, dimensions) or descriptors.shape[1] < dimensions:
        raise JobFailed(
            f"{len(descriptors)} descriptors of {descriptors.shape[1]} numbers do not give {dimensions} components and "
            f"{least} {learned}; take more `images`, or fewer `dimensions` or `{learned.lower()}`"
        )
    exact = descriptors.astype(np.float64)
    pca = PCA(dimensions, svd_solver="covariance_eigh").fit(exact)
    return pca, pca.transform(exact)


def projected(descriptors: Floats, centre: NDArray[Any], components: NDArray[Any]) -> Floats:
    """Return the components of descriptors, [..., length] to [..., D]."""
    found: Floats = (descriptors - centre) @ components.T
    return found
