"""Checkpoints that are whole or not taken."""

import errno
import io

import pytest
import torch

from harness.errors import UsageError
from harness.jobs import checkpoint
from harness.progress import Progress
from harness.store.store import JobFolder


@pytest.fixture
def folder(tmp_path):
    """A job's directory with two checkpoints, of step 1 and of step 2."""
    folder = JobFolder(tmp_path / "train-1")
    for step in (1, 2):
        checkpoint.save(folder, {"step": step, "weights": torch.full((3,), float(step))})
    return folder


def loaded(folder):
    """(the step that is gone on from, what was said)."""
    progress = Progress(io.StringIO(), "train cnn")
    state = checkpoint.load(folder, progress)
    return state and state["step"], progress.spoken


def damage(path, how):
    """Spoil a file as a bad disk or a kill would."""
    content = bytearray(path.read_bytes())
    if how == "a bit flips":
        content[len(content) // 2] ^= 1
    path.write_bytes({"cut short": content[:-1], "emptied": b"", "a bit flips": content}[how])


DAMAGES = ["cut short", "emptied", "a bit flips"]


def test_the_newest_is_gone_on_from_in_silence(folder):
    """Tensors and plain values come back as they were."""
    assert loaded(folder) == (2, [])
    state = checkpoint.load(folder, Progress(io.StringIO()))
    assert torch.equal(state["weights"], torch.full((3,), 2.0))


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_newest_falls_back_to_the_one_before_and_says_so(folder, how):
    """Whatever happened to the file."""
    damage(folder.checkpoint, how)
    step, said = loaded(folder)
    assert step == 1
    assert [str(folder.checkpoint) in line and "damaged" in line for line in said] == [True]


@pytest.mark.parametrize("how", DAMAGES)
def test_when_both_are_damaged_it_starts_anew_and_says_so(folder, how):
    """Nothing half-read is ever gone on from."""
    damage(folder.checkpoint, how)
    damage(folder.earlier_checkpoint, how)
    step, said = loaded(folder)
    assert step is None
    assert len(said) == 3
    assert "starting anew" in said[-1]


def test_a_kill_between_two_renames_leaves_the_one_before(folder):
    """The newest was moved to the earlier's place and its successor was not written yet."""
    folder.checkpoint.replace(folder.earlier_checkpoint)
    assert loaded(folder) == (2, [])


def test_a_full_disk_costs_no_checkpoint(folder, monkeypatch):
    """What was saved before can still be gone on from."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(folder, {"step": 3})
    assert loaded(folder) == (2, [])


def test_without_a_checkpoint_there_is_nothing_to_say(tmp_path):
    """A job that starts is no event."""
    assert loaded(JobFolder(tmp_path)) == (None, [])


def test_checkpoints_hold_no_code(folder):
    """A checkpoint from a stranger is read as data: what asks for a function is refused."""
    checkpoint.save(folder, {"step": print})
    step, said = loaded(folder)
    assert step == 2
    assert "is no checkpoint of this program and passed over; nothing of it was run" in said[0]


def test_weights_that_cannot_be_read_are_named(tmp_path):
    """With what to do about it."""
    folder = JobFolder(tmp_path / "train-1")
    checkpoint.save_weights(folder, {"w": torch.zeros(2)})
    damage(folder.weights, "emptied")
    with pytest.raises(UsageError, match=r"weights\.pt cannot be read .* move .*train-1 away"):
        checkpoint.load_weights(folder)


def test_differences_name_what_changed():
    """Each with both values; what is alike is left out."""
    found = list(checkpoint.differences({"threads": 1, "torch": "2.6"}, {"threads": 2, "torch": "2.6"}))
    assert found == ["threads 2 -> 1"]
