"""Carries out `Panel`: chooses the test images to show, with the labels that a net finds most probable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.jobs.inspections.on_device.per_class import class_errors, missed
from harness.jobs.inspections.panel import Panel
from harness.jobs.inspections.subject import Found, Predictions, Subject, one_of_each_class_first, seeded_order

LABELS = 5
"""Number of labels shown for each image (AlexNet Figure 4, PReLU Figure 4)."""

WORST_CLASSES = 3
"""Number of classes whose errors are shown (PReLU Figure 5)."""


def inspect(spec: Panel, subject: Subject) -> Found:
    """Choose the images of the panel from the test among the inputs.

    The result has no arrays if no image qualifies.
    """
    split, predictions = subject.tested_split(), subject.predictions("test")
    places = chosen(spec, predictions)
    if not places:
        return Found(dict.fromkeys(("shown", "top1_right", "top5_right"), 0.0), {})
    ids = [predictions.ids[place] for place in places]
    stored = {identity: place for place, identity in enumerate(split.ids)}  # the test may cover a sample
    probabilities = predictions.probabilities[places]
    labels = predictions.labels[places]
    top = np.argsort(-probabilities, axis=1, kind="stable")[:, :LABELS]
    values = {
        "shown": float(len(places)),
        "top1_right": float((~missed(probabilities, labels, 1)).sum()),
        "top5_right": float((~missed(probabilities, labels, LABELS)).sum()),
    }
    arrays = {
        "images": subject.views(split, [stored[identity] for identity in ids]).numpy(),
        "labels": labels,
        "top": top,
        "probabilities": np.take_along_axis(probabilities, top, 1),
        "own_probability": np.take_along_axis(probabilities, labels[:, None], 1)[:, 0],
        "class_names": np.array(split.classes),
        "ids": np.array(ids),
    }
    return Found(values, arrays)


def chosen(spec: Panel, predictions: Predictions) -> list[int]:
    """Return the positions of the chosen images in the order shown; fewer than asked for if too few qualify."""
    order = seeded_order(predictions.ids, spec.seed)
    labels = predictions.labels.tolist()
    if spec.which == "any":
        return one_of_each_class_first(order, labels, spec.images)
    wrong = missed(predictions.probabilities, predictions.labels, LABELS)
    wanted = [place for place in order if wrong[place] == (spec.which != "right")]
    if spec.which != "worst_classes":
        return one_of_each_class_first(wanted, labels, spec.images)
    worst = worst_classes(wrong, predictions.labels, predictions.probabilities.shape[1])
    each = -(-spec.images // WORST_CLASSES)
    return [place for label in worst for place in [p for p in wanted if labels[p] == label][:each]][: spec.images]


def worst_classes(wrong: NDArray[np.bool_], labels: NDArray[np.int64], classes: int) -> list[int]:
    """Return the classes with the highest error, highest first; equal ones in the order of the list of classes."""
    errors, _ = class_errors(wrong, labels, classes)
    return [int(label) for label in np.argsort(-errors, kind="stable")[:WORST_CLASSES]]
