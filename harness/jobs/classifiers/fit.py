"""The `fit` job: learns a classifier from the stored codes of a training split."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np

from harness.errors import JobFailed
from harness.jobs.classifiers.classifier_specs import LinearSvm
from harness.jobs.classifiers.linear_svm import Machines, train_epoch
from harness.jobs.features.codes import opened_codes
from harness.jobs.features.description import on_threads, processor_environment
from harness.jobs.observe import observed, opened_split
from harness.jobs.work import Work
from harness.store.store import JobFolder, write_atomically


def fit(work: Work) -> dict[str, Any]:
    """Learn the classifier of the spec, by its seed; a job that was killed goes on after its last whole epoch."""
    started, spec = time.monotonic(), LinearSvm.parsed(work.spec["classifier"])
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
            _note(work.folder, machines)
    _keep(work.folder, machines)
    return {
        "outcome": "done",
        "values": {"steps": float(machines.steps), "length": float(np.linalg.norm(machines.average))},
        "data": [seen],
        "marks": [],
        "environment": environment,
        "cost": {"seconds": time.monotonic() - started},
    }


def learned_weights(folder: JobFolder) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Read the weights [classes, numbers + 1] of a finished job. Raises JobFailed if their file is damaged."""
    try:
        with np.load(folder.classifier, allow_pickle=False) as stored:
            found: np.ndarray[Any, np.dtype[np.float32]] = stored["weights"]
            return found
    except (OSError, ValueError, KeyError) as error:
        raise JobFailed(f"{folder.classifier} cannot be read ({error}); move {folder.path} away") from None


def _begun(folder: JobFolder, classes: int, numbers: int) -> Machines:
    """Return the machines as an earlier run of this job left them, or untrained ones."""
    try:
        with np.load(folder.partial, allow_pickle=False) as stored:
            counts = [int(stored[name]) for name in ("steps", "averaged", "epochs")]
            return Machines(stored["weights"], stored["average"], *counts)
    except (OSError, ValueError, KeyError, EOFError):
        return Machines.untrained(classes, numbers)


def _note(folder: JobFolder, machines: Machines) -> None:
    counts = {"steps": machines.steps, "averaged": machines.averaged, "epochs": machines.epochs}
    _write(folder.partial, {"weights": machines.weights, "average": machines.average, **counts})


def _keep(folder: JobFolder, machines: Machines) -> None:
    _write(folder.classifier, {"weights": machines.average})


def _write(path: Any, arrays: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getbuffer())
