"""Signals that ask a run to stop, remembered until the run can stop with everything saved."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from harness.errors import Interrupted

ORDERS = (signal.SIGINT, signal.SIGTERM)
"""Signals of which a second one stops at once."""
NOTICES = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGUSR1") if hasattr(signal, name))
"""Signals sent when a terminal closes or a connection breaks, and by batch systems before a job's time is up. They may
come in any number and beside others, so they never stop at once."""
STOPPING = (*ORDERS, *NOTICES)


@dataclass
class StopSignal:
    """A remembered signal, checked between two steps so that the run stops with everything saved."""

    number: int | None = None

    def raise_if_asked(self) -> None:
        """Raise Interrupted where a signal has arrived."""
        if self.number is not None:
            how = "finished work is saved, and the same command goes on from there"
            raise Interrupted(self.number, f"stopped by {signal.Signals(self.number).name}; {how}")

    @contextmanager
    def listening(self) -> Iterator[StopSignal]:
        """Catch signals that ask to stop during the block; a second order stops at once, like a kill.

        A notice that the process ignores, as under nohup, stays ignored.
        """
        heard = [*ORDERS, *(number for number in NOTICES if signal.getsignal(number) is not signal.SIG_IGN)]
        before = {number: signal.signal(number, self._note) for number in heard}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in ORDERS and self.number in ORDERS:
            raise KeyboardInterrupt
        if self.number is None or number in ORDERS:
            self.number = number
