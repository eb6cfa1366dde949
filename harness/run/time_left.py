"""Tells how long the rest of a run takes: the estimate of its jobs, corrected by how long those before took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.progress import Progress, closing, duration

WORTH_SAYING_S = 60.0
"""The least that is left of a run for it to be said after a job."""

TRUSTED = 0.1
"""The part of the whole estimate that counts as done at its pace, so that a first short job does not decide."""


@dataclass(slots=True)
class TimeLeft:
    """The time that jobs take, by key, and how it went so far."""

    of_job: Mapping[str, float] = field(default_factory=dict)
    """Estimated seconds by key."""
    at_once: int = 1
    """Jobs that run at a time."""
    pace: float | None = None
    """How many times as fast as one after another they are together; None for as many as run at a time."""
    _estimated: float = 0.0
    _took: float = 0.0

    def done(self, key: str, seconds: float) -> None:
        """Note how long a job took."""
        self._estimated += self.of_job.get(key, 0.0)
        self._took += seconds

    def of(self, keys: Iterable[str]) -> float:
        """Seconds that these jobs take, at the pace of those before."""
        trusted = TRUSTED * sum(self.of_job.values())
        slower = (self._took + trusted) / (self._estimated + trusted) if trusted else 1.0
        return slower * sum(self.of_job.get(key, 0.0) for key in keys) / (self.pace or self.at_once)

    def say(self, progress: Progress, keys: Iterable[str]) -> None:
        """Say how long these jobs take and when they are done, where that is worth a line."""
        if (seconds := self.of(keys)) >= WORTH_SAYING_S:
            progress.say(f"about {duration(seconds)} left of the run, until {closing(seconds)}")
