"""Progress of a run: lines that stay, and a moving line on a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import progress as module
from harness.progress import Progress, duration, size


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a clock that the test moves."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_lines_stay_and_are_kept_for_the_log() -> None:
    """The log holds the lines since the job began."""
    progress = Progress(io.StringIO())
    progress.say("before")
    progress.begin("train cnn, seed 0")
    progress.epoch(1, 8, "loss 2.3")
    assert progress.stream.getvalue() == "before\ntrain cnn, seed 0: epoch 1/8  loss 2.3\n"
    assert progress.spoken == ["train cnn, seed 0: epoch 1/8  loss 2.3"]


def test_a_file_gets_no_moving_line(clock: list[float]) -> None:
    """A file gets no escape codes either."""
    progress = Progress(io.StringIO())
    progress.moving(0.5, "1,000 img/s", 3.0)
    progress.say("done")
    assert progress.stream.getvalue() == "done\n"


def test_a_terminal_gets_one_ten_times_a_second(clock: list[float]) -> None:
    """Updates in between are not drawn."""
    progress = Progress(Terminal())
    for moment in (0.0, 0.05, 0.09, 0.11, 0.15, 0.22):
        clock[0] = 100 + moment
        progress.moving(moment, "1,000 img/s", 3.0)
    assert progress.stream.getvalue().count("\r") == 3


def test_the_moving_line_says_how_far_how_fast_and_how_long(clock: list[float]) -> None:
    """The line also names the job."""
    progress = Progress(Terminal())
    progress.begin("train cnn, seed 0")
    progress.moving(0.5, "1,000 img/s", 600.0)
    assert progress.stream.getvalue().endswith("train cnn, seed 0   50%  1,000 img/s  10 min left")
    assert progress.stream.getvalue().count("█") == progress.stream.getvalue().count("·") == 12


def test_the_moving_line_says_when_the_run_is_over(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """On 80 columns too, where the rate is what is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("harness.progress.closing", lambda _: "14:05")
    progress = Progress(Terminal())
    progress.begin("[3/12] train cnn, seed 0")
    progress.rest_s = 5400.0
    progress.moving(0.5, "1,000 img/s", 182.0)
    assert "50%  3 min 2 s left; run 1 h 33 min, until 14:05  1" in progress.stream.getvalue()


def test_a_line_that_stays_takes_the_place_of_the_moving_one(clock: list[float]) -> None:
    """The moving line is erased first, where there is one."""
    progress = Progress(Terminal())
    progress.moving(0.5, "1 img/s", 1.0)
    progress.say("done")
    progress.say("again")
    assert progress.stream.getvalue().endswith("\r\x1b[Kdone\nagain\n")


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
def test_no_color_is_respected(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, no_color: str | None, *, coloured: bool
) -> None:
    """Any value but an empty one switches colours off, as no-color.org specifies."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    progress = Progress(Terminal())
    progress.moving(0.5, "1 img/s", 1.0)
    assert ("\x1b[36m" in progress.stream.getvalue()) is coloured


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.834, "0.83 s"), (9.96, "10 s"), (45, "45 s"), (59.7, "1 min"), (61, "1 min 1 s"), (720, "12 min"),
     (3600, "1 h"), (12_240, "3 h 24 min"), (412_345.0, "4 d 18 h"), (31_153 * 86_400, "85 y 106 d")],
)  # fmt: skip
def test_a_length_of_time_is_for_people(seconds: float, text: str) -> None:
    """It is shown in its two largest units that are not zero."""
    assert duration(seconds) == text


@given(st.floats(0, 1e9))
def test_a_length_of_time_is_close_to_what_it_says(seconds: float) -> None:
    """The omitted part is less than the last unit shown, and seconds are rounded."""
    units = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "y": 31_557_600}
    words = duration(seconds).split(" ")
    told = sum(float(count) * units[unit] for count, unit in zip(words[::2], words[1::2], strict=True))
    assert abs(told - seconds) <= max(0.51, units[words[-1]])


@pytest.mark.parametrize("columns", [20, 80, 200])
def test_the_moving_line_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """A line that wraps would leave its upper half behind at each update."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    progress = Progress(Terminal(), "[2/7] train cnn, seed 0")
    progress.moving(0.5, "1,000 img/s", 3.0)
    drawn = progress.stream.getvalue().removeprefix("\r\x1b[K")
    assert drawn.isprintable()
    assert len(drawn) < columns


def test_the_moving_line_is_wiped_before_others_speak() -> None:
    """An error message therefore starts on an empty line."""
    progress = Progress(Terminal())
    progress.moving(0.5, "1,000 img/s", 3.0)
    progress.clear()
    assert progress.stream.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 kB"), (500, "0.5 kB"), (5.75e4, "57.5 kB"), (3.1e6, "3.1 MB"), (999.9e6, "1 GB"), (2.24e10, "22.4 GB"),
     (1.5e12, "1.5 TB"), (12_345e12, "12,300 TB")],
)  # fmt: skip
def test_a_size_is_in_the_unit_that_suits_it(count: float, text: str) -> None:
    """Sizes have three digits, in powers of a thousand."""
    assert size(count) == text
