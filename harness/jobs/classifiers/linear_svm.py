"""Linear support vector machines of all classes at once: averaged stochastic subgradient descent in matrix products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.jobs.classifiers.classifier_specs import Classifier

Floats = NDArray[np.float32]
Rows = Callable[[NDArray[np.integer]], Floats]
"""Returns the codes of images by number, float32 [batch, numbers]."""


@dataclass(slots=True)
class Machines:
    """The machines of a training at work; the last column of the weights is the bias."""

    weights: Floats
    """[classes, numbers + 1]."""
    average: Floats
    """The mean of the weights since averaging began."""
    steps: int = 0
    averaged: int = 0
    epochs: int = 0
    """How many epochs are done."""

    @classmethod
    def untrained(cls, classes: int, numbers: int) -> Machines:
        """Begin with zeros, of which nothing depends on chance."""
        return cls(np.zeros((classes, numbers + 1), np.float32), np.zeros((classes, numbers + 1), np.float32))


def train_epoch(machines: Machines, spec: Classifier, rows: Rows, labels: NDArray[np.integer], seed: int) -> None:
    """Take one step for each batch of a new random order of all images; a last, smaller batch counts as a whole one."""
    order = np.random.default_rng([seed, machines.epochs]).permutation(len(labels))
    averages = machines.epochs + 1 >= min(spec.averaged_from, spec.epochs)
    for first in range(0, len(order), spec.batch):
        batch = order[first : first + spec.batch]
        _step(machines, spec, with_one(rows(batch)), labels[batch])
        if averages:
            machines.averaged += 1
            machines.average += (machines.weights - machines.average) / np.float32(machines.averaged)
    machines.epochs += 1


def _step(machines: Machines, spec: Classifier, codes: Floats, labels: NDArray[np.integer]) -> None:
    signs = _signs(labels, len(machines.weights))
    rate = np.float32(spec.rate_at(machines.steps))
    short = signs * ((codes @ machines.weights.T) * signs < 1)
    machines.weights *= 1 - rate * np.float32(spec.regularisation)
    machines.weights += (rate / np.float32(len(codes))) * (short.T @ codes)
    machines.steps += 1


def objective(weights: Floats, spec: Classifier, codes: Floats, labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return what every machine minimises, float64 [classes], of weights [classes, numbers + 1]."""
    signs = _signs(labels, len(weights))
    exact = weights.astype(np.float64)
    hinge = np.maximum(0, 1 - signs * (with_one(codes).astype(np.float64) @ exact.T)).mean(0)
    found: NDArray[np.float64] = spec.regularisation / 2 * (exact**2).sum(1) + hinge
    return found


def with_one(codes: Floats) -> Floats:
    """Append the constant 1 to codes, [batch, numbers + 1]."""
    return np.concatenate([codes, np.ones((len(codes), 1), np.float32)], 1)


def scores(weights: Floats, codes: Floats) -> Floats:
    """Return the score of every class, float32 [batch, classes]: above 1 for, below -1 against."""
    found: Floats = with_one(codes) @ weights.T
    return found


def _signs(labels: NDArray[np.integer], classes: int) -> Floats:
    return np.where(labels[:, None] == np.arange(classes), 1, -1).astype(np.float32)
