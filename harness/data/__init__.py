"""The data sets a suite may name: `DATASETS` maps a name to its torch-free declaration.

Pixels are decoded by simplejpeg where a file is a plain JPEG, by Pillow everywhere else; the pixels are the same,
which tests hold, so no preparation has a new version. Threads decode two batches ahead. Views are taken for a whole
batch: on a GPU by gathering, on a CPU by numpy, whose loops use one processor, for the others decode; both give the
same bits, in channels-last order. Images that fit in memory are prepared once and gathered.
"""

from __future__ import annotations

import difflib

from harness.data.declared import Dataset
from harness.data.sets.cifar10 import CIFAR10
from harness.data.sets.digits import DIGITS
from harness.data.sets.fashion_mnist import FASHION_MNIST
from harness.data.sets.imagenet import ILSVRC2010, ILSVRC2012
from harness.data.sets.imagenet_releases import FALL2009, FALL2011
from harness.errors import UsageError

__all__ = ["DATASETS", "Dataset", "dataset_named"]

DATASETS: dict[str, Dataset] = {
    "digits": DIGITS,
    "fashion_mnist": FASHION_MNIST,
    "cifar10": CIFAR10,
    "ilsvrc2010": ILSVRC2010,
    "ilsvrc2012": ILSVRC2012,
    "imagenet_fall2009": FALL2009,
    "imagenet_fall2011": FALL2011,
}


def dataset_named(name: str) -> Dataset:
    """The declaration of that name; raises UsageError with the nearest name there is."""
    if name in DATASETS:
        return DATASETS[name]
    close = difflib.get_close_matches(name.lower(), DATASETS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(DATASETS)}"
    raise UsageError(f"unknown data set {name!r}; {hint}")
