"""A vocabulary of descriptors: the principal components that are kept, and a Gaussian mixture over them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features import components
from harness.jobs.features.feature_specs import FisherVector
from harness.jobs.features.stored_arrays import read_arrays, write_arrays
from harness.store.store import JobFolder

Floats = NDArray[np.float32]
NAMES = ("centre", "components", "weights", "means", "variances")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that turns descriptors into codes; `means` and `variances` are of the components, [K, D]."""

    centre: NDArray[Any]
    """The mean descriptor, [length]."""
    components: NDArray[Any]
    """[D, length]."""
    weights: NDArray[Any]
    """[K]; they add up to 1."""
    means: NDArray[Any]
    variances: NDArray[Any]

    def projected(self, descriptors: Floats) -> Floats:
        """Return the components of descriptors, [..., length] to [..., D]."""
        return components.projected(descriptors, self.centre, self.components)

    def keep(self, folder: JobFolder) -> None:
        """Store it in single precision, in which codes are computed."""
        write_arrays(folder.vocabulary, **{name: getattr(self, name).astype(np.float32) for name in NAMES})

    @classmethod
    def of(cls, folder: JobFolder) -> Vocabulary:
        """Read the vocabulary of a finished job. Raises JobFailed if its file is damaged."""
        return cls(*read_arrays(folder.vocabulary, *NAMES))


def learned(descriptors: Floats, spec: FisherVector, seed: int) -> tuple[Vocabulary, dict[str, float]]:
    """Learn a vocabulary of descriptors [M, length]; also return what the fit came to, by name.

    Raises JobFailed if there are fewer descriptors than Gaussians, or than components.
    """
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - slow to import, and codes are made without it
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415

    pca, reduced = components.principal_components(descriptors, spec.dimensions, spec.gaussians, "Gaussians")
    mixture = GaussianMixture(spec.gaussians, covariance_type="diag", max_iter=spec.iterations, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the result says whether it converged
        mixture.fit(reduced)
    found = Vocabulary(pca.mean_, pca.components_, mixture.weights_, mixture.means_, mixture.covariances_)
    return found, {
        "descriptors": float(len(descriptors)),
        "explained_variance": float(pca.explained_variance_ratio_.sum()),
        "log_likelihood": float(mixture.lower_bound_),
        "iterations": float(mixture.n_iter_),
        "converged": float(mixture.converged_),
    }
