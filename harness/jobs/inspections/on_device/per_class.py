"""Carries out `PerClass`: errors of stored predictions class by class."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import JobFailed
from harness.jobs.inspections.per_class import PerClass
from harness.jobs.inspections.subject import Found, Subject
from harness.jobs.metrics import topk_errors


def inspect(spec: PerClass, subject: Subject) -> Found:
    """Return the errors of the test among the inputs, and their change against another net's.

    The change is absent if the other net diverged. Raises JobFailed if the two tests saw different images.
    """
    split = subject.tested_split()
    errors, counts = _errors(spec, subject, "test")
    tested = counts > 0
    values = {
        "zero_error_classes": float((errors[tested] == 0).sum()),
        "mean_error": float(errors[tested].mean()),
        "worst_error": float(errors[tested].max()),
    }
    arrays = {"errors": errors, "counts": counts, "class_names": np.array(split.classes), "top": np.array(spec.top)}
    if spec.against is None:
        return Found(values, arrays)
    if subject.diverged("against"):
        names = ("better_classes", "same_classes", "worse_classes")
        return Found(values, arrays, dict.fromkeys(names, f"the net of {spec.against} diverged"))
    if subject.predictions("against").ids != subject.predictions("test").ids:
        raise JobFailed(f"{subject.work.inputs['against'].path} was tested on other images than this net")
    others, _ = _errors(spec, subject, "against")
    reduced = others - errors
    return Found(values | _changes(reduced[tested]), arrays | {"reductions": reduced})


def class_errors(
    wrong: NDArray[np.bool_], labels: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each class's error in percent and its number of images, both [classes]; the error is 0 without images."""
    counts = np.bincount(labels, minlength=classes)
    errors = 100 * np.bincount(labels, weights=wrong, minlength=classes) / np.maximum(counts, 1)
    return errors, counts


def missed(probabilities: NDArray[np.float32], labels: NDArray[np.int64], top: int) -> NDArray[np.bool_]:
    """Return whether each image is a top-`top` error, bool [count]."""
    errors: NDArray[np.bool_] = topk_errors(torch.from_numpy(probabilities), torch.from_numpy(labels), top).numpy()
    return errors


def _errors(spec: PerClass, subject: Subject, name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    found = subject.predictions(name)
    return class_errors(missed(found.probabilities, found.labels, spec.top), found.labels, subject.classes)


def _changes(reduced: NDArray[np.float64]) -> dict[str, float]:
    """Count the classes that are better than, the same as and worse than another net's."""
    signs = {"better": reduced > 0, "same": reduced == 0, "worse": reduced < 0}
    return {f"{name}_classes": float(which.sum()) for name, which in signs.items()}
