"""Tests of ensembles: the mean of stored predictions is stored like a test's own and scored where labels exist."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import JobFailed
from harness.jobs.evaluation.ensemble import average
from harness.jobs.metrics import tally
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder

IMAGES, CLASSES = 20, 7
NAMES = [f"n{number:02d}" for number in range(CLASSES)]
GUESSING = {"top1_error": 85.7, "top5_error": 28.6, "cross_entropy": 1.9}


def predicted(seed: int, labels: list[int] | None = None) -> dict[str, np.ndarray]:
    """Return predictions as a test stores them."""
    draws = np.random.default_rng(seed)
    scores = np.exp(draws.normal(size=(IMAGES, CLASSES)))
    return {
        "probabilities": (scores / scores.sum(1, keepdims=True)).astype(np.float32),
        "labels": np.array(labels if labels is not None else [image % CLASSES for image in range(IMAGES)], np.int64),
        "ids": np.array([f"set/test/{image}" for image in range(IMAGES)]),
        "classes": np.array(NAMES),
    }


def member(folder: Path, arrays: dict[str, np.ndarray] | None, values: dict[str, float], **more: Any) -> JobFolder:
    """Write a finished test; one that diverged has no predictions."""
    folder.mkdir()
    found = JobFolder(folder)
    if arrays is not None:
        np.savez(found.predictions, **arrays)
    outcome = "diverged" if arrays is None else "done"
    said = {"outcome": outcome, "values": values, "data": [{"name": "set"}], "marks": []}
    found.write_result({**said, **more})
    return found


def averaged(folder: Path, *members: JobFolder) -> tuple[dict[str, Any], JobFolder]:
    """Average finished tests; return the result and its folder."""
    own = JobFolder(folder / "ensemble")
    own.path.mkdir()
    inputs = {f"net_{number}": one for number, one in enumerate(members)}
    return average(Work({}, own, inputs, Runtime(), Progress(io.StringIO()), StopSignal())), own


def stored(folder: JobFolder) -> dict[str, np.ndarray]:
    """Read the predictions of a job."""
    with np.load(folder.predictions, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_the_mean_is_kept_and_scored(tmp_path: Path) -> None:
    """Probabilities are averaged image by image and scored; everything else stays."""
    one, two = predicted(1), predicted(2)
    result, folder = averaged(tmp_path, member(tmp_path / "a", one, {"x": 1}), member(tmp_path / "b", two, {"x": 1}))
    mean = stored(folder)
    expected = (one["probabilities"].astype(float) + two["probabilities"]) / 2
    np.testing.assert_allclose(mean["probabilities"], expected, atol=1e-7)
    assert {name: array.dtype for name, array in mean.items()} == {name: array.dtype for name, array in one.items()}
    assert all(np.array_equal(mean[name], one[name]) for name in ("ids", "labels", "classes"))
    assert result["values"] == tally(torch.from_numpy(mean["probabilities"]), torch.from_numpy(one["labels"])).metrics()


def test_the_marks_of_its_nets_are_its_own(tmp_path: Path) -> None:
    """The ensemble has the marks of all its nets, each once."""
    marks = (["resumed elsewhere"], ["in parts", "resumed elsewhere"])
    members = [
        member(tmp_path / name, predicted(seed), {}, marks=own)
        for seed, (name, own) in enumerate(zip("ab", marks, strict=True))
    ]
    result, _ = averaged(tmp_path, *members)
    assert result["marks"] == ["in parts", "resumed elsewhere"]


def test_without_labels_there_are_predictions_and_no_values(tmp_path: Path) -> None:
    """Without labels an ensemble stores predictions to submit and has no values."""
    unlabelled = [-1] * IMAGES
    members = [member(tmp_path / name, predicted(seed, unlabelled), {}) for seed, name in enumerate("ab")]
    result, folder = averaged(tmp_path, *members)
    assert (result["outcome"], result["values"]) == ("done", {})
    assert stored(folder)["labels"].tolist() == unlabelled


@pytest.mark.parametrize("values", [{}, GUESSING])
def test_a_net_that_diverged_moves_nothing(tmp_path: Path, values: dict[str, float]) -> None:
    """A net that diverged does not change the mean, with or without labels, in any position."""
    one = predicted(1, None if values else [-1] * IMAGES)
    result, folder = averaged(tmp_path, member(tmp_path / "a", None, values), member(tmp_path / "b", one, values))
    assert result["outcome"] == "done"
    assert np.array_equal(stored(folder)["probabilities"], one["probabilities"])
    assert set(result["values"]) == set(values)


@pytest.mark.parametrize("values", [{}, GUESSING])
def test_nets_that_all_diverged_guess(tmp_path: Path, values: dict[str, float]) -> None:
    """If all nets diverged, the result has the metrics of guessing and no predictions."""
    result, folder = averaged(tmp_path, *(member(tmp_path / name, None, values) for name in "ab"))
    assert (result["outcome"], result["values"]) == ("diverged", values)
    assert not folder.predictions.exists()


@pytest.mark.parametrize(("name", "what"), [("ids", "images"), ("classes", "classes")])
def test_tests_of_other_things_are_not_averaged(tmp_path: Path, name: str, what: str) -> None:
    """Tests of other images, or with classes in another order, fail the job."""
    one, two = predicted(1), predicted(2)
    two[name] = two[name][::-1]
    with pytest.raises(JobFailed, match=f"other {what}"):
        averaged(tmp_path, member(tmp_path / "a", one, {}), member(tmp_path / "b", two, {}))


def test_unreadable_predictions_are_named(tmp_path: Path) -> None:
    """The error for unreadable predictions names the file and the folder to move away."""
    found = member(tmp_path / "a", predicted(1), {})
    found.predictions.write_bytes(b"nothing")
    with pytest.raises(JobFailed, match=r"predictions\.npz cannot be read"):
        averaged(tmp_path, found)


def test_predictions_repeat_byte_for_byte(tmp_path: Path) -> None:
    """Two runs store the same bytes, so a recorded score still belongs to its predictions."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        averaged(tmp_path / name, member(tmp_path / name / "a", predicted(1), {}))
    first, second = (JobFolder(tmp_path / name / "ensemble").predictions.read_bytes() for name in ("first", "second"))
    assert first == second
