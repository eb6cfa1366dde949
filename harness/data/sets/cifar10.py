"""CIFAR-10: 60,000 colour images of 32 x 32 pixels in ten classes; for AlexNet's Figure 1 and normalisation."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from harness.data.declared import Dataset, Examples, OfficialFile
from harness.data.sets.files import content
from harness.errors import DataMissing

HELD_OUT_PER_CLASS = 500
TRAINING_FILES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_FILES = ("test_batch",)


def read(folder: Path, split: str) -> Examples:
    """Read the images of one split. Raises DataMissing with the name of a damaged file."""
    import numpy as np  # noqa: PLC0415 - plans declare data sets without reading them

    from harness.data.sets.holdout import held_out  # noqa: PLC0415 - needs numpy

    batches = [_batch(folder, name) for name in (TEST_FILES if split == "test" else TRAINING_FILES)]
    images = np.concatenate([pixels for pixels, _ in batches])
    labels = np.concatenate([labels for _, labels in batches])
    numbers = np.arange(len(labels))
    if split != "test":
        numbers = numbers[held_out(labels, HELD_OUT_PER_CLASS) == (split == "val")]
    return Examples(images[numbers], labels[numbers], numbers)


def _batch(folder: Path, name: str) -> tuple[Any, Any]:
    """Read one file; return (images [n, 3, 32, 32], labels [n])."""
    import numpy as np  # noqa: PLC0415 - plans declare data sets without reading them

    data = content(folder, name)
    try:
        batch = ArraysOnly(io.BytesIO(data), encoding="bytes").load()
        images = np.asarray(batch[b"data"], np.uint8).reshape(-1, 3, 32, 32)
        labels = np.asarray(batch[b"labels"], np.int64).reshape(len(images))
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise DataMissing(f"{folder / name}: not a batch of CIFAR-10 ({error}); put the official one there") from None
    return images, labels


class ArraysOnly(pickle.Unpickler):
    """Reads the official pickles, which hold lists, bytes and arrays, and refuses to load any other object."""

    allowed = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        """Return a part of an array by name. Raises UnpicklingError for any other object."""
        if (module, name) not in self.allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


CIFAR10 = Dataset(
    name="cifar10",
    title="CIFAR-10",
    version="1",
    channels=3,
    classes=10,
    raw_size=(32, 32),
    splits={"train": 45_000, "val": 5_000, "test": 10_000},
    official_note=(
        "test is the official one; val is ours, the last 500 of each class of the official 50,000 training images in "
        "file order, and train is the rest"
    ),
    count_sources="the batches, whose digests are checked against those torchvision lists",
    layout="ROOT/cifar-10-batches-py/ or DIR/ with data_batch_1 to data_batch_5 and test_batch (the Python version)",
    unlock="let it be fetched through torchvision, or unpack cifar-10-python.tar.gz of the authors' page",
    folders=("cifar-10-batches-py", "cifar10"),
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    class_sizes={"train": (4_500, 4_500), "val": (500, 500), "test": (1_000, 1_000)},
    files=(
        OfficialFile("data_batch_1", "md5:c99cafc152244af753f735de768cd75f", ("train", "val")),
        OfficialFile("data_batch_2", "md5:d4bba439e000b95fd0a9bffe97cbabec", ("train", "val")),
        OfficialFile("data_batch_3", "md5:54ebc095f3ab1f0389bbae665268c751", ("train", "val")),
        OfficialFile("data_batch_4", "md5:634d18415352ddfa80567beed471001a", ("train", "val")),
        OfficialFile("data_batch_5", "md5:482c414d41f54cd18b22e5b47cb7c3cb", ("train", "val")),
        OfficialFile("test_batch", "md5:40351d587109b95175f43aff81a1287e", ("test",)),
    ),
    read=read,
    fetched_by="CIFAR10",
)
