"""Ensembles: averages the stored predictions of several nets on the same images, stores the mean and scores it."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.errors import JobFailed
from harness.jobs.metrics import tally
from harness.jobs.work import Work
from harness.store.store import JobFolder, write_atomically

Arrays = dict[str, NDArray[Any]]


def average(work: Work) -> dict[str, Any]:
    """Average the class probabilities of all input tests, image by image.

    Without labels the result has predictions but no values. Nets that diverged are left out: such a net counts as
    guessing, which favours no class and so changes no ranking. If all diverged, the ensemble did too.
    """
    started = time.monotonic()
    results = [_finished(folder.read_result(), folder.path) for folder in work.inputs.values()]
    sound = [
        folder for folder, result in zip(work.inputs.values(), results, strict=True) if result["outcome"] == "done"
    ]
    found = _averaged(sound) if sound else None
    if found is not None:
        _keep(work.folder, found)
    return {
        "outcome": "done" if sound else "diverged",
        "values": results[0]["values"] if found is None else _scored(found),
        "data": results[0]["data"],
        "marks": sorted({mark for result in results for mark in result["marks"]}),
        "environment": {},
        "cost": {"seconds": time.monotonic() - started},
    }


def _averaged(folders: list[JobFolder]) -> Arrays:
    """Return the mean prediction in the form in which a test stores its own.

    Raises JobFailed if the tests differ in images or classes.
    """
    first, sums = _predicted(folders[0]), torch.zeros((), dtype=torch.float64)
    for folder in folders:
        stored = _predicted(folder)
        for name, what in (("ids", "images"), ("classes", "classes")):
            if not np.array_equal(first[name], stored[name]):
                raise JobFailed(f"{folder.path} was tested on other {what} than the rest of the ensemble")
        sums = sums + torch.from_numpy(stored["probabilities"]).double()
    return first | {"probabilities": (sums / len(folders)).float().numpy()}


def _predicted(folder: JobFolder) -> Arrays:
    try:
        with np.load(folder.predictions, allow_pickle=False) as stored:
            return {name: stored[name] for name in ("probabilities", "labels", "ids", "classes")}
    except (OSError, ValueError, KeyError) as error:
        raise JobFailed(f"{folder.predictions} cannot be read ({error}); move {folder.path} away") from None


def _scored(found: Arrays) -> dict[str, float]:
    """Return the metrics of the mean prediction; empty if labels are unpublished, which the label -1 marks."""
    if (found["labels"] < 0).any():
        return {}
    return tally(torch.from_numpy(found["probabilities"]), torch.from_numpy(found["labels"])).metrics()


def _keep(folder: JobFolder, found: Arrays) -> None:
    """Store the mean prediction in the form of a test's own, so that it can be submitted to a server like one."""
    buffer = io.BytesIO()
    np.savez(buffer, **found)  # type: ignore[arg-type]  # numpy types `allow_pickle`, its only named keyword
    write_atomically(folder.predictions, buffer.getbuffer())


def _finished(result: dict[str, Any] | None, path: Path) -> dict[str, Any]:
    if result is None:
        raise JobFailed(f"{path} has no result to average")
    return result
