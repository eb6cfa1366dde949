"""The data sets that a suite may name: `DATASETS` maps a name to a declaration that needs no torch.

simplejpeg decodes plain JPEGs and Pillow all other files. Tests ensure that both give the same pixels, so preparations
need no version for the decoder. Threads decode two batches ahead, from files or from packs, which are mapped into
memory. Views are cut for a whole batch at once: on a GPU by gathering, on a CPU by numpy, a few images to a thread.
Both give the same bits, in channels-last order. Images that fit in memory are prepared once and then gathered.
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
    """Return the declaration of a data set. Raises UsageError that suggests the nearest name if there is none."""
    if name in DATASETS:
        return DATASETS[name]
    close = difflib.get_close_matches(name.lower(), DATASETS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(DATASETS)}"
    raise UsageError(f"unknown data set {name!r}; {hint}")
