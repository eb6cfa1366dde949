"""Scores of stored predictions in numpy, which equal those of the tests of nets to the image."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.store.scores import contradictions, scores


def stored(folder: Path, probabilities: np.ndarray, labels: np.ndarray) -> Path:
    """Write a file of predictions."""
    path = folder / "predictions.npz"
    np.savez(path, probabilities=probabilities.astype(np.float32), labels=labels.astype(np.int64))
    return path


@given(seed=st.integers(0, 10**6), images=st.integers(1, 40), ties=st.booleans())
def test_they_are_those_of_the_metrics(
    tmp_path_factory: pytest.TempPathFactory, seed: int, images: int, *, ties: bool
) -> None:
    """Ties count against the net."""
    import torch

    from harness.jobs.metrics import tally

    draws = np.random.default_rng(seed)
    probabilities = draws.dirichlet(np.ones(7), images).astype(np.float32)
    probabilities = np.round(probabilities, 1) if ties else probabilities
    labels = draws.integers(0, 7, images)
    expected = tally(torch.from_numpy(probabilities), torch.from_numpy(labels)).metrics()
    found = scores(stored(tmp_path_factory.mktemp("scores"), probabilities, labels))
    assert {name: pytest.approx(value, rel=1e-9) for name, value in expected.items()} == found


def test_a_score_that_is_no_number_earns_nothing(tmp_path: Path) -> None:
    """NaN counts as an error."""
    probabilities = np.array([[math.nan, 0.1, 0.1, 0.1, 0.1, 0.1]])
    assert scores(stored(tmp_path, probabilities, np.array([0])))["top5_error"] == 100


def test_images_without_labels_have_no_scores(tmp_path: Path) -> None:
    """Their labels are -1."""
    assert scores(stored(tmp_path, np.full((2, 6), 1 / 6), np.array([-1, -1]))) == {}


def test_a_value_of_another_name_is_not_contradicted(tmp_path: Path) -> None:
    """Only values that predictions determine are compared."""
    path = stored(tmp_path, np.eye(6)[:2] * 0.5 + 0.01, np.array([0, 1]))
    assert list(contradictions(path, {"members_top1_error": 50.0, "top1_error": 0.0})) == []
    assert list(contradictions(path, {"top1_error": 50.0})) == ["says top1_error 50, and the predictions beside it 0"]
