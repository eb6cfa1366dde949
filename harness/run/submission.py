"""Writes the file that the ILSVRC-2012 server scores, for its test labels were never published.

By the readme of the development kit: one line for each test image, in the alphabetical order of the file names, with at
most five ILSVRC2012_IDs, whole numbers from 1 to 1000, the most confident first. An ILSVRC2012_ID is the kit's own
number of a category. It is not the category's place among the sorted WordNet ids, which is what a net's outputs follow
here and in most of the field, so the kit's list is needed to translate.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.declared import class_list_digest
from harness.data.sets.imagenet import ILSVRC2012
from harness.errors import UsageError
from harness.ingest.labels import number_name, numbered_categories
from harness.store.store import write_atomically

GUESSES = 5


def write_submission(predictions: Path, kit: Path, out: Path) -> int:
    """Write the file for the `predictions.npz` of a test on the ILSVRC-2012 test images; return the number of lines.

    `kit` is a file that `class_numbers` reads. Raises UsageError where the predictions are not of every one of these
    images and of its 1,000 categories.
    """
    lines = _lines(predictions, class_numbers(kit))
    write_atomically(out, "".join(" ".join(map(str, line)) + "\n" for line in lines.tolist()).encode())
    return len(lines)


def check_submission(submitted: Path, predictions: Path, kit: Path | None) -> None:
    """Raise UsageError for a file that `write_submission` would not have made from these predictions.

    Without the kit nobody knows which number is which class. The check then is that some numbering makes the file fit:
    each class of the predictions is one number of the file, and each number is one class.
    """
    if kit is not None:
        rebuilt = _lines(predictions, class_numbers(kit))
    else:
        classes = _predicted(predictions)[2]
        rebuilt = _lines(predictions, {name: place for place, name in enumerate(classes, start=1)})
    sent = _read_lines(submitted)
    if sent.shape != rebuilt.shape:
        raise UsageError(f"{submitted}: {len(sent):,} lines, where these predictions make {len(rebuilt):,} of five")
    fits = np.array_equal(sent, rebuilt) if kit is not None else _renumbered(sent, rebuilt)
    if not fits:
        raise UsageError(f"{submitted} was not made from {predictions}: it ranks other classes first")


def _renumbered(sent: NDArray[np.int64], rebuilt: NDArray[np.int64]) -> bool:
    """Whether one table of numbers is the other, each number replaced by one of its own."""
    pairs = np.unique(np.stack([sent.ravel(), rebuilt.ravel()], axis=1), axis=0)
    return all(len(np.unique(column)) == len(pairs) for column in pairs.T)


def _read_lines(submitted: Path) -> NDArray[np.int64]:
    """The class numbers in a file for the server, [images, 5]."""
    try:
        rows = [list(map(int, line.split())) for line in submitted.read_text(encoding="ascii").splitlines()]
        return np.array(rows, np.int64).reshape(len(rows), GUESSES)
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(f"{submitted}: cannot be read as lines of five whole numbers ({error})") from None


def _lines(predictions: Path, numbers: dict[str, int]) -> NDArray[np.int64]:
    """The numbers of the five surest classes of each test image [images, 5], in the order of the images' names."""
    probabilities, ids, classes = _predicted(predictions)
    if set(classes) != set(numbers):
        raise UsageError(f"{predictions}: its {len(classes)} classes are not the 1,000 of {ILSVRC2012.title}")
    expected = ILSVRC2012.splits["test"]
    if len(ids) != expected or not all(identity.startswith(f"{ILSVRC2012.name}/test/") for identity in ids):
        raise UsageError(f"{predictions}: {len(ids):,} images, where the test split has {expected:,}")
    order = np.argsort(np.array(ids))
    return guesses(probabilities[order], [numbers[name] for name in classes])


def guesses(probabilities: NDArray[np.float32], numbers: list[int]) -> NDArray[np.int64]:
    """The numbers of the five most probable classes [images, 5], most probable first; of equal ones, the first column.

    `probabilities` is [images, classes], and `numbers` holds the category of each column.
    """
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :GUESSES]
    return np.array(numbers, np.int64)[best]


def class_numbers(kit: Path) -> dict[str, int]:
    """The ILSVRC2012_ID of each WordNet id, from the kit's `meta.mat` or from a text file.

    Line n of a text file begins with the WordNet id of category n, as in the `synsets.txt` and `map_clsloc.txt` that go
    around; a file that is sorted is refused, for the kit's order is not. Raises UsageError for any other categories
    than the 1,000 of the challenge.
    """
    try:
        names = _kit_names(kit) if kit.suffix == ".mat" else _listed_names(kit)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise UsageError(f"{kit}: cannot be read as the categories of {ILSVRC2012.title} ({error})") from None
    if class_list_digest(list(names)) != ILSVRC2012.class_list_digest or len(names) != ILSVRC2012.classes:
        raise UsageError(f"{kit}: its {len(names)} categories are not the 1,000 of {ILSVRC2012.title}")
    if sorted(names) == sorted(names, key=names.__getitem__):
        raise UsageError(f"{kit}: its categories are sorted, which is not the kit's order; use the kit's meta.mat")
    return names


def _listed_names(kit: Path) -> dict[str, int]:
    lines = kit.read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: number for number, line in enumerate(lines, start=1)}


def _kit_names(kit: Path) -> dict[str, int]:
    return {name: number for number, name in numbered_categories(kit, number_name(ILSVRC2012)).items()}


def _predicted(path: Path) -> tuple[NDArray[np.float32], list[str], list[str]]:
    """(probabilities [images, classes], ids, classes)."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return stored["probabilities"], stored["ids"].tolist(), stored["classes"].tolist()
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{path}: cannot be read as the predictions of a test ({error})") from None
