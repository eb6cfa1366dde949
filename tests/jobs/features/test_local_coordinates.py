"""Tests of local coordinate coding: its equations, its bound, its pools and its codes."""

import numpy as np
import pytest
from feature_samples import COORDINATES
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.jobs.features.codebook import Codebook, nearest
from harness.jobs.features.local_coordinates import coordinates, encoded, largest, summed
from harness.jobs.features.patch_grid import Described

DRAWS = np.random.default_rng(2)
WORDS, POINTS = DRAWS.normal(size=(12, 4)), DRAWS.normal(size=(30, 4))
SPEC = COORDINATES.model_copy(update={"anchors": 12, "neighbours": 3, "ridge": 1e-2})


def test_coefficients_solve_the_normal_equations():
    """Point by point, the minimum of |x - B'c|^2 + ridge trace(C) |c|^2 under a sum of 1, by a Lagrange multiplier."""
    which, found = coordinates(POINTS, WORDS, SPEC)
    for point, near, coefficients in zip(POINTS, which, found, strict=True):
        by_distance = np.argsort(((WORDS - point) ** 2).sum(1))[:3]
        assert set(near) == set(by_distance)
        chosen = WORDS[near]
        weight = SPEC.ridge * ((chosen - point) ** 2).sum()
        system = np.block([
            [2 * (chosen @ chosen.T + weight * np.eye(3)), np.ones((3, 1))], [np.ones((1, 3)), np.zeros((1, 1))]
        ])  # fmt: skip
        expected = np.linalg.solve(system, np.append(2 * chosen @ point, 1))[:3]
        np.testing.assert_allclose(coefficients, expected, atol=1e-9)


def test_single_precision_is_near():
    """The equations are solved in double precision."""
    exact, found = (coordinates(POINTS.astype(kind), WORDS.astype(kind), SPEC) for kind in (np.float64, np.float32))
    np.testing.assert_array_equal(found[0], exact[0])
    np.testing.assert_allclose(found[1], exact[1], atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.floats(1e-6, 1), st.floats(1e-3, 1e3))
def test_a_code_adds_up_to_one_and_comes_nearer_than_its_nearest_word(seed, neighbours, ridge, scale):
    """Within the bound of the ridge: the nearest word alone is one of the sums that the code is the best of."""
    draws = np.random.default_rng(seed)
    words, points = (scale * draws.normal(size=(size, 3)) for size in (8, 5))
    spec = SPEC.model_copy(update={"neighbours": neighbours, "ridge": ridge})
    which, found = coordinates(points, words, spec)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-9)
    distances = ((words[which] - points[:, None]) ** 2).sum(2)
    error = ((points - np.einsum("mk,mkd->md", found, words[which])) ** 2).sum(1)
    bound = distances.min(1) + ridge * distances.sum(1) * (1 - (found**2).sum(1))
    assert (error <= bound + 1e-9 * scale**2).all()


def test_a_point_at_a_word_is_that_word():
    """And one whose words all lie on it has the same part of each."""
    which, found = coordinates(WORDS, WORDS, SPEC.model_copy(update={"ridge": 1e-9}))
    own = found[which == np.arange(12)[:, None]]
    np.testing.assert_allclose(own, 1, atol=1e-6)
    _, alike = coordinates(np.ones((1, 4)), np.ones((3, 4)), SPEC)
    np.testing.assert_allclose(alike, 1 / 3)


def test_memory_divides_the_points_and_moves_nothing(monkeypatch):
    """Nearest words of three points at a time."""
    whole = coordinates(POINTS, WORDS, SPEC)
    monkeypatch.setattr("harness.jobs.features.codebook.NUMBERS_AT_ONCE", 36)
    parted = coordinates(POINTS, WORDS, SPEC)
    np.testing.assert_array_equal(np.sort(parted[0], 1), np.sort(whole[0], 1))
    np.testing.assert_allclose(parted[1], whole[1], atol=1e-12)
    np.testing.assert_array_equal(nearest(POINTS, WORDS, 1)[:, 0], ((POINTS[:, None] - WORDS) ** 2).sum(2).argmin(1))


def test_pools_take_the_largest_and_the_sum():
    """Of two images with two patches each; a word that none uses, or only with a negative part, has 0 at most."""
    which = np.array([[[0, 1], [1, 2]], [[3, 0], [3, 1]]])
    parts = np.array([[[0.25, 0.75], [0.5, -0.5]], [[2.0, -1], [1, 0.5]]])
    assert largest(which, parts, 4).tolist() == [[0.25, 0.75, 0, 0], [0, 0.5, 0, 2]]
    assert summed(which, parts, 4).tolist() == [[0.25, 1.25, -0.5, 0], [-1, 0.5, 0, 3]]


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_a_patch_that_is_left_out_changes_nothing(pooling):
    """An image with some of its patches left out has the code of the image without them, of length 1."""
    spec = SPEC.model_copy(update={"pooling": pooling})
    book, centres = Codebook(np.zeros(4), np.eye(4), WORDS), DRAWS.uniform(size=(30, 2))
    kept = np.arange(30)[None] >= 4
    whole = encoded(Described(POINTS[None], kept, centres), book, spec)
    cut = encoded(Described(POINTS[None, 4:], kept[:, 4:], centres[4:]), book, spec)
    np.testing.assert_allclose(whole, cut, atol=1e-12)
    assert whole.shape == (1, spec.numbers())
    np.testing.assert_allclose(np.linalg.norm(whole), 1)
