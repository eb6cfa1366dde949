"""Tests of reading CIFAR-10, on files made here."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from harness.data.sets import cifar10
from harness.data.sets.cifar10 import TEST_FILES, TRAINING_FILES, read
from harness.errors import DataMissing


def make_files(folder: Path, per_file: int = 20) -> None:
    """Write batches whose image i has label i mod 10 and the colours i, i + 1 and i + 2."""
    for start, name in enumerate((*TRAINING_FILES, *TEST_FILES)):
        numbers = np.arange(per_file) + start * per_file
        pixels = (numbers[:, None, None] + np.arange(3)[:, None]).repeat(1024, 2).reshape(per_file, 3072)
        batch = {b"data": pixels.astype(np.uint8), b"labels": (numbers % 10).tolist(), b"batch_label": b"made"}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))


def test_colours_and_labels_are_read_in_file_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five files make one training set, and the last images of each class form the validation split."""
    monkeypatch.setattr(cifar10, "HELD_OUT_PER_CLASS", 2)
    make_files(tmp_path)
    train, val = (read(tmp_path, split) for split in ("train", "val"))
    assert train.numbers.tolist() == list(range(80))
    assert val.numbers.tolist() == list(range(80, 100))
    assert val.images[:, :, 31, 31].tolist() == [[number, number + 1, number + 2] for number in range(80, 100)]
    assert val.labels.tolist() == (val.numbers % 10).tolist()


def test_test_split_is_the_test_file(tmp_path: Path) -> None:
    """The test split is the whole test file."""
    make_files(tmp_path)
    assert read(tmp_path, "test").images[:, 0, 0, 0].tolist() == list(range(100, 120))


def test_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    """A pickle that names a function is refused and does not run."""
    make_files(tmp_path)
    (tmp_path / "test_batch").write_bytes(pickle.dumps({b"data": os.getcwd, b"labels": []}))
    with pytest.raises(DataMissing, match=r"test_batch: not a batch of CIFAR-10 \(it asks for posix\.getcwd\)"):
        read(tmp_path, "test")


@pytest.mark.parametrize("batch", [{b"labels": [1]}, {b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}, []])
def test_other_content_is_refused(tmp_path: Path, batch: object) -> None:
    """Missing pixels, unequal counts and other objects are refused with the file's name."""
    make_files(tmp_path)
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch))
    with pytest.raises(DataMissing, match="test_batch: not a batch of CIFAR-10"):
        read(tmp_path, "test")
