"""Tests of dense descriptors: OpenCV's SIFT at the same places, turned images, and plain loops."""

import cv2
import numpy as np
import pytest
from feature_samples import SIFT, photographs

from harness.jobs.features.colour_statistics import describe as colour_statistics
from harness.jobs.features.dense_sift import describe
from harness.jobs.features.descriptor_specs import DenseSift, LocalColourStatistics

CELLS, DIRECTIONS = 4, 8


def test_descriptors_are_those_of_opencv_to_its_rounding():
    """OpenCV rounds the numbers of a descriptor, which have a length of 512, to whole ones."""
    images = photographs(3, 40)
    keypoints = [
        cv2.KeyPoint(float(column + side // 2), float(row + side // 2), side / 6, 0.0)
        for side in SIFT.sides
        for row in SIFT.corners(40, 40, side)[0]
        for column in SIFT.corners(40, 40, side)[1]
    ]
    theirs = np.stack([cv2.SIFT_create().compute(image[0], keypoints)[1] for image in images])
    np.testing.assert_allclose(describe(images, SIFT).vectors * 512, theirs, rtol=0, atol=1)


def test_a_turned_image_has_turned_descriptors():
    """By 90 degrees: places and cells turn with the image, and directions by a quarter of all.

    Odd sides and images have a middle pixel, about which they turn exactly.
    """
    spec = DenseSift(what="dense_sift", sides=[17], step=4)
    image = photographs(1, 33)
    rows = len(spec.corners(33, 33, 17)[0])
    form = (rows, rows, CELLS, CELLS, DIRECTIONS)
    plain = describe(image, spec).vectors.reshape(form)
    turned = describe(np.rot90(image, axes=(2, 3)).copy(), spec).vectors.reshape(form)
    expected = np.roll(np.rot90(np.rot90(plain, axes=(0, 1)), axes=(2, 3)), DIRECTIONS // 4, axis=-1)
    np.testing.assert_allclose(turned, expected, atol=2e-5)


def test_a_flat_patch_is_left_out_and_has_no_direction():
    """OpenCV would give it a descriptor of rounding noise."""
    image = np.full((1, 1, 32, 32), 117, np.uint8)
    found = describe(image, SIFT.model_copy(update={"flat_below": 1.0}))
    assert not found.kept.any()
    assert not found.vectors.any()


def test_contrast_is_the_deviation_of_the_patch():
    """A threshold just below it keeps a patch, one just above it does not."""
    image = photographs(1, 16)
    deviation = float(image.astype(float).std())
    for factor, kept in ((0.999, True), (1.001, False)):
        spec = DenseSift(what="dense_sift", sides=[16], step=4, flat_below=deviation * factor)
        assert describe(image, spec).kept.all() == kept


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_statistics_are_means_and_deviations_of_cells(channels):
    """Cell by cell with numpy; of 16-pixel patches the cells are of 4 pixels."""
    images = photographs(2, 20, channels)
    found = colour_statistics(images, LocalColourStatistics(what="local_colour_statistics", sides=[16], step=4))
    patch = images[1, :, 4:20, 0:16].astype(float) / 255  # the third of four, in two rows
    cells = patch.reshape(channels, 4, 4, 4, 4).transpose(1, 3, 0, 2, 4).reshape(16, channels, 16)
    expected = np.concatenate([cells.mean(-1), cells.std(-1)], 1).ravel()
    np.testing.assert_allclose(found.vectors[1, 2], expected, atol=1e-5)


def test_no_patch_fits_in_a_smaller_image():
    """The error names both sizes."""
    with pytest.raises(ValueError, match="no patch of 16 pixels fits in images of 8 x 8"):
        describe(np.zeros((1, 1, 8, 8), np.uint8), SIFT)
