"""Tests of histograms of oriented gradients against scikit-image, on the same patch."""

import numpy as np
import pytest
from feature_samples import photographs
from skimage.feature import hog

from harness.jobs.features.descriptor_specs import Hog
from harness.jobs.features.hog import describe

SIDE = 24
SPEC = Hog(what="hog", sides=[SIDE], step=4)


def scikit_images(patch):
    """4 x 4 cells in one block, which is clipped and has a length of 1."""
    cell = (patch.shape[0] // 4,) * 2
    return hog(patch.astype(float), orientations=9, pixels_per_cell=cell, cells_per_block=(4, 4), block_norm="L2-Hys")


def test_an_image_that_is_one_patch_has_scikit_images_numbers():
    """All of them, gradients at the border included."""
    images = photographs(3, SIDE)
    found = describe(images, SPEC)
    assert found.vectors.shape == (3, 1, SPEC.length(1))
    for image, vector in zip(images, found.vectors, strict=True):
        np.testing.assert_allclose(vector[0], scikit_images(image[0]), atol=1e-6)


def test_a_patch_within_an_image_has_gradients_at_its_border():
    """Scikit-image's of the patch with a pixel more around it, cut into cells by hand."""
    [image] = photographs(1, 32)
    found = describe(image[None], SPEC)
    level = image[0].astype(float)
    down, right = np.zeros_like(level), np.zeros_like(level)
    down[1:-1], right[:, 1:-1] = level[2:] - level[:-2], level[:, 2:] - level[:, :-2]
    bins = (np.rad2deg(np.arctan2(down, right)) % 180 // 20).astype(int)
    cells = [
        (slice(4 + 6 * row, 10 + 6 * row), slice(4 + 6 * column, 10 + 6 * column)) for row, column in np.ndindex(4, 4)
    ]
    block = np.concatenate([np.bincount(bins[at].ravel(), np.hypot(down, right)[at].ravel(), 9) for at in cells])
    clipped = np.minimum(block / np.linalg.norm(block), 0.2)
    [middle] = np.flatnonzero((found.centres == 0.5).all(1))
    np.testing.assert_allclose(found.vectors[0, middle], clipped / np.linalg.norm(clipped), atol=1e-5)


def test_a_flat_patch_is_zero():
    """It has no direction."""
    assert not describe(np.full((1, 1, SIDE, SIDE), 90, np.uint8), SPEC).vectors.any()


@pytest.mark.parametrize("brighter", [0, 30])
def test_a_photograph_and_its_negative_are_alike(brighter):
    """Up is not told from down, nor does the level count."""
    images = photographs(1, 32) // 2
    np.testing.assert_allclose(
        describe(images, SPEC).vectors, describe(127 + brighter - images, SPEC).vectors, atol=1e-6
    )
