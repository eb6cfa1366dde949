"""Metrics of tests, errors over the epochs of a training, and the unit and direction of both."""

from __future__ import annotations

from typing import Literal, NamedTuple

from harness.vocabulary import METRICS, Metric

EPOCHS = "epochs"
"""Stands for an evaluation where a number is of a training's epochs: `plain20.epochs.best_validation_error`."""


RANKED: dict[str, Metric] = {name: METRICS[name] for name in ("top1_error", "top5_error")}
"""Metrics of a test of classifiers, whose scores rank the classes and are no probabilities."""


class OverEpochs(NamedTuple):
    """One number for the whole learning curve of a training."""

    which: Literal["best", "last"]
    curve: Literal["train_error", "validation_error"]


EPOCH_ERRORS = {
    "best_validation_error": OverEpochs("best", "validation_error"),
    "last_validation_error": OverEpochs("last", "validation_error"),
    "best_train_error": OverEpochs("best", "train_error"),
    "last_train_error": OverEpochs("last", "train_error"),
}
"""Top-1 errors in percent over the epochs of a training, by name: of the validation images through their central view,
and of the training images as the net saw them while it learned."""


def metric_of(name: str) -> Metric | None:
    """Return the unit, direction and label of a metric, of one net or of an ensemble's; None for any other number.

    >>> metric_of("members_top1_error").unit, metric_of("best_train_error").label, metric_of("loss")
    ('%', 'Best training error over epochs', None)
    """
    if name in EPOCH_ERRORS:
        which, curve = EPOCH_ERRORS[name]
        error = "training error" if curve == "train_error" else "validation error"
        label = f"Best {error} over epochs" if which == "best" else f"{error.capitalize()} of the last epoch"
        return Metric("%", "lower", label)
    return METRICS.get(name.removeprefix("members_"))


LARGEST_K = 5
"""The largest k of the top-k errors that every test counts."""
