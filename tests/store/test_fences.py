"""Fencing tokens: who was given a job later may write, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import Interrupted
from harness.store import fences
from harness.store.inventory import contents
from harness.store.store import Store, write_json


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets in the environment ends with it."""
    monkeypatch.setenv(fences.VARIABLE, "")
    monkeypatch.delenv(fences.VARIABLE)


def test_a_process_without_a_token_writes_anywhere(tmp_path: Path) -> None:
    """As every run on one machine does."""
    (tmp_path / fences.FILE).write_text("9.9")
    write_json(tmp_path / "a.json", {})


def test_a_process_that_was_passed_writes_no_more(tmp_path: Path) -> None:
    """Nothing of its file is left; in other folders it may write on."""
    assert fences.hold(tmp_path, (1, 0))
    write_json(tmp_path / "a.json", {})
    (tmp_path / fences.FILE).write_text("1.1")
    with pytest.raises(Interrupted, match="was started again elsewhere; this process writes no more"):
        write_json(tmp_path / "b.json", {})
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", fences.FILE}
    write_json(tmp_path / "elsewhere" / "c.json", {})


@pytest.mark.parametrize(("first", "second"), [((1, 0), (1, 1)), ((1, 7), (2, 0)), ((2, 0), (10, 0))])
def test_a_later_start_passes_an_earlier_one_and_not_the_other_way(
    tmp_path: Path, first: fences.Token, second: fences.Token
) -> None:
    """Whether Slurm has started it again or it was submitted again; numbers, not texts, are compared."""
    assert fences.hold(tmp_path, first)
    assert fences.hold(tmp_path, second)
    assert not fences.hold(tmp_path, first)
    assert fences.standing(tmp_path) == second


def test_a_damaged_token_counts_as_none(tmp_path: Path) -> None:
    """It was written whole or not at all."""
    (tmp_path / fences.FILE).write_text("x")
    assert fences.standing(tmp_path) == (0, 0)


def test_a_store_knows_tokens_and_submissions(tmp_path: Path) -> None:
    """Neither counts as unknown."""
    (tmp_path / "slurm").mkdir()
    job = tmp_path / f"train-{'0' * 20}"
    job.mkdir()
    (job / fences.FILE).write_text("1.0")
    found = contents(Store(tmp_path))
    assert (found.unknown, found.leftovers, len(found.jobs)) == ([], [], 1)
