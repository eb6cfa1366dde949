"""The kinds of job: `JOBS` maps a kind to its version and what runs it.

Jobs compute and know nothing of suites and plans: all they are given is a spec, a folder, and the folders of their
inputs (`work.Work`). Specs, in `recipe`, `measures` and `inspections`, need no torch; what does stands beside them, in
`on_device` or in modules that are imported when a job runs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of work. Its `version` is part of every key: raise it when the same spec shall mean something else."""

    version: int
    runs: str
    """`module:function`, imported only when a job of this kind runs, for it brings torch."""
    shares_batches: bool = False
    """Whether several processes can do it, each with its part of the images."""
    through: tuple[str, ...] = ()
    """Of the same form: what starts the work where several processes do it. No import of `runs` leads there."""

    def load(self) -> Callable[..., dict[str, Any]]:
        """The function that does the work."""
        module, function = self.runs.split(":")
        return _in_its_world(getattr(importlib.import_module(module), function))


def _in_its_world(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The work of a job once the registries hold what its spec, and those of its inputs, name of other packages."""
    from harness.jobs.named import extended, specs_with  # noqa: PLC0415 - who lists the kinds does without it

    @wraps(function)
    def work(asked: Any) -> dict[str, Any]:
        specs = specs_with(asked.spec, asked.inputs.values())
        if specs:
            from harness.jobs.extensions import add_named  # noqa: PLC0415 - every registry

            add_named(*specs)
        with extended(*specs):
            return function(asked)

    return work


_SHARED = ("harness.jobs.distributed.torchrun:main",)

JOBS: dict[str, JobKind] = {
    "pixels": JobKind(1, "harness.jobs.pixel_statistics:measure_pixels"),
    "train": JobKind(1, "harness.jobs.training.train:train", shares_batches=True, through=_SHARED),
    "evaluate": JobKind(1, "harness.jobs.evaluation.evaluate:evaluate", shares_batches=True, through=_SHARED),
    "ensemble": JobKind(1, "harness.jobs.evaluation.ensemble:average"),
    "inspect": JobKind(1, "harness.jobs.inspections.job:inspect"),
    "probe": JobKind(1, "harness.jobs.probe:probe"),
    "measure": JobKind(1, "harness.jobs.measures.job:measure_quantities", through=_SHARED),
}
"""A measurement says itself how many processes it is about, so it does not share batches and may still need several."""
