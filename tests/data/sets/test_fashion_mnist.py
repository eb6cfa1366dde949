"""Tests of reading Fashion-MNIST, on files made here, and on the real ones if present."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from harness.data.fingerprint import official
from harness.data.locate import Found, Locations
from harness.data.sets import fashion_mnist
from harness.data.sets.fashion_mnist import DEBIAN, FASHION_MNIST, read, read_idx
from harness.data.spec import DataSpec
from harness.data.splits import open_split
from harness.errors import DataMissing

needs_debian = pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's dataset-fashion-mnist")


def idx(values: np.ndarray) -> bytes:
    """Encode an array as an IDX file of bytes."""
    header = bytes([0, 0, 8, values.ndim]) + b"".join(side.to_bytes(4, "big") for side in values.shape)
    return header + values.astype(np.uint8).tobytes()


def make_files(folder: Path, per_class: int = 3) -> None:
    """Write the four files with 30 images; image i has label i mod 10 and all pixels i."""
    for part, count in (("train", 10 * per_class), ("t10k", 20)):
        numbers = np.arange(count)
        images = np.broadcast_to(numbers[:, None, None], (count, 28, 28))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(numbers % 10)))


def test_training_images_are_divided_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last images of each class form the validation split, and all keep their pixels, labels and numbers."""
    monkeypatch.setattr(fashion_mnist, "HELD_OUT_PER_CLASS", 1)
    make_files(tmp_path)
    train, val = (read(tmp_path, split) for split in ("train", "val"))
    assert train.numbers.tolist() == list(range(20))
    assert val.numbers.tolist() == list(range(20, 30))
    assert val.images[:, 0, 5, 5].tolist() == val.numbers.tolist()
    assert train.labels.tolist() == (train.numbers % 10).tolist()


def test_test_split_is_the_official_one(tmp_path: Path) -> None:
    """The test split is the official one in file order."""
    make_files(tmp_path)
    test = read(tmp_path, "test")
    assert test.numbers.tolist() == list(range(20))
    assert test.images.shape == (20, 1, 28, 28)


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x00\x00\x08\x01", idx(np.zeros(5))[:-1], idx(np.zeros(5)) + b"x", b"\x00\x00\x0d\x01" + bytes(8)],
)
def test_other_content_is_refused(tmp_path: Path, damage: bytes) -> None:
    """Empty, truncated, overlong and differently typed files are refused by name."""
    (tmp_path / "labels").write_bytes(damage)
    with pytest.raises(DataMissing, match="labels: not a whole IDX file"):
        read_idx(tmp_path, "labels")


def test_labels_of_another_number_of_images_are_refused(tmp_path: Path) -> None:
    """Images and labels of different counts are refused."""
    make_files(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(7))))
    with pytest.raises(DataMissing, match=r"the train files hold images \(30, 28, 28\) and labels \(7,\)"):
        read(tmp_path, "train")


@needs_debian
def test_real_counts_are_as_declared() -> None:
    """The declared counts, whole and by class, are those of the official files."""
    counts = {split: np.bincount(read(DEBIAN, split).labels) for split in FASHION_MNIST.splits}
    assert {split: sum(of_classes) for split, of_classes in counts.items()} == FASHION_MNIST.splits
    sizes = {split: (min(of_classes), max(of_classes)) for split, of_classes in counts.items()}
    assert sizes == FASHION_MNIST.class_sizes


@needs_debian
def test_debians_files_are_the_official_ones() -> None:
    """Debian's files have the official content, although they are compressed anew."""
    assert official(FASHION_MNIST, Found(DEBIAN, "test")).yes


@pytest.mark.parametrize(("side", "classes"), [(27, 10), (28, 11)])
def test_files_of_another_set_are_refused(tmp_path: Path, side: int, classes: int) -> None:
    """Images of another size, or labels beyond the ten, are refused."""
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((22, side, side))))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(22) % classes))
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(b"")
    locations = Locations.gather(named=[f"fashion_mnist={tmp_path}"], config_files=())
    with pytest.raises(DataMissing, match="are not those of this set"):
        open_split(DataSpec(name="fashion_mnist"), "test", locations)
