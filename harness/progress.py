"""Progress of a run, for people: a moving line on a terminal, one plain line for each epoch elsewhere.

The module also formats lengths of time and sizes, here and everywhere else.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TextIO


@dataclass
class Progress:
    """Prints progress on standard error, and keeps the lines for the job's log."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    label: str = ""
    spoken: list[str] = field(default_factory=list)
    rest_s: float = 0.0
    """Seconds that the rest of the run takes once the work at hand is done; 0 where there is none."""
    _drawn: float = 0.0
    _moving: bool = False

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.clear()
        self.spoken.append(line)
        self._write(f"{line}\n")

    def begin(self, label: str) -> None:
        """Start a new piece of work; its label opens every line that follows."""
        self.label = label
        self.spoken = []

    def epoch(self, epoch: int, epochs: int, text: str) -> None:
        """Print the line of a finished epoch."""
        self.say(f"{self.label}: epoch {epoch}/{epochs}  {text}")

    def moving(self, done: float, rate: str, left_s: float) -> None:
        """Draw the progress (0 to 1), the rate and the time left; only on a terminal, at most ten times a second."""
        if not self.stream.isatty() or not self.is_due():
            return
        self._moving = True
        columns = shutil.get_terminal_size().columns - 1  # a line that wraps could not be drawn over
        whole = f"; run {duration(left_s + self.rest_s)}, until {closing(left_s + self.rest_s)}" if self.rest_s else ""
        told = f"{duration(left_s)} left{whole}"
        text = f" {self.label}  {done:4.0%}  {f'{told}  {rate}' if whole else f'{rate}  {told}'}"[:columns]
        room = min(24, columns - len(text))
        bar = "█" * round(room * done) + "·" * (room - round(room * done))
        self._write(f"\r\x1b[K{self._tinted(bar)}{text}")

    def is_due(self) -> bool:
        """Check whether a tenth of a second has passed since this method last returned True."""
        now = time.monotonic()
        if now - self._drawn < 0.1:
            return False
        self._drawn = now
        return True

    def _tinted(self, text: str) -> str:
        return text if os.environ.get("NO_COLOR") else f"\x1b[36m{text}\x1b[0m"

    def clear(self) -> None:
        """Erase the moving line before another line is printed."""
        if self._moving:
            self._write("\r\x1b[K")
            self._moving = False

    def _write(self, text: str) -> None:
        """Write to the stream; output for a terminal that is gone is dropped, so that the work can finish."""
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            if error.errno != errno.EIO:
                raise


def duration(seconds: float) -> str:
    """Format a length of time in its two largest units that are not zero.

    >>> duration(250), duration(0.8), duration(183600)
    ('4 min 10 s', '0.8 s', '2 d 3 h')
    """
    if round(seconds) < 60:
        return f"{seconds:.2g} s" if 0 < seconds < 10 else f"{seconds:.0f} s"
    left, parts = round(seconds), []
    for name, size in (("y", 31_557_600), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        parts += [f"{count:,} {name}"] if count else []
    return " ".join(parts[:2])


def closing(seconds: float, now: datetime | None = None) -> str:
    """The time of day at which so many seconds are over, with the day where it is another.

    >>> closing(5400, datetime(2012, 12, 3, 22, 0)), closing(9000, datetime(2012, 12, 3, 22, 0))
    ('23:30', '00:30 on 4 December')
    """
    now = now or datetime.now().astimezone()
    end = now + timedelta(seconds=seconds)
    day = "" if end.date() == now.date() else f" on {end.day} {end:%B}"
    year = "" if end.year == now.year else f" {end.year}"
    return f"{end:%H:%M}{day}{year}"


def size(count: float) -> str:
    """Format a number of bytes with three digits.

    >>> size(22e9), size(3.1e6), size(512)
    ('22 GB', '3.1 MB', '0.512 kB')
    """
    units = (("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12))
    shown = [(float(f"{count / scale:.3g}"), unit) for unit, scale in units]
    number, unit = next((one for one in shown if one[0] < 1000), shown[-1])
    return f"{number:,g} {unit}"
