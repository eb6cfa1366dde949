"""Messages between a worker process and its parent."""

from __future__ import annotations

import io
import os
import signal
import threading
from multiprocessing import Pipe
from typing import Any

import pytest

from harness.errors import Interrupted
from harness.machine.relay import Relayed, Told, heed


def test_what_is_said_is_sent_and_kept() -> None:
    """Lines are sent for people and kept for the job's log; nothing is written here."""
    sent: list[Any] = []
    progress = Relayed(io.StringIO(), send=sent.append)
    progress.begin("a job")
    progress.epoch(1, 2, "loss 1")
    assert sent == [("said", "a job: epoch 1/2  loss 1")]
    assert progress.spoken == ["a job: epoch 1/2  loss 1"]
    assert progress.stream.getvalue() == ""  # type: ignore[attr-defined]


def test_how_far_it_is_is_sent_at_most_ten_times_a_second() -> None:
    """A step may take a millisecond."""
    sent: list[Any] = []
    progress = Relayed(send=sent.append)
    for step in range(100):
        progress.moving(step / 100, "1 img/s", 3.0)
    assert sent == [("moved", 0.0, "1 img/s", 3.0)]


def test_being_told_twice_to_stop_is_to_stop_once() -> None:
    """An order of the parent and a signal to all processes count as one order."""
    stop = Told()
    with stop.listening():
        stop.tell(signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted, match="SIGINT"):
        stop.raise_if_asked()


def test_orders_are_heeded_until_the_process_above_is_gone() -> None:
    """The loss of the parent is reported too."""
    ours, theirs = Pipe()
    heard: list[Any] = []
    gone = threading.Event()
    heed(theirs, heard.append, gone.set)
    ours.send(2)
    ours.send("a job")
    ours.close()
    assert gone.wait(10)
    assert heard == [2, "a job"]
    theirs.close()
