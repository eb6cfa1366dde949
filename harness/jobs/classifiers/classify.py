"""The `classify` job: scores every image of a split by classifiers of several features, and averages their scores."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.splits import Split
from harness.errors import JobFailed
from harness.jobs.classifiers.fit import learned_weights
from harness.jobs.classifiers.linear_svm import scores
from harness.jobs.features.codes import opened_codes
from harness.jobs.features.description import on_threads, processor_environment
from harness.jobs.features.stored_arrays import write_arrays
from harness.jobs.metrics import error_percent, tally
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work

NUMBERS_AT_ONCE = 2**22
"""Numbers of codes that are read at a time, 16 MiB; limits memory only."""


def classify(work: Work) -> dict[str, Any]:
    """Test the classifiers of all features on a split, their scores averaged image by image.

    Stores the softmax of the mean scores, which ranks the classes as the scores do, in the form of a net's test. A
    machine's score is no probability, so errors are counted and no cross-entropy. A split without labels gives
    predictions but no values.
    """
    started, environment = time.monotonic(), processor_environment(work.runtime)
    with opened_split(work, work.spec["splits"][0]) as split:
        with on_threads(work.runtime.threads):
            mean = sum(_scored(work, feature, split) for feature in work.spec["features"]) / len(work.spec["features"])
        found = torch.from_numpy(np.asarray(mean)).softmax(1).float()
        _keep(work, split, found)
        return {
            "outcome": "done",
            "values": _errors(found, split.labels) if split.labelled else {},
            "data": [observed(split, work.runtime.locations)],
            "marks": [],
            "environment": environment,
            "cost": {"seconds": time.monotonic() - started},
        }


def _errors(found: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    counts = tally(found, labels)
    wrong = {"top1_error": counts.top1_wrong, "top5_error": counts.top5_wrong}
    return {name: error_percent(number, counts.samples) for name, number in wrong.items()}


def _scored(work: Work, feature: str, split: Split) -> NDArray[np.float64]:
    """Return the scores [images, classes] by one feature's classifier, from its stored codes."""
    weights = learned_weights(work.inputs[f"classifier_{feature}"])
    with opened_codes(work.inputs[f"codes_{feature}"]) as codes:
        if (codes.count, codes.numbers + 1) != (split.count, weights.shape[1]):
            raise JobFailed(f"{codes.file.name} does not hold the codes of these images for this classifier")
        size = max(1, NUMBERS_AT_ONCE // codes.numbers)
        parts = np.split(np.arange(codes.count), range(size, codes.count, size))
        passing = work.watched((scores(weights, codes.rows(part)) for part in parts), len(parts), codes.count)
        return np.concatenate(list(passing)).astype(np.float64)


def _keep(work: Work, split: Split, found: torch.Tensor) -> None:
    ids, classes = np.array(split.ids), np.array(split.classes)
    arrays = {"probabilities": found.numpy(), "labels": split.labels.numpy(), "ids": ids, "classes": classes}
    write_arrays(work.folder.predictions, **arrays)
