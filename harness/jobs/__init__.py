"""The registry of job kinds: `JOBS` maps the name of a kind to its version and to the function that runs it.

A job computes and knows nothing of suites or plans. It receives a spec, a folder for its result and the folders of its
inputs (`work.Work`). The modules that declare specs (`recipe`, `measures`, `inspections`) import no torch. The code
that needs torch stands beside them, in `on_device` packages or in modules that are imported only when a job runs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    `version` is part of the key of every job of the kind. Raise it when the same spec is to mean a different
    computation.
    """

    version: int
    runs: str
    """The function that does the work, as `module:function`. Only a running job imports it, because it needs torch."""
    shares_batches: bool = False
    """Whether several processes can share one job of this kind, each with a part of the images."""
    on_processor: bool = False
    """Whether the work runs on the processor where there is a GPU too."""
    through: tuple[str, ...] = ()
    """Entry points (`module:function`) that start the work in several processes; `runs` imports none of them."""

    def load(self) -> Callable[..., dict[str, Any]]:
        """Import and return the function that does the work."""
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
    "pixels": JobKind(1, "harness.jobs.pixel_statistics:measure_pixels", on_processor=True),
    "train": JobKind(1, "harness.jobs.training.train:train", shares_batches=True, through=_SHARED),
    "evaluate": JobKind(1, "harness.jobs.evaluation.evaluate:evaluate", shares_batches=True, through=_SHARED),
    "ensemble": JobKind(1, "harness.jobs.evaluation.ensemble:average", on_processor=True),
    "inspect": JobKind(1, "harness.jobs.inspections.job:inspect"),
    "vocabulary": JobKind(1, "harness.jobs.features.learn_vocabulary:learn_vocabulary", on_processor=True),
    "encode": JobKind(1, "harness.jobs.features.encode_split:encode", on_processor=True),
    "fit": JobKind(1, "harness.jobs.classifiers.fit:fit", on_processor=True),
    "classify": JobKind(1, "harness.jobs.classifiers.classify:classify", on_processor=True),
    "probe": JobKind(1, "harness.jobs.probe:probe"),
    "measure": JobKind(1, "harness.jobs.measures.job:measure_quantities", through=_SHARED),
}
"""The kinds of job. A measurement declares in its spec how many processes it needs, so it does not share batches."""
