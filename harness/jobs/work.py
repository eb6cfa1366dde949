"""Arguments of every job function: the spec, the folder for the result, the inputs, and the channels to its caller."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Work:
    """Arguments of a job function.

    `spec` says what to compute. `folder` takes the result. `inputs` holds the folders of the jobs that this one builds
    on, by role. `progress` reports to people, and `stop` tells whether the job was asked to stop.
    """

    spec: dict[str, Any]
    folder: JobFolder
    inputs: dict[str, JobFolder]
    runtime: Runtime
    progress: Progress
    stop: StopSignal

    def watched(self, batches: Iterable[Batch], steps: int, images: int) -> Iterator[Batch]:
        """Yield the batches of one pass over a split of `images` images in `steps` steps, and report progress.

        Raises Interrupted between batches if the job was asked to stop.
        """
        started = time.monotonic()
        for step, batch in enumerate(batches, start=1):
            yield batch
            done, seconds = step / steps, time.monotonic() - started
            self.progress.moving(done, f"{done * images / seconds:,.0f} img/s", seconds / done - seconds)
            self.stop.raise_if_asked()
