"""Progress of a pass over many images."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.progress import Progress, duration

SAID_EVERY_S = 30.0
"""Seconds between lines where there is no terminal."""


@dataclass
class Advance:
    """A count of images, drawn on a terminal and printed at intervals elsewhere."""

    progress: Progress
    what: str
    total: int
    """Images expected, which may be an estimate."""
    done: int = 0
    clock: Callable[[], float] = time.monotonic
    _first: int = 0
    _told_s: float = field(init=False)
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clocks of the rate and of the printed lines."""
        self._told_s = self._started = self.clock()

    def skip(self, count: int) -> None:
        """Count images that an earlier run finished; they do not enter the rate."""
        self.done += count
        self._first += count

    def step(self) -> None:
        """Count one image and show the progress."""
        self.done += 1
        share = min(1.0, self.done / max(1, self.total))
        now = self.clock()
        seconds = now - self._started
        rate = (self.done - self._first) / max(seconds, 1e-9)
        left_s = max(0, self.total - self.done) / rate
        self.progress.label = self.what
        self.progress.moving(share, f"{rate:,.0f} img/s", left_s)
        if not self.progress.stream.isatty() and now - self._told_s > SAID_EVERY_S:
            self._told_s = now
            self.progress.say(f"{self.what}: {self.done:,} of about {self.total:,}, {duration(left_s)} left")
