"""The contents of a store as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.store_tables import show_entries, show_garbage
from harness.store.garbage import Garbage
from harness.store.inventory import Entry

ENTRY = Entry("done", "train", "train [cnn], seed 0", "ab" * 32, 1_500_000, 7200.0, 90.0, "runs/train-abab")


def test_a_job_is_a_line_with_units(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets in a label are not markup."""
    monkeypatch.setenv("COLUMNS", "120")
    show_entries([ENTRY, ENTRY])
    said = capsys.readouterr().out
    for word in ("train [cnn], seed 0", "ab" * 6, "2 h", "1.5 MB", "1 min 30 s", "2 jobs, 3.0 MB, 3 min of work"):
        assert word in said


def test_what_stayed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """The line gives the reason."""
    one, other = Garbage(Path("a"), "unfinished", 10), Garbage(Path("b"), "unfinished", 20)
    show_garbage([one, other], removed=[one], stayed=[other])
    assert capsys.readouterr().out.splitlines() == [
        "a: unfinished, 10 bytes",
        "b: stays, because a process works in it",
        "1 removed, 10 bytes",
    ]


def test_nothing_to_remove_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """No useless advice is added."""
    show_garbage([], removed=None, stayed=[])
    assert capsys.readouterr().out == "0 to remove, 0 bytes\n"
