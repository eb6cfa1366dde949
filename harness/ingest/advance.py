"""Tells how far a pass over many images is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from harness.progress import Progress, duration


@dataclass
class Advance:
    """A count that moves on a terminal, and is said at each tenth elsewhere."""

    progress: Progress
    what: str
    total: int
    """Images expected; where it is an estimate, the last tenth may come early or late."""
    done: int = 0
    _first: int = 0
    _told: int = 0
    _started: float = field(default_factory=time.monotonic)

    def skip(self, count: int) -> None:
        """So many were done before."""
        self.done += count
        self._first += count

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        share = min(1.0, self.done / max(1, self.total))
        seconds = time.monotonic() - self._started
        rate = (self.done - self._first) / max(seconds, 1e-9)
        left_s = max(0, self.total - self.done) / rate
        self.progress.label = self.what
        self.progress.moving(share, f"{rate:,.0f} img/s", left_s)
        if not self.progress.stream.isatty() and int(10 * share) > self._told:
            self._told = int(10 * share)
            self.progress.say(f"{self.what}: {self.done:,} of about {self.total:,}, {duration(left_s)} left")
