"""Tests of super-vector coding against its formula."""

import numpy as np
from feature_samples import SUPER

from harness.jobs.features.codebook import Codebook
from harness.jobs.features.patch_grid import Described
from harness.jobs.features.super_vectors import encoded, super_vectors

DRAWS = np.random.default_rng(4)
WORDS, POINTS = DRAWS.normal(size=(5, 3)), DRAWS.normal(size=(2, 40, 3))
WHICH = ((POINTS[:, :, None] - WORDS) ** 2).sum(3).argmin(2)


def test_vectors_are_those_of_the_formula():
    """Descriptor by descriptor: the sum of (s, x - v) over N sqrt(p)."""
    kept = np.arange(40)[None] % np.array([[40], [3]]) > 0
    found = super_vectors(POINTS, WHICH, kept, WORDS, 0.5).reshape(2, 5, 4)
    for image in range(2):
        there = np.flatnonzero(kept[image])
        for word in range(5):
            own = [one for one in there if WHICH[image, one] == word]
            share = len(own) / len(there)
            total = sum((np.append(0.5, POINTS[image, one] - WORDS[word]) for one in own), np.zeros(4))
            np.testing.assert_allclose(found[image, word], total / (len(there) * np.sqrt(share or 1)), atol=1e-12)


def test_descriptors_at_their_words_leave_the_roots_of_shares():
    """Three at the first word and one at the second: s times the roots of 3/4 and 1/4, and no distance."""
    points, which = WORDS[None, [0, 0, 0, 1]], np.array([[0, 0, 0, 1]])
    found = super_vectors(points, which, np.ones((1, 4), bool), WORDS, 2.0).reshape(5, 4)
    np.testing.assert_allclose(found[:, 0], 2 * np.sqrt([0.75, 0.25, 0, 0, 0]))
    np.testing.assert_allclose(found[:, 1:], 0, atol=1e-15)


def test_a_code_has_every_region_and_a_length_of_one():
    """An image without patches has a code of zeros."""
    spec = SUPER.model_copy(update={"words": 5, "dimensions": 3})
    kept = np.array([[True] * 40, [False] * 40])
    described = Described(POINTS, kept, DRAWS.uniform(size=(40, 2)))
    found = encoded(described, Codebook(np.zeros(3), np.eye(3), WORDS), spec)
    assert found.shape == (2, spec.numbers())
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0])
