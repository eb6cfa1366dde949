"""Signals that ask to stop: remembered, not lost, and never in the way of saving."""

from __future__ import annotations

import os
import pty
import signal
from pathlib import Path

import pytest
import warm
from programs import environment
from tiny_suites import tiny_suite

from harness.errors import Interrupted
from harness.stop_signal import NOTICES, ORDERS, STOPPING, StopSignal

RUN = ("run", "tiny.yaml", "--scale", "ci", "--device", "cpu", "--threads", "1", "--checkpoint-every", "1000")

IN_TERMINAL = """
import fcntl, os, sys, termios
from harness.__main__ import main
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.argv[0] = "harness"
main()
"""
"""Runs the program in a session of its own with standard input as its controlling terminal."""


def send(*numbers: int) -> None:
    """Send signals to this process, one after another."""
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", STOPPING)
def test_each_is_remembered(number: int) -> None:
    """The error gives its name and exit code."""
    with StopSignal().listening() as stop:
        send(number)
    with pytest.raises(Interrupted, match=signal.Signals(number).name) as stopped:
        stop.raise_if_asked()
    assert stopped.value.exit_code == 128 + number


@pytest.mark.parametrize("first", ORDERS)
@pytest.mark.parametrize("second", ORDERS)
def test_a_second_order_stops_at_once(first: int, second: int) -> None:
    """A second order means that somebody is in a hurry."""
    with pytest.raises(KeyboardInterrupt), StopSignal().listening():
        send(first, second)


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("order", ORDERS)
def test_a_notice_beside_an_order_is_no_hurry(notice: int, order: int) -> None:
    """A system that shuts down sends both at once; a shell and its terminal may each send one."""
    with StopSignal().listening() as stop:
        send(notice, notice, order, notice)
    assert stop.number == order


def test_under_nohup_a_closed_terminal_says_nothing() -> None:
    """An ignored signal stays ignored, and the handlers are restored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignal().listening() as stop:
            send(signal.SIGHUP)
        assert stop.number is None
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_training_whose_terminal_closes_is_saved(tmp_path: Path) -> None:
    """Its last messages have no destination; only the signal makes it save."""
    tiny_suite(tmp_path, seeds=1, epochs=500, drops_after=[250], subset={"classes": 10, "per_class": 40})
    ours, theirs = pty.openpty()
    process = warm.start(RUN, tmp_path, environment(), [theirs] * 3, IN_TERMINAL)
    os.close(theirs)
    said = b""
    while b"epoch 1/500" not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert process.wait() == 128 + signal.SIGHUP
    assert [path.name for path in (tmp_path / "runs").glob("train-*/checkpoint.pt")] == ["checkpoint.pt"]
