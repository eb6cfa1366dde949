"""Tests of the regions of an image."""

import numpy as np

from harness.jobs.features.spatial_pyramid import members, unit


def test_regions_divide_the_patches():
    """Every patch lies in one band of three, and all of them in the whole."""
    centres = np.array([[0.1, 0.5], [0.5, 0.2], [0.99, 0.9], [1.0, 1.0]])
    assert [list(one) for one in members(centres, [(1, 1), (3, 1)])] == [[0, 1, 2, 3], [0], [1], [2, 3]]


def test_a_row_of_zeros_has_no_length():
    """And stays; all others have a length of 1."""
    assert unit(np.array([[3.0, -4], [0, 0]])).tolist() == [[0.6, -0.8], [0, 0]]
