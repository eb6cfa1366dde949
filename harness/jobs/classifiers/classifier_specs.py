"""The declarations of classifiers over stored codes; plain data, without torch. A new kind joins `Classifier`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from harness.strict import Strict


class LinearSvm(Strict):
    """One linear support vector machine a class, that class against the rest, by stochastic gradients.

    Each minimises `regularisation / 2 * |w|^2` plus the mean of max(0, 1 - y (w x + b)) over the training codes. The
    bias b counts as the weight of a constant 1, as in LIBLINEAR, whose C is 1 / (regularisation * images).
    """

    what: Literal["linear_svm"]
    regularisation: PositiveFloat
    epochs: PositiveInt
    batch: PositiveInt = 32
    """Codes whose gradients are averaged in a step."""
    rate: PositiveFloat = 1.0
    """Rate of the first step; that of step t is rate / (1 + rate * regularisation * t) (Bottou 2010, section 5)."""
    averaged_from: PositiveInt = 2
    """The epoch, counted from 1, from which on the weights of all steps are averaged; the last epoch's at least."""

    def multiply_adds(self, images: int, numbers: int, classes: int) -> int:
        """Count the multiply-adds of a training: a product of codes and weights, and one of codes and gradients."""
        return 2 * self.epochs * images * numbers * classes

    def rate_at(self, step: int) -> float:
        """Give the rate of a step, counted from 0."""
        return self.rate / (1 + self.rate * self.regularisation * step)


class AveragedSgd(Strict):
    """The same machines by averaged stochastic gradients with slowly falling rates (Xu 2011, Lin and others 2011).

    Averaging lets single steps stay large, so that few passes over the codes are enough.
    """

    what: Literal["averaged_sgd"]
    regularisation: PositiveFloat
    epochs: PositiveInt
    batch: PositiveInt = 32
    """Codes whose gradients are averaged in a step."""
    rate: PositiveFloat = 1.0
    """Rate of the first step; that of step t is rate / (1 + rate * regularisation * t)^exponent."""
    exponent: float = Field(2 / 3, gt=0.5, le=1)
    averaged_from: PositiveInt = 1
    """The epoch, counted from 1, from which on the weights of all steps are averaged; the last epoch's at least."""

    def multiply_adds(self, images: int, numbers: int, classes: int) -> int:
        """Count the multiply-adds of a training, as of a `linear_svm`."""
        return 2 * self.epochs * images * numbers * classes

    def rate_at(self, step: int) -> float:
        """Give the rate of a step, counted from 0."""
        return float(self.rate / (1 + self.rate * self.regularisation * step) ** self.exponent)


Classifier = Annotated[LinearSvm | AveragedSgd, Field(discriminator="what")]
"""Every kind of classifier there is."""


class AnyClassifier(Strict):
    """Reads a classifier of any kind."""

    classifier: Classifier


def classifier_of(spec: Mapping[str, Any]) -> Classifier:
    """Return the classifier that a job's spec declares; raises pydantic's ValidationError."""
    return AnyClassifier.parsed({"classifier": spec["classifier"]}).classifier
