"""What the function of a job kind is handed: what to compute, where to put it, what it builds on, and whom to tell."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

from harness.errors import Interrupted
from harness.progress import Progress
from harness.runtime import Runtime
from harness.store import JobFolder

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


@dataclass
class StopSignal:
    """Remembers that a signal asked the run to stop, so that it can stop between two steps with everything saved."""

    number: int | None = None

    def raise_if_asked(self) -> None:
        """Raise Interrupted if a signal came."""
        if self.number is not None:
            how = "what is done is saved, and the same command goes on from there"
            raise Interrupted(self.number, f"stopped by {signal.Signals(self.number).name}; {how}")

    @contextmanager
    def listening(self) -> Iterator[StopSignal]:
        """Catch SIGINT and SIGTERM for the length of the block; a second one stops at once, as a kill would."""
        before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
