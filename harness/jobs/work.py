"""What the function of a job kind is handed: what to compute, where to put it, what it builds on, and whom to tell."""

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
    """One job at work."""

    spec: dict[str, Any]
    folder: JobFolder
    inputs: dict[str, JobFolder]
    runtime: Runtime
    progress: Progress
    stop: StopSignal

    def watched(self, batches: Iterable[Batch], steps: int, images: int) -> Iterator[Batch]:
        """One pass over a split of so many images in so many steps, drawn as it moves; a signal stops it in between."""
        started = time.monotonic()
        for step, batch in enumerate(batches, start=1):
            yield batch
            done, seconds = step / steps, time.monotonic() - started
            self.progress.moving(done, f"{done * images / seconds:,.0f} img/s", seconds / done - seconds)
            self.stop.raise_if_asked()
