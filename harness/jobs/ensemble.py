"""Ensembles: the stored predictions of several nets on the same images, averaged and scored."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.errors import JobFailed
from harness.jobs.work import Work
from harness.metrics import tally
from harness.store import JobFolder


def average(work: Work) -> dict[str, Any]:
    """Average the class probabilities of every input test, image by image.

    A net that diverged counts as guessing: it favours no class, so it moves no image's ranking.
    """
    started = time.monotonic()
    results = [_finished(folder.read_result(), folder.path) for folder in work.inputs.values()]
    sound = [
        folder for folder, result in zip(work.inputs.values(), results, strict=True) if result["outcome"] == "done"
    ]
    return {
        "outcome": "done" if sound else "diverged",
        "values": _averaged(sound) if sound else results[0]["values"],
        "data": results[0]["data"],
        "marks": sorted({mark for result in results for mark in result["marks"]}),
        "environment": {},
        "cost": {"seconds": time.monotonic() - started},
    }


def _averaged(folders: list[JobFolder]) -> dict[str, float]:
    """The metrics of the mean prediction; raises JobFailed for tests on different images."""
    with np.load(folders[0].predictions, allow_pickle=False) as stored:
        ids, labels = stored["ids"], torch.from_numpy(stored["labels"])
    sums = torch.zeros((), dtype=torch.float64)
    for folder in folders:
        with np.load(folder.predictions, allow_pickle=False) as stored:
            if not np.array_equal(ids, stored["ids"]):
                raise JobFailed(f"{folder.path} was tested on other images than the rest of the ensemble")
            sums = sums + torch.from_numpy(stored["probabilities"]).double()
    return tally((sums / len(folders)).float(), labels).metrics()


def _finished(result: dict[str, Any] | None, path: Path) -> dict[str, Any]:
    if result is None:
        raise JobFailed(f"{path} has no result to average")
    return result
