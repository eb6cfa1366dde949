"""The kinds of job: `JOBS` maps a kind to its version, the sources that decide its results, and what runs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of work. Its `version` is part of every key: raise it when the same spec shall mean something else."""

    version: int
    runs: str
    """`module:function`, imported only when a job of this kind runs, for it brings torch."""
    sources: tuple[str, ...]
    """Files and folders of the package whose code decides the result; their digest tells when a result is stale."""

    shares_batches: bool = False
    """Whether several processes can do it, each with its part of the images."""

    def load(self) -> Callable[..., dict[str, Any]]:
        """The function that does the work."""
        module, function = self.runs.split(":")
        loaded: Callable[..., dict[str, Any]] = getattr(importlib.import_module(module), function)
        return loaded


_DATA = ("data", "jobs/observe.py")
_NETS = (
    *_DATA,
    "models",
    "jobs/metrics.py",
    "jobs/recipe.py",
    "models/sliding.py",
    "jobs/evaluation/evaluate.py",
    "jobs/evaluation/dense.py",
    "jobs/device.py",
    "jobs/pixels.py",
    "jobs/ranks.py",
)
_TRAINING = (
    "jobs/training/train.py",
    "jobs/training/first_weights.py",
    "jobs/training/optimiser.py",
    "jobs/training/sgd.py",
    "jobs/randomness.py",
    "jobs/training/schedule.py",
    "jobs/training/step.py",
    "jobs/training/captured.py",
)
_MEASURES = (
    "jobs/measures",
    "models",
    "jobs/measures/job.py",
    "jobs/device.py",
    "jobs/ranks.py",
    "jobs/training/step.py",
    "jobs/training/captured.py",
    "data/share.py",
)

JOBS: dict[str, JobKind] = {
    "pixels": JobKind(1, "harness.jobs.pixel_statistics:measure_pixels", ("jobs/pixel_statistics.py", *_DATA)),
    "train": JobKind(1, "harness.jobs.training.train:train", (*_NETS, *_TRAINING), shares_batches=True),
    "evaluate": JobKind(1, "harness.jobs.evaluation.evaluate:evaluate", _NETS, shares_batches=True),
    "ensemble": JobKind(
        1, "harness.jobs.evaluation.ensemble:average", ("jobs/evaluation/ensemble.py", "jobs/metrics.py")
    ),
    "inspect": JobKind(
        1,
        "harness.jobs.inspections.job:inspect",
        (
            *_NETS,
            "jobs/inspections",
            "jobs/inspections/job.py",
            "jobs/inspections/on_device",
            "jobs/inspections/subject.py",
        ),
    ),
    "probe": JobKind(1, "harness.jobs.probe:probe", (*_NETS, *_TRAINING, "jobs/probe.py")),
    "measure": JobKind(1, "harness.jobs.measures.job:measure_quantities", _MEASURES),
}
