"""The time that is left of a run, by the estimate of its jobs and how long those before took."""

from __future__ import annotations

import io

from harness.progress import Progress
from harness.run.time_left import TimeLeft


def test_it_is_the_estimate_before_anything_has_run() -> None:
    """Divided among as many jobs as run at a time."""
    assert TimeLeft({"a": 10.0, "b": 20.0}).of(["a", "b"]) == 30
    assert TimeLeft({"a": 10.0, "b": 20.0}, at_once=2).of(["a", "b"]) == 15


def test_it_goes_by_the_pace_of_the_jobs_before() -> None:
    """A job that took twice its estimate doubles the rest."""
    left = TimeLeft({"a": 10.0, "b": 20.0})
    left.done("a", 20.0)
    assert left.of(["b"]) == 40


def test_minutes_are_said_and_seconds_are_not() -> None:
    """With the time of day at which the run is over."""
    progress = Progress(io.StringIO())
    TimeLeft({"a": 59.0}).say(progress, ["a"])
    assert progress.spoken == []
    TimeLeft({"a": 5400.0}).say(progress, ["a"])
    (line,) = progress.spoken
    assert line.startswith("about 1 h 30 min left of the run, until ")
