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
    """When half of it took twice its estimate, the rest takes nearly twice as long."""
    left = TimeLeft({"a": 10.0, "b": 10.0})
    left.done("a", 20.0)
    assert 18 < left.of(["b"]) < 20


def test_a_short_job_at_the_beginning_decides_little() -> None:
    """One of half a second that took ten, of a run of 500 seconds."""
    left = TimeLeft({"a": 0.5, "b": 500.0})
    left.done("a", 10.0)
    assert 500 < left.of(["b"]) < 600


def test_minutes_are_said_and_seconds_are_not() -> None:
    """With the time of day at which the run is over."""
    progress = Progress(io.StringIO())
    TimeLeft({"a": 59.0}).say(progress, ["a"])
    assert progress.spoken == []
    TimeLeft({"a": 5400.0}).say(progress, ["a"])
    (line,) = progress.spoken
    assert line.startswith("about 1 h 30 min left of the run, until ")


def test_jobs_that_share_a_gpu_take_as_long_as_in_turn() -> None:
    """Unless they were measured to be faster together."""
    assert TimeLeft({"a": 10.0, "b": 20.0}, at_once=8, pace=1.0).of(["a", "b"]) == 30
