"""Tests of the generator of miniature ImageNets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from image_folders import make_image_folders, size_and_mode

from harness.data.decode import decode
from harness.data.spec import Prepare


def pixels_of(paths: list[Path]) -> np.ndarray:
    """Return prepared images, [count, 3, 32, 32]."""
    return np.stack([decode(str(path), Prepare(short_side=32, center=32))[0] for path in paths])


def test_folders_hold_images_of_many_kinds(tmp_path: Path) -> None:
    """Folders hold portrait and landscape, small and large, grey and CMYK images, like ImageNet's."""
    wnids = make_image_folders(tmp_path, classes=3, train=11, val=1, test=2)
    sizes, modes = zip(*map(size_and_mode, tmp_path.rglob("*.JPEG")), strict=True)
    assert sorted(folder.name for folder in (tmp_path / "test").iterdir()) == wnids
    assert len(sizes) == 3 * 14
    assert set(modes) == {"RGB", "L", "CMYK"}
    assert len(set(sizes)) > 30
    assert {width > height for width, height in sizes} == {True, False}


def test_same_seed_makes_the_same_images(tmp_path: Path) -> None:
    """The same seed makes the same images."""
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make_image_folders(tmp_path / name, classes=2, train=2, val=1, test=1, seed=seed)
    contents = Counter(path.read_bytes() for path in tmp_path.rglob("*.JPEG"))
    assert sorted(contents.values()) == [1] * 8 + [2] * 8


def test_classes_can_be_told_apart(tmp_path: Path) -> None:
    """Nearest class means of frequencies and colours already classify far better than chance."""
    wnids = make_image_folders(tmp_path, classes=4, train=20, val=1, test=10)

    def features(split: str) -> tuple[np.ndarray, np.ndarray]:
        paths = [path for wnid in wnids for path in sorted((tmp_path / split / wnid).iterdir())]
        images = pixels_of(paths).astype(float)
        spectrum = np.abs(np.fft.fft2(images.mean(1) - images.mean((1, 2, 3))[:, None, None]))[:, :12, :]
        colour = images.mean((2, 3)) - images.mean((1, 2, 3))[:, None]
        rows = np.concatenate([spectrum.reshape(len(images), -1) / 100, colour], 1)
        return rows, np.repeat(np.arange(4), len(paths) // 4)

    (train, train_labels), (test, test_labels) = features("train"), features("test")
    means = np.stack([train[train_labels == label].mean(0) for label in range(4)])
    guesses = ((test[:, None] - means) ** 2).sum(2).argmin(1)
    assert (guesses == test_labels).mean() > 0.6
