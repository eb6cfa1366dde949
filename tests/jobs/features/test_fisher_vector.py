"""Tests of Fisher vectors: their formula, finite differences of the likelihood, and scikit-image's."""

import numpy as np
import pytest
from feature_samples import FEATURE, mixture
from scipy.special import logsumexp
from scipy.stats import norm
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture

from harness.jobs.features.fisher_vector import encoded, fisher_vectors, posteriors, powered
from harness.jobs.features.mixture import Vocabulary
from harness.jobs.features.patch_grid import Described

ALL = ["weights", "means", "variances"]
POINTS = np.random.default_rng(1).normal(size=(9, 2))


def vector(points, vocabulary, gradients=ALL):
    """The code of one image of these points, without normalisation."""
    shares = posteriors(points, vocabulary)
    return fisher_vectors(points[None], shares[None], np.array([len(points)]), vocabulary, gradients)[0]


def log_likelihood(points, weights, means, deviations):
    """Mean log-likelihood, by scipy."""
    each = norm.logpdf(points[:, None], means, deviations).sum(-1) + np.log(weights)
    return logsumexp(each, axis=1).mean()


def test_a_mixture_of_one_has_a_code_that_can_be_worked_out_by_hand():
    """The points -1 and 3 under N(0, 4): their mean over the deviation, and their mean square less 1 over root 2."""
    one = Vocabulary(*(np.array(array, float) for array in ([0], [[1]], [1], [[0]], [[4]])))
    found = vector(np.array([[-1.0], [3.0]]), one)
    np.testing.assert_allclose(found, [0, 1 / 2, (10 / 2 / 4 - 1) / np.sqrt(2)], atol=1e-10)


def test_codes_are_those_of_the_formula():
    """Point by point and Gaussian by Gaussian, in double precision."""
    mix = mixture(4, 2)
    density = mix.weights * norm.pdf(POINTS[:, None], mix.means, np.sqrt(mix.variances)).prod(-1)
    share = density / density.sum(1, keepdims=True)
    apart = (POINTS[:, None] - mix.means) / np.sqrt(mix.variances)
    weights = (share - mix.weights).mean(0) / np.sqrt(mix.weights)
    means = (share[..., None] * apart).mean(0) / np.sqrt(mix.weights)[:, None]
    variances = (share[..., None] * (apart**2 - 1)).mean(0) / np.sqrt(2 * mix.weights)[:, None]
    expected = np.concatenate([weights, means.ravel(), variances.ravel()])
    np.testing.assert_allclose(vector(POINTS, mix), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("parameter", ALL)
def test_codes_are_scaled_gradients_of_the_likelihood(parameter):
    """Central differences with respect to the logarithms of weights, the means, and the standard deviations."""
    mix, step = mixture(3, 2), 1e-6
    start = {"weights": np.log(mix.weights), "means": mix.means, "variances": np.sqrt(mix.variances)}

    def at(place, by):
        moved = {name: array.copy() for name, array in start.items()}
        moved[parameter][place] += by
        weights = np.exp(moved["weights"]) / np.exp(moved["weights"]).sum()
        return log_likelihood(POINTS, weights, moved["means"], moved["variances"])

    places = list(np.ndindex(start[parameter].shape))
    gradient = np.array([(at(place, step) - at(place, -step)) / (2 * step) for place in places])
    root = np.sqrt(mix.weights)
    scale = {
        "weights": 1 / root,
        "means": np.sqrt(mix.variances) / root[:, None],
        "variances": np.sqrt(mix.variances / 2) / root[:, None],
    }[parameter]
    np.testing.assert_allclose(vector(POINTS, mix, [parameter]), gradient * scale.ravel(), atol=1e-8)


def test_scikit_image_has_the_same_but_for_the_sign_of_the_variances():
    """Its gradient with respect to variances points down the likelihood; everything else is equal."""
    mix = mixture(3, 2)
    theirs = GaussianMixture(3, covariance_type="diag")
    theirs.weights_, theirs.means_, theirs.covariances_ = mix.weights, mix.means, mix.variances
    theirs.precisions_cholesky_ = 1 / np.sqrt(mix.variances)
    expected = fisher_vector(POINTS, theirs)
    expected[-6:] *= -1
    np.testing.assert_allclose(vector(POINTS, mix), expected, atol=1e-12)


def test_a_patch_that_is_left_out_changes_nothing():
    """An image with two of its patches left out has the code of the image without them."""
    spec = FEATURE.model_copy(update={"dimensions": 2, "gaussians": 3, "regions": [(1, 1)]})
    mix, centres = mixture(3, 2, np.float32), np.full((9, 2), 0.5, np.float32)
    kept = np.arange(9)[None] >= 2
    points = POINTS[None].astype(np.float32)
    whole = encoded(Described(points, kept, centres), mix, spec)
    cut = encoded(Described(points[:, 2:], kept[:, 2:], centres[2:]), mix, spec)
    np.testing.assert_allclose(whole, cut, atol=1e-6)


def test_an_image_without_patches_has_a_code_of_zeros():
    """Nothing is divided by zero."""
    spec = FEATURE.model_copy(update={"dimensions": 2, "gaussians": 3})
    described = Described(POINTS[None].astype(np.float32), np.zeros((1, 9), bool), np.full((9, 2), 0.5, np.float32))
    assert not encoded(described, mixture(3, 2, np.float32), spec).any()


def test_the_power_keeps_signs():
    """A root of the magnitude."""
    np.testing.assert_allclose(powered(np.array([-4.0, 9.0]), 0.5), [-2, 3])
    np.testing.assert_allclose(powered(np.array([-8.0, 27.0]), 1 / 3), [-2, 3])
