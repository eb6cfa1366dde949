"""What a process at work and the one that started it tell each other over a connection: progress up, signals down."""

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
    """Progress that another process shows: `send` takes `("said", line)` and `("moved", done, rate, left_s)`."""

    send: Callable[[tuple[Any, ...]], None] = field(kw_only=True)

    def say(self, line: str) -> None:
        """One line that stays."""
        self.spoken.append(line)
        self.send(("said", line))

    def moving(self, done: float, rate: str, left_s: float) -> None:
        """How far the work is; who receives it decides whether to draw it."""
        if self.is_due():
            self.send(("moved", done, rate, left_s))

    def clear(self) -> None:
        """Nothing is drawn here."""


class Told(StopSignal):
    """A stop that the process above orders; a signal that reaches this one as well asks for no more than that.

    A terminal's Ctrl-C and many a batch system signal every process, so that each would be asked twice.
    """

    def tell(self, number: int) -> None:
        """Ask to stop, as this signal would."""
        if self.number is None:
            self.number = number

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.tell(number)


def heed(connection: Connection, on_order: Callable[[Any], None], on_loss: Callable[[], None]) -> None:
    """Hand on what the process above orders, in a thread aside; `on_loss` where that process is no more."""

    def listen() -> None:
        try:
            while True:
                on_order(connection.recv())
        except (EOFError, OSError):
            on_loss()

    threading.Thread(target=listen, name="orders", daemon=True).start()
