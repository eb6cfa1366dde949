"""Tests of the arguments of job functions."""

import io
import os
import signal

import pytest

from harness.errors import Interrupted
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder


@pytest.fixture
def work(tmp_path):
    """Return the arguments of a job whose progress goes nowhere."""
    return Work({}, JobFolder(tmp_path), {}, Runtime(), Progress(io.StringIO()), StopSignal())


@pytest.mark.parametrize(("number", "code", "name"), [(signal.SIGINT, 130, "SIGINT"), (signal.SIGTERM, 143, "SIGTERM")])
def test_a_signal_is_told_with_its_exit_code_and_how_to_go_on(number, code, name):
    """A signal raises an error with its exit code and how to resume, once the job asks."""
    with StopSignal().listening() as stop:
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted, match=f"{name}.*the same command goes on") as caught:
            stop.raise_if_asked()
    assert caught.value.exit_code == code


def test_without_a_signal_nothing_is_raised():
    """Without a signal nothing is raised."""
    with StopSignal().listening() as stop:
        stop.raise_if_asked()


def test_a_second_signal_stops_at_once():
    """A second signal stops the process at once."""
    with StopSignal().listening():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_signals_are_given_back():
    """After a job, finished or failed, signals have their former handlers."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ZeroDivisionError), StopSignal().listening():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_watching_changes_nothing(work):
    """`watched` yields every batch in order."""
    assert list(work.watched("abc", steps=3, images=30)) == ["a", "b", "c"]


def test_watching_stops_between_two_batches(work):
    """`watched` stops between two batches, after the current one."""
    batches = work.watched("abc", steps=3, images=30)
    assert next(batches) == "a"
    work.stop.number = signal.SIGTERM
    with pytest.raises(Interrupted):
        next(batches)


def test_watching_draws_how_far_it_is(work, monkeypatch):
    """`watched` reports progress up to the end."""
    drawn = []
    monkeypatch.setattr(Progress, "moving", lambda _, done, rate, left_s: drawn.append((done, rate[-6:], left_s >= 0)))
    list(work.watched("ab", steps=2, images=20))
    assert drawn == [(0.5, " img/s", True), (1.0, " img/s", True)]
