"""Tests of linear support vector machines: their objective is LIBLINEAR's, and the steps go down to it."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.svm import LinearSVC

from harness.jobs.classifiers.classifier_specs import AveragedSgd, LinearSvm
from harness.jobs.classifiers.linear_svm import Machines, objective, scores, train_epoch, with_one

SPEC = LinearSvm(what="linear_svm", regularisation=1e-2, epochs=40, averaged_from=20)
AVERAGED = AveragedSgd(what="averaged_sgd", regularisation=1e-2, epochs=20, batch=4)


def codes_and_labels():
    """400 digits as vectors of length 1."""
    images, labels = load_digits(return_X_y=True)
    return (images[:400] / np.linalg.norm(images[:400], axis=1)[:, None]).astype(np.float32), labels[:400]


def trained(spec, seed=0):
    """The machines of all digits after the epochs of the spec."""
    codes, labels = codes_and_labels()
    machines = Machines.untrained(10, codes.shape[1])
    for _ in range(spec.epochs):
        train_epoch(machines, spec, codes.__getitem__, labels, seed)
    return machines


def test_the_objective_comes_within_two_percent_of_liblinears():
    """LinearSVC minimises the same sum, its C being 1 / (regularisation * images); no machine can do better."""
    codes, labels = codes_and_labels()
    best = LinearSVC(loss="hinge", C=1 / (SPEC.regularisation * len(codes)), max_iter=100_000, tol=1e-6, random_state=0)
    best.fit(codes, labels)
    least = objective(np.hstack([best.coef_, best.intercept_[:, None]]), SPEC, codes, labels)
    ours = objective(trained(SPEC).average, SPEC, codes, labels)
    assert (ours >= least * (1 - 1e-3)).all()
    assert (ours <= least * 1.02).all()


def test_averaged_gradients_come_as_near_as_scikit_learns():
    """SGDClassifier(average=True) averages from its first step on; the constant 1 is a number of its codes."""
    codes, labels = codes_and_labels()
    theirs = SGDClassifier(alpha=1e-2, average=True, fit_intercept=False, max_iter=20, tol=None, random_state=0)
    theirs.fit(with_one(codes), labels)
    expected = objective(theirs.coef_, AVERAGED, codes, labels)
    ours = objective(trained(AVERAGED).average, AVERAGED, codes, labels)
    assert (ours <= expected * 1.02).all()
    assert (ours >= expected * 0.9).all()


def test_rates_fall_with_a_power():
    """Of the two kinds, the one that averages from the first step on keeps larger steps."""
    slow = AVERAGED.model_copy(update={"rate": 2.0})
    assert [slow.rate_at(step) for step in (0, 350)] == [2.0, 2 / 8 ** (2 / 3)]
    assert SPEC.rate_at(100) == 1 / 2


def test_one_step_is_the_subgradient():
    """From zero, every code of a batch is short of the margin: the first weights are the mean of signed codes."""
    codes = np.array([[1, 0], [0, 2]], np.float32)
    spec = SPEC.model_copy(update={"epochs": 1, "batch": 2, "rate": 0.5})
    machines = Machines.untrained(2, 2)
    train_epoch(machines, spec, codes.__getitem__, np.array([0, 1]), 0)
    np.testing.assert_allclose(machines.weights, 0.25 * np.array([[1, -2, 0], [-1, 2, 0]]), atol=1e-7)


def test_the_average_is_of_the_steps_since_it_began():
    """With one step an epoch, from the second epoch on."""
    codes = np.array([[1, 0], [0, 2]], np.float32)
    spec = SPEC.model_copy(update={"epochs": 3, "batch": 2, "averaged_from": 2})
    machines, seen = Machines.untrained(2, 2), []
    for _ in range(3):
        train_epoch(machines, spec, codes.__getitem__, np.array([0, 1]), 0)
        seen.append(machines.weights.copy())
    np.testing.assert_allclose(machines.average, np.mean(seen[1:], 0), atol=1e-6)


def test_a_seed_decides_every_bit():
    """The same seed gives the same weights, another seed others."""
    short = SPEC.model_copy(update={"epochs": 2})
    assert np.array_equal(trained(short, 1).average, trained(short, 1).average)
    assert not np.array_equal(trained(short, 1).average, trained(short, 2).average)


def test_scores_add_the_bias():
    """The last weight is of a constant 1."""
    assert scores(np.array([[2, -1, 5]], np.float32), np.array([[1, 3]], np.float32)).tolist() == [[4.0]]
