"""How each kind of feature learns its vocabulary, reads it, and encodes described images with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features import codebook, fisher_vector, local_coordinates, mixture, super_vectors
from harness.store.store import JobFolder


class Coding(NamedTuple):
    """The functions of one kind of feature."""

    learned: Callable[..., tuple[Any, dict[str, float]]]
    """Learns a vocabulary of (descriptors [M, length], spec, seed); also returns what the fit came to, by name."""
    read: Callable[[JobFolder], Any]
    """Reads the vocabulary of a finished job."""
    encoded: Callable[..., NDArray[np.floating]]
    """Returns the codes [images, numbers] of (described images, vocabulary, spec)."""


CODINGS = {
    "fisher_vector": Coding(mixture.learned, mixture.Vocabulary.of, fisher_vector.encoded),
    "local_coordinate": Coding(codebook.learned, codebook.Codebook.of, local_coordinates.encoded),
    "super_vector": Coding(codebook.learned, codebook.Codebook.of, super_vectors.encoded),
}
"""By the `what` of a feature's spec."""
