"""Fashion-MNIST: 70,000 grey images of clothing, 28 x 28 pixels, ten classes; the set of most small scales."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.declared import Dataset, Examples, OfficialFile
from harness.data.sets.files import content
from harness.errors import DataMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HELD_OUT_PER_CLASS = 500
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Folder of the four compressed files in Debian's package dataset-fashion-mnist."""


def read(folder: Path, split: str) -> Examples:
    """Read the images of one split. Raises DataMissing with the name of a damaged file."""
    import numpy as np  # noqa: PLC0415 - plans declare data sets without reading them

    from harness.data.sets.holdout import held_out  # noqa: PLC0415 - needs numpy

    part = "t10k" if split == "test" else "train"
    images = read_idx(folder, f"{part}-images-idx3-ubyte")
    labels = read_idx(folder, f"{part}-labels-idx1-ubyte").astype(np.int64)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataMissing(f"{folder}: the {part} files hold images {images.shape} and labels {labels.shape}")
    numbers = np.arange(len(labels))
    if split != "test":
        numbers = numbers[held_out(labels, HELD_OUT_PER_CLASS) == (split == "val")]
    return Examples(images[numbers, None], labels[numbers], numbers)


def read_idx(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read an array in MNIST's IDX format of unsigned bytes. Raises DataMissing if the file is not complete.

    The format is two zeros, 8 for unsigned bytes, the number of axes, their lengths, and the bytes.
    """
    import numpy as np  # noqa: PLC0415 - plans declare data sets without reading them

    data = content(folder, name)
    axes = data[3] if data[:3] == b"\x00\x00\x08" and len(data) > 3 else 0
    shape = tuple(int.from_bytes(data[4 * axis : 4 * axis + 4], "big") for axis in range(1, axes + 1))
    header = 4 + 4 * axes
    if not axes or len(data) != header + math.prod(shape):
        raise DataMissing(f"{folder / name}: not a whole IDX file of bytes; put the official file in its place")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def shipped() -> Path | None:
    """Return the folder of Debian's package."""
    return DEBIAN


FASHION_MNIST = Dataset(
    name="fashion_mnist",
    title="Fashion-MNIST",
    version="1",
    channels=1,
    classes=10,
    raw_size=(28, 28),
    splits={"train": 55_000, "val": 5_000, "test": 10_000},
    official_note=(
        "test is the official one; val is ours, the last 500 of each class of the official 60,000 training images in "
        "file order, and train is the rest"
    ),
    count_sources="the headers of the four files, whose digests are checked",
    layout="ROOT/FashionMNIST/raw/ or DIR/ with {train,t10k}-{images-idx3,labels-idx1}-ubyte, each plain or as .gz",
    unlock="let it be fetched through torchvision, or install Debian's dataset-fashion-mnist",
    folders=("FashionMNIST/raw", "fashion_mnist"),
    class_names=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    class_sizes={"train": (5_500, 5_500), "val": (500, 500), "test": (1_000, 1_000)},
    files=(
        OfficialFile(
            "train-images-idx3-ubyte",
            "sha256:c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ("train", "val"),
        ),
        OfficialFile(
            "train-labels-idx1-ubyte",
            "sha256:bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ("train", "val"),
        ),
        OfficialFile(
            "t10k-images-idx3-ubyte",
            "sha256:5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ("test",),
        ),
        OfficialFile(
            "t10k-labels-idx1-ubyte",
            "sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ("test",),
        ),
    ),
    read=read,
    shipped=shipped,
    fetched_by="FashionMNIST",
)  # fmt: skip
