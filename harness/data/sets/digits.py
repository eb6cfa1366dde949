"""The handwritten digits inside scikit-learn: 1,797 grey images of 8 x 8 pixels, for checks that take seconds."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.data.declared import Dataset, Examples, OfficialFile
from harness.data.sets.files import content
from harness.errors import DataMissing

FILE = "digits.csv"

SPLIT_OF_REMAINDER = ("test", "train", "train", "train", "test", "train", "train", "train", "val")
"""Split of image i, at index i mod 9; our choice, because scikit-learn does not divide the set."""


def read(folder: Path, split: str) -> Examples:
    """Read the images of one split, with 17 grey levels spread over 0 to 255. Raises DataMissing for a damaged file."""
    import numpy as np  # noqa: PLC0415 - plans declare data sets without reading them

    try:
        table = _table(content(folder, FILE))
        pixels = table[:, :64].reshape(-1, 1, 8, 8)
        labels = table[:, 64]
    except (ValueError, IndexError) as error:
        raise DataMissing(f"{folder / FILE}: not scikit-learn's table of digits ({error}); reinstall it") from None
    numbers = np.arange(len(table))
    mask = np.array(SPLIT_OF_REMAINDER)[numbers % len(SPLIT_OF_REMAINDER)] == split
    return Examples(((pixels[mask] * 255 + 8) // 16).astype(np.uint8), labels[mask], numbers[mask])


@lru_cache(maxsize=1)
def _table(text: bytes) -> Any:
    """Return the numbers of a table, kept by its text; nobody may change them. Raises ValueError for another text."""
    import numpy as np  # noqa: PLC0415 - plans declare data sets without reading them

    table = np.loadtxt(text.decode().splitlines(), delimiter=",", dtype=np.int64, ndmin=2)
    table.flags.writeable = False
    return table


def shipped() -> Path | None:
    """Return scikit-learn's data folder, found without importing it."""
    package = importlib.util.find_spec("sklearn")
    return Path(package.origin).parent / "datasets" / "data" if package and package.origin else None


DIGITS = Dataset(
    name="digits",
    title="digits of scikit-learn",
    version="1",
    channels=1,
    classes=10,
    raw_size=(8, 8),
    splits={"train": 1198, "val": 199, "test": 400},
    official_note="the 1,797 images are scikit-learn's; all three splits are ours, by the image's number modulo 9",
    count_sources="counted in the file, whose digest is checked",
    layout=f"DIR/{FILE}.gz as in the folder datasets/data of scikit-learn",
    unlock="comes with scikit-learn; reinstall it",
    folders=(),
    class_names=tuple("0123456789"),
    class_sizes={"train": (112, 126), "val": (13, 28), "test": (34, 45)},
    files=(
        OfficialFile(
            FILE,
            "sha256:6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
            ("train", "val", "test"),
        ),
    ),
    read=read,
    shipped=shipped,
    embedded=True,
)
