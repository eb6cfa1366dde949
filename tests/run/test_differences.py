"""How far two results lie apart: named, with figures, and nothing where they are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.run.differences import Difference, file_differences, result_differences
from harness.store.store import JobFolder

RESULT = {"outcome": "done", "values": {"top1_error": 37.5}, "steps": 9, "cost": {"seconds": 1.0}, "seal": "a"}


@pytest.fixture
def two(tmp_path: Path) -> tuple[JobFolder, JobFolder]:
    """Two empty directories."""
    folders = JobFolder(tmp_path / "stored"), JobFolder(tmp_path / "again")
    for folder in folders:
        folder.path.mkdir()
    return folders


def found(two: tuple[JobFolder, JobFolder], name: str) -> list[Difference]:
    """What lies between the files of a name."""
    return list(file_differences(name, *two))


def arrays(folder: JobFolder, **content: Any) -> None:
    """Predictions of that content."""
    np.savez(folder.predictions, **content)


def test_time_and_seal_are_no_difference() -> None:
    """They change with the day."""
    assert list(result_differences(RESULT, RESULT | {"cost": {"seconds": 2.0}, "seal": "b"})) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"outcome": "diverged"}, Difference("outcome", "'done' was stored, 'diverged' came out")),
        ({"steps": 8}, Difference("steps", "9 was stored, 8 came out")),
        ({"values": {"top1_error": 38.0}}, Difference("top1_error", "37.5 was stored, 38.0 came out", 0.5)),
        ({"values": {}}, Difference("top1_error", "37.5 was stored, None came out")),
    ],
)
def test_what_came_out_otherwise_is_named(change: dict[str, Any], difference: Difference) -> None:
    """With both values, and how far they are apart."""
    assert list(result_differences(RESULT, RESULT | change)) == [difference]


def test_weights_are_set_beside_each_other_tensor_by_tensor(two: tuple[JobFolder, JobFolder]) -> None:
    """The one that differs most comes first, with its largest difference."""
    import torch

    first = {"conv.weight": torch.zeros(4), "conv.bias": torch.zeros(2), "same": torch.ones(1)}
    torch.save(first, two[0].weights)
    torch.save(first | {"conv.weight": torch.full((4,), 0.25), "conv.bias": torch.tensor([0.0, 2.0])}, two[1].weights)
    bias, weight = found(two, "weights.pt")
    assert (bias.what, bias.largest, bias.says) == ("weights.pt: conv.bias", 2.0, "max |difference| 2, mean 1")
    assert (weight.what, weight.largest) == ("weights.pt: conv.weight", 0.25)


def test_predictions_tell_how_many_answers_changed(two: tuple[JobFolder, JobFolder]) -> None:
    """Small differences seldom change one."""
    arrays(two[0], probabilities=np.array([[0.9, 0.1], [0.4, 0.6]], np.float32), ids=np.array(["a", "b"]))
    arrays(two[1], probabilities=np.array([[0.9, 0.1], [0.5, 0.4]], np.float32), ids=np.array(["a", "c"]))
    said = {difference.what: difference.says for difference in found(two, "predictions.npz")}
    assert said["predictions.npz: ids"] == "1 of 2 differ"
    assert said["predictions.npz: probabilities"].startswith("max |difference| 0.2")
    assert said["predictions.npz"] == "another answer to 1 of 2 images"


def test_curves_tell_where_they_part(two: tuple[JobFolder, JobFolder]) -> None:
    """The first epoch that differs is where to look."""
    rows = ['{"epoch": 1, "train_loss": 2.0}\n', '{"epoch": 2, "train_loss": 1.0}\n']
    two[0].metrics.write_text("".join(rows))
    two[1].metrics.write_text(rows[0] + '{"epoch": 2, "train_loss": 1.5}\n{"epoch": 3, "train_loss": 1.5}\n')
    epochs, loss = found(two, "metrics.jsonl")
    assert epochs.says == "2 epochs in the store, 3 again"
    assert (loss.what, loss.largest) == ("metrics.jsonl: train_loss", 0.5)
    assert loss.says == "max |difference| 0.5, the first in epoch 2"


def test_the_same_numbers_in_other_bytes_are_told_as_such(two: tuple[JobFolder, JobFolder]) -> None:
    """Another version of a library may write them so; a NaN is the same as a NaN."""
    content = np.array([1.0, np.nan])
    arrays(two[0], mean=content)
    np.savez_compressed(two[1].predictions, mean=content)
    assert found(two, "predictions.npz") == [Difference("predictions.npz", "the same numbers in other bytes", 0.0)]


def test_shapes_and_names_that_differ_are_told(two: tuple[JobFolder, JobFolder]) -> None:
    """There is no number between them."""
    arrays(two[0], mean=np.zeros(2), old=np.zeros(1))
    arrays(two[1], mean=np.zeros(3), new=np.zeros(1))
    said = {difference.what.split(": ")[1]: difference.says for difference in found(two, "predictions.npz")}
    assert said == {
        "new": "is in one of the two only",
        "old": "is in one of the two only",
        "mean": "of shape (2,) in the store, (3,) again",
    }


@pytest.mark.parametrize("name", ["weights.pt", "predictions.npz", "metrics.jsonl"])
def test_what_cannot_be_read_is_told(two: tuple[JobFolder, JobFolder], name: str) -> None:
    """And nothing of it is run."""
    for folder, content in zip(two, (b"cos\nsystem\n(S'false'\ntR.", b"{"), strict=True):
        (folder.path / name).write_bytes(content)
    (difference,) = found(two, name)
    assert difference.says.startswith("cannot be compared number by number (")


def test_a_file_that_is_not_there_is_told(two: tuple[JobFolder, JobFolder]) -> None:
    """Exports leave weights out."""
    two[1].weights.write_bytes(b"x")
    assert [one.says for one in found(two, "weights.pt")] == [
        "the file is not in the store, so only its digest can be compared, and that differs"
    ]
