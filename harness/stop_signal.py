"""Signals that ask a run to stop, remembered until it can stop with everything saved."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from harness.errors import Interrupted


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
