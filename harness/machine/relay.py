"""Messages between a worker process and its parent over a connection: progress up, signals down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from harness.progress import Progress
from harness.stop_signal import StopSignal


@dataclass
class Relayed(Progress):
    """Progress that the parent process shows: `send` takes `("said", line)` and `("moved", done, rate, left_s)`."""

    send: Callable[[tuple[Any, ...]], None] = field(kw_only=True)

    def say(self, line: str) -> None:
        """Send a line that stays."""
        self.spoken.append(line)
        self.send(("said", line))

    def moving(self, done: float, rate: str, left_s: float) -> None:
        """Send the current progress; the parent decides whether to draw it."""
        if self.is_due():
            self.send(("moved", done, rate, left_s))

    def clear(self) -> None:
        """Do nothing, because nothing is drawn in this process."""


class Told(StopSignal):
    """A stop ordered by the parent process. The same signal sent to this process counts as the same order.

    A terminal's Ctrl-C and many batch systems signal every process, which would otherwise be asked twice.
    """

    def tell(self, number: int) -> None:
        """Ask to stop, as this signal would."""
        if self.number is None:
            self.number = number

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.tell(number)


def heed(connection: Connection, on_order: Callable[[Any], None], on_loss: Callable[[], None]) -> None:
    """Start a thread that passes the parent's orders to `on_order` and calls `on_loss` once the parent is gone."""

    def listen() -> None:
        try:
            while True:
                on_order(connection.recv())
        except (EOFError, OSError):
            on_loss()

    threading.Thread(target=listen, name="orders", daemon=True).start()
