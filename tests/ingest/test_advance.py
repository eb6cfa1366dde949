"""Progress of a pass over many images."""

from __future__ import annotations

import io

from harness.ingest.advance import Advance
from harness.progress import Progress


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self):
        """Return True."""
        return True


def test_it_moves_on_a_terminal():
    """The line has the set's name, a rate and the time left."""
    stream = Terminal()
    Advance(Progress(stream), "ilsvrc2012", 10).step()
    assert "ilsvrc2012" in stream.getvalue()
    assert "img/s" in stream.getvalue()


def test_elsewhere_a_line_comes_now_and_then():
    """Not every image has a line."""
    stream, now = io.StringIO(), iter([0.0, 1.0, 40.0, 69.0, 71.0])
    advance = Advance(Progress(stream), "set", 4, clock=lambda: next(now))
    said = []
    for _ in range(4):
        advance.step()
        said.append(stream.getvalue().count("\n"))
    assert said == [0, 1, 1, 2]
    assert "set: 2 of about 4" in stream.getvalue()


def test_more_images_than_expected_are_no_fault():
    """An archive's number of images is estimated."""
    advance = Advance(Progress(io.StringIO()), "set", 1)
    advance.skip(3)
    advance.step()
    assert advance.done == 4
