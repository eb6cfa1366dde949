"""Tests of local binary patterns against scikit-image, pixel by pixel and patch by patch."""

import numpy as np
import pytest
from feature_samples import photographs
from skimage.feature import local_binary_pattern

from harness.jobs.features.description import DESCRIPTORS
from harness.jobs.features.descriptor_specs import PATTERNS, Hog, HogLbp, Lbp
from harness.jobs.features.local_binary_patterns import describe, patterns

SPEC = Lbp(what="lbp", sides=[16, 22], step=4)
NOISE = np.random.default_rng(5).integers(0, 256, (2, 1, 40, 40), np.uint8)
INSIDE = np.s_[1:-1, 1:-1]


def scikit_images(image):
    """The number of every pixel's pattern, in another order than ours."""
    return local_binary_pattern(image, 8, 1, method="nri_uniform").astype(int)


def test_patterns_are_scikit_images_in_another_order():
    """Every one of ours is one of theirs, and the other way round."""
    ours = patterns(NOISE[:, 0].astype(np.float32))
    pairs = {
        pair
        for image, found in zip(NOISE[:, 0], ours, strict=True)
        for pair in zip(found[INSIDE].ravel().tolist(), scikit_images(image)[INSIDE].ravel().tolist(), strict=True)
    }
    assert len(pairs) == len({own for own, _ in pairs}) == len({their for _, their in pairs}) == PATTERNS


def test_a_flat_image_has_one_pattern():
    """All neighbours are at least as bright, whatever the level."""
    assert len(np.unique(patterns(np.full((1, 9, 9), 0.1, np.float32)))) == 1


def test_a_descriptor_has_roots_of_the_shares_in_four_cells():
    """Counted by hand, over cells that divide pixels evenly."""
    found = describe(NOISE[:1], SPEC)
    numbers = patterns(NOISE[:1, 0].astype(np.float32))[0]
    rows, columns = SPEC.corners(40, 40, 16)
    for place, (row, column) in enumerate((row, column) for row in rows for column in columns):
        patch = numbers[row : row + 16, column : column + 16]
        cells = [patch[at : at + 8, to : to + 8] for at in (0, 8) for to in (0, 8)]
        shares = np.concatenate([np.bincount(cell.ravel(), minlength=PATTERNS) / 64 for cell in cells])
        np.testing.assert_allclose(found.vectors[0, place], np.sqrt(shares / 4), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_both_descriptors_stand_one_after_the_other(channels):
    """On the same grid, with the length that the spec counts."""
    images, grid = photographs(2, 32, channels), {"sides": [16, 24], "step": 4}
    spec = HogLbp(what="hog_lbp", **grid)
    both, hog, lbp = (DESCRIPTORS[one.what](images, one) for one in (spec, *spec.both()))
    np.testing.assert_array_equal(both.vectors, np.concatenate([hog.vectors, lbp.vectors], 2))
    assert both.vectors.shape[1:] == (spec.patches(32, 32), spec.length(channels))
    assert isinstance(spec.both()[0], Hog)
    np.testing.assert_allclose((both.vectors**2).sum(2), 2, rtol=1e-4)
