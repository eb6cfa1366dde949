"""What the function of a job kind is handed: what to compute, where to put it, what it builds on, and whom to tell."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from harness.errors import Interrupted
from harness.progress import Progress
from harness.runtime import Runtime
from harness.store import JobFolder


@dataclass(frozen=True)
class Work:
    """One job at work."""

    spec: dict[str, Any]
    folder: JobFolder
    inputs: dict[str, JobFolder]
    runtime: Runtime
    progress: Progress
    stop: StopSignal


@dataclass
class StopSignal:
    """Remembers that a signal asked the run to stop, so that it can stop between two steps with everything saved."""

    number: int | None = None
    since: float = field(default_factory=time.monotonic)

    def raise_if_asked(self, how_to_go_on: str) -> None:
        """Raise Interrupted if a signal came."""
        if self.number is not None:
            raise Interrupted(self.number, f"stopped by {signal.Signals(self.number).name}; {how_to_go_on}")

    @contextmanager
    def listening(self) -> Iterator[StopSignal]:
        """Catch SIGINT and SIGTERM for the length of the block; a second SIGINT stops at once."""
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
