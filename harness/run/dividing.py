"""Refuses, before anything runs, to divide the batches of a net whose layers mix the images of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.errors import UsageError
from harness.machine.runtime import Runtime
from harness.plan.job import Job


def require_whole_batches(todo: Iterable[Job], runtime: Runtime) -> None:
    """Raise UsageError for a training whose batches would be divided though its net mixes their images.

    Batch normalisation over a part of a batch makes another net than over the whole, and nothing here synchronises it.
    """
    for job in todo:
        for flag in _dividing(job, runtime) if job.mixing else ():
            others = f" and {len(job.mixing) - 1} more" if len(job.mixing) > 1 else ""
            raise UsageError(
                f"{flag}: {job.label} cannot divide its batches, because what layer {job.mixing[0]}{others} makes of "
                f"an image depends on the rest of the batch; run without it"
            )


def _dividing(job: Job, runtime: Runtime) -> Iterator[str]:
    """The settings under which a training's batches come in parts."""
    if runtime.micro_batch is not None and runtime.micro_batch < job.spec["recipe"]["batch"]:
        yield f"--micro-batch {runtime.micro_batch}"
    if runtime.processes > 1:
        yield f"{runtime.processes} processes a batch (--gpus or --processes)"
