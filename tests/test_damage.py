"""Damage to a finished store: every flipped or lost byte that a report would read is reported, and never shown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from finished_worlds import SHORT
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import MUTANTS
from tiny_suites import World

from harness.data.locate import Locations
from harness.errors import HarnessError
from harness.jobs.checkpoint import load
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.progress import Progress
from harness.report.gather import gather
from harness.store.store import JobFolder


@pytest.fixture(scope="module")
def world(finished: Callable[..., World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a finished suite that the tests damage."""
    return finished(**SHORT).copied(tmp_path_factory.mktemp("damaged"))


def told(world: World) -> str:
    """Return the whole content of a report as text."""
    standing = statuses(world.plan, world.store, Locations())
    results, curves = gather(world.plan, world.store, standing, Choice("ci", "", ""))
    return json.dumps([results.plain(), curves])


@contextmanager
def damaged(path: Path, content: bytes) -> Iterator[None]:
    """Replace a file's content during the block."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def spoilt(content: bytes, where: float, how: str, bit: int) -> bytes:
    """Flip one bit, or remove or zero everything from a place on, as after a power cut."""
    place = int(where * len(content))
    if how == "flipped":
        return content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]
    return content[:place] + (bytes(len(content) - place) if how == "zeros" else b"")


PLACES = {
    "where": st.floats(0, 1, exclude_max=True),
    "how": st.sampled_from(["flipped", "lost", "zeros"]),
    "bit": st.integers(0, 7),
}
READ = ["result.json", "environment.json", "metrics.jsonl", "declarations"]
"""Files that a report reads."""


@settings(max_examples=MUTANTS)
@given(st.sampled_from(READ), st.sampled_from(["train", "evaluate", "pixels"]), *PLACES.values())
def test_a_report_is_of_sound_files_or_there_is_none(
    world: World, name: str, kind: str, where: float, how: str, bit: int
) -> None:
    """A flipped bit of any file stops the report with a message that names the file."""
    folder = world.folder(kind)
    path = next(world.store.declarations.iterdir()) if name == "declarations" else folder.path / name
    if not path.exists() or (name, kind) == ("environment.json", "pixels"):
        return  # only trainings have curves, and no report reads where the mean image was measured
    with damaged(path, spoilt(path.read_bytes(), where, how, bit)):
        if path.read_bytes().strip() == b"" and name == "metrics.jsonl":
            return
        with pytest.raises(HarnessError, match=path.name.replace(".", r"\.")):
            told(world)


@settings(max_examples=MUTANTS)
@given(st.sampled_from(["weights.pt", "predictions.npz", "job.json", "log.txt", "lock"]), *PLACES.values())
def test_what_a_report_does_not_read_changes_nothing_in_it(
    world: World, name: str, where: float, how: str, bit: int
) -> None:
    """Damaged weights and predictions change no report; the jobs that need them refuse them."""
    for kind in ("train", "evaluate"):
        path = world.folder(kind).path / name
        if path.exists() and path.stat().st_size:
            before = told(world)
            with damaged(path, spoilt(path.read_bytes(), where, how, bit)):
                assert told(world) == before


@settings(max_examples=MUTANTS)
@given(*PLACES.values())
def test_a_net_that_was_damaged_is_never_tested(world: World, where: float, how: str, bit: int) -> None:
    """A test refuses weights whose digest is not the one in the training's result."""
    weights, test = world.folder("train").weights, world.folder("evaluate")
    content = spoilt(weights.read_bytes(), where, how, bit)
    if content == weights.read_bytes():
        return
    result = test.result.read_bytes()
    test.result.unlink()
    try:
        with damaged(weights, content):
            (reason,) = world.run().failed.values()
            assert "weights.pt is missing or damaged" in reason
            assert not test.result.exists()
    finally:
        test.result.write_bytes(result)


@settings(max_examples=MUTANTS)
@given(*PLACES.values())
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    tmp_path_factory: pytest.TempPathFactory, where: float, how: str, bit: int
) -> None:
    """A flipped bit of any place makes the training report the damage and resume from the earlier checkpoint."""
    import torch

    from harness.jobs import checkpoint

    folder = JobFolder(tmp_path_factory.mktemp("job"))
    for step in (1, 2):
        checkpoint.save(folder, {"step": step, "weights": torch.arange(40.0)})
    content = spoilt(folder.checkpoint.read_bytes(), where, how, bit)
    if content == folder.checkpoint.read_bytes():
        return
    folder.checkpoint.write_bytes(content)
    progress: Any = Progress(io.StringIO())
    state = load(folder, progress)
    assert state is not None
    assert state["step"] == 1
    assert "is damaged and passed over" in progress.spoken[0]
