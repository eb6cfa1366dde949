"""Tests that checkpoints are either whole or not used."""

import errno
import io
from collections.abc import Callable

import pytest
import torch

from harness.errors import UsageError
from harness.jobs import checkpoint
from harness.jobs.training import first_weights
from harness.models.layers import Linear
from harness.models.network import build
from harness.progress import Progress
from harness.store.store import JobFolder


@pytest.fixture
def folder(tmp_path):
    """Return a job's folder with checkpoints of step 1 and step 2."""
    folder = JobFolder(tmp_path / "train-1")
    for step in (1, 2):
        checkpoint.save(folder, {"step": step, "weights": torch.full((3,), float(step))})
    return folder


def loaded(folder):
    """Load the checkpoint; return (its step, the messages)."""
    progress = Progress(io.StringIO(), "train cnn")
    state = checkpoint.load(folder, progress)
    return state and state["step"], progress.spoken


def damage(path, how):
    """Damage a file as a bad disk or a kill would."""
    content = bytearray(path.read_bytes())
    if how == "a bit flips":
        content[len(content) // 2] ^= 1
    path.write_bytes({"cut short": content[:-1], "emptied": b"", "a bit flips": content}[how])


DAMAGES = ["cut short", "emptied", "a bit flips"]


def test_the_newest_is_gone_on_from_in_silence(folder):
    """The newest sound checkpoint is loaded without a message, with equal tensors and values."""
    assert loaded(folder) == (2, [])
    state = checkpoint.load(folder, Progress(io.StringIO()))
    assert torch.equal(state["weights"], torch.full((3,), 2.0))


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_newest_falls_back_to_the_one_before_and_says_so(folder, how):
    """If the newest checkpoint is damaged, the previous one is loaded with a message."""
    damage(folder.checkpoint, how)
    step, said = loaded(folder)
    assert step == 1
    assert [str(folder.checkpoint) in line and "damaged" in line for line in said] == [True]


@pytest.mark.parametrize("how", DAMAGES)
def test_when_both_are_damaged_it_starts_anew_and_says_so(folder, how):
    """If both are damaged, the training starts anew with a message."""
    damage(folder.checkpoint, how)
    damage(folder.earlier_checkpoint, how)
    step, said = loaded(folder)
    assert step is None
    assert len(said) == 3
    assert "starting anew" in said[-1]


def test_a_kill_between_two_renames_leaves_the_one_before(folder):
    """A kill between the two renames leaves the previous checkpoint usable."""
    folder.checkpoint.replace(folder.earlier_checkpoint)
    assert loaded(folder) == (2, [])


def test_a_full_disk_costs_no_checkpoint(folder, monkeypatch):
    """A full disk destroys no existing checkpoint."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(folder, {"step": 3})
    assert loaded(folder) == (2, [])


def test_without_a_checkpoint_there_is_nothing_to_say(tmp_path):
    """Without a checkpoint there is no message."""
    assert loaded(JobFolder(tmp_path)) == (None, [])


def test_checkpoints_hold_no_code(folder):
    """A checkpoint that contains code is refused and its code does not run."""
    checkpoint.save(folder, {"step": print})
    step, said = loaded(folder)
    assert step == 2
    assert "is no checkpoint of this program and passed over; nothing of it was run" in said[0]


def test_weights_that_cannot_be_read_are_named(tmp_path):
    """The error for unreadable weights names the file and the remedy."""
    folder = JobFolder(tmp_path / "train-1")
    checkpoint.save_weights(folder, {"w": torch.zeros(2)})
    damage(folder.weights, "emptied")
    with pytest.raises(UsageError, match=r"weights\.pt cannot be read .* move .*train-1 away"):
        checkpoint.load_weights(folder)


def test_differences_name_what_changed():
    """Differences list both values of each changed setting and nothing else."""
    found = list(checkpoint.differences({"threads": 1, "torch": "2.6"}, {"threads": 2, "torch": "2.6"}))
    assert found == ["threads 2 -> 1"]


@pytest.mark.parametrize("start", [checkpoint.start_from, first_weights.start_from], ids=["training", "probe"])
def test_only_named_layers_are_taken_over(start: Callable[..., None]) -> None:
    """Only tensors of the named layers are taken over."""
    network, other = (build((Linear("one", 3), Linear("two", 3)), (3,)) for _ in range(2))
    for net, value in ((network, 0.0), (other, 1.0)):
        for parameter in net.parameters():
            torch.nn.init.constant_(parameter, value)
    start(network, other.state_dict(), ["two"])
    assert {name: float(one.mean()) for name, one in network.state_dict().items()} == {
        "one.weight": 0.0, "one.bias": 0.0, "two.weight": 1.0, "two.bias": 1.0,
    }  # fmt: skip
