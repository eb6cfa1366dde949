"""The HOG and the local binary patterns of each patch, one after the other: shape and texture in one descriptor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.features import hog, local_binary_patterns
from harness.jobs.features.descriptor_specs import HogLbp
from harness.jobs.features.patch_grid import Described


def describe(images: NDArray[np.uint8], spec: HogLbp) -> Described:
    """Describe images [N, C, H, W]; each half of a descriptor has a Euclidean length of 1, a flat patch's HOG of 0."""
    of_shape, of_texture = spec.both()
    shape, texture = hog.describe(images, of_shape), local_binary_patterns.describe(images, of_texture)
    return Described(np.concatenate([shape.vectors, texture.vectors], 2), shape.kept & texture.kept, shape.centres)
