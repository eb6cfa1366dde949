"""The `fit` job: learns a classifier from the stored codes of a training split."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import JobFailed
from harness.jobs.classifiers.classifier_specs import classifier_of
from harness.jobs.classifiers.linear_svm import Machines, train_epoch
from harness.jobs.features.codes import opened_codes
from harness.jobs.features.description import on_threads, processor_environment
from harness.jobs.features.stored_arrays import read_arrays, write_arrays
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work
from harness.store.store import JobFolder

STATE = ("weights", "average", "steps", "averaged", "epochs")
"""What a killed job goes on from."""


def fit(work: Work) -> dict[str, Any]:
    """Learn the classifier of the spec, by its seed; a job that was killed goes on after its last whole epoch."""
    started, spec = time.monotonic(), classifier_of(work.spec)
    environment = processor_environment(work.runtime)
    with opened_split(work, work.spec["splits"][0]) as split:
        labels, classes = split.labels.numpy(), len(split.classes)
        seen = observed(split, work.runtime.locations)
    with opened_codes(work.inputs["codes"]) as codes, on_threads(work.runtime.threads):
        if codes.count != len(labels):
            raise JobFailed(f"{codes.file.name} has {codes.count} codes of {len(labels)} images")
        machines = _begun(work.folder, classes, codes.numbers)
        epochs = range(machines.epochs, spec.epochs)
        for _ in work.watched(epochs, len(epochs), len(labels) * len(epochs)):
            train_epoch(machines, spec, codes.rows, labels, work.spec["seed"])
            write_arrays(work.folder.partial, **{name: getattr(machines, name) for name in STATE})
    write_arrays(work.folder.classifier, weights=machines.average)
    return {
        "outcome": "done",
        "values": {"steps": float(machines.steps), "length": float(np.linalg.norm(machines.average))},
        "data": [seen],
        "marks": [],
        "environment": environment,
        "cost": {"seconds": time.monotonic() - started},
    }


def learned_weights(folder: JobFolder) -> NDArray[np.float32]:
    """Read the weights [classes, numbers + 1] of a finished job. Raises JobFailed if their file is damaged."""
    return read_arrays(folder.classifier, "weights")[0]


def _begun(folder: JobFolder, classes: int, numbers: int) -> Machines:
    """Return the machines as an earlier run of this job left them, or untrained ones."""
    if not folder.partial.exists():
        return Machines.untrained(classes, numbers)
    weights, average, *counts = read_arrays(folder.partial, *STATE)
    return Machines(weights, average, *(int(count) for count in counts))
