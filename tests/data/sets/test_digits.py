"""Tests of the embedded digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.data.sets.digits import DIGITS, FILE, read, shipped
from harness.errors import DataMissing


@pytest.fixture
def folder() -> Path:
    """Return scikit-learn's data folder."""
    found = shipped()
    assert found is not None
    return found


def test_splits_divide_scikit_learns_digits(folder: Path) -> None:
    """Every digit is in one split under its own number, with its label and with grey levels spread over 0 to 255."""
    from sklearn.datasets import load_digits

    theirs = load_digits()
    parts = [read(folder, split) for split in DIGITS.splits]
    numbers = np.concatenate([part.numbers for part in parts])
    assert sorted(numbers.tolist()) == list(range(1797))
    assert np.array_equal(np.concatenate([part.labels for part in parts]), theirs.target[numbers])
    spread = np.concatenate([part.images for part in parts])[:, 0].astype(float) / 255 * 16
    assert np.abs(spread - theirs.images[numbers]).max() <= 0.5 / 255 * 16


def test_counts_are_as_declared(folder: Path) -> None:
    """The declared counts, whole and by class, are those of the file."""
    counts = {split: np.bincount(read(folder, split).labels) for split in DIGITS.splits}
    assert {split: sum(of_classes) for split, of_classes in counts.items()} == DIGITS.splits
    assert {split: (min(of_classes), max(of_classes)) for split, of_classes in counts.items()} == DIGITS.class_sizes


def test_split_is_the_number_modulo_nine(folder: Path) -> None:
    """Splits follow the number modulo nine: 0 and 4 test, 8 validation, the rest training."""
    residues = {split: set((read(folder, split).numbers % 9).tolist()) for split in DIGITS.splits}
    assert residues == {"train": {1, 2, 3, 5, 6, 7}, "val": {8}, "test": {0, 4}}


@pytest.mark.parametrize("text", ["1,2,3\n", "1,a\n", "1,2\n3\n"])
def test_other_table_is_refused(tmp_path: Path, text: str) -> None:
    """Another table is refused with the file's name."""
    (tmp_path / FILE).write_text(text)
    with pytest.raises(DataMissing, match=r"digits\.csv: not scikit-learn's table"):
        read(tmp_path, "train")
