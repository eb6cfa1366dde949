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
    *_DATA, "models", "metrics.py", "recipe.py", "sliding.py", "jobs/evaluate.py", "jobs/dense.py", "jobs/device.py",
    "jobs/pixels.py", "jobs/ranks.py",
)  # fmt: skip
_TRAINING = (
    "jobs/train.py", "jobs/first_weights.py", "jobs/optimiser.py", "jobs/sgd.py", "jobs/randomness.py",
    "jobs/schedule.py", "jobs/schedule_spec.py", "jobs/optimiser_spec.py", "jobs/step.py", "jobs/captured.py",
)  # fmt: skip
_MEASURES = (
    "measures",
    "models",
    "jobs/quantities.py",
    "jobs/device.py",
    "jobs/ranks.py",
    "jobs/step.py",
    "jobs/captured.py",
    "data/share.py",
)

JOBS: dict[str, JobKind] = {
    "pixels": JobKind(1, "harness.jobs.pixel_statistics:measure_pixels", ("jobs/pixel_statistics.py", *_DATA)),
    "train": JobKind(1, "harness.jobs.train:train", (*_NETS, *_TRAINING), shares_batches=True),
    "evaluate": JobKind(1, "harness.jobs.evaluate:evaluate", _NETS, shares_batches=True),
    "ensemble": JobKind(1, "harness.jobs.ensemble:average", ("jobs/ensemble.py", "metrics.py")),
    "inspect": JobKind(
        1,
        "harness.jobs.inspect:inspect",
        (*_NETS, "inspections", "jobs/inspect.py", "jobs/inspections", "jobs/subject.py"),
    ),
    "probe": JobKind(1, "harness.jobs.probe:probe", (*_NETS, *_TRAINING, "jobs/probe.py")),
    "measure": JobKind(1, "harness.jobs.quantities:measure_quantities", _MEASURES),
}
