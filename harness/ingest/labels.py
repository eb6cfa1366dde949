"""Labels of a split that lies in one folder or archive, and the order in which its classes are numbered.

Two orders are in use. A development kit numbers its categories from 1 by its own ILSVRC2012_ID (ILSVRC2010_ID). Most
other software numbers them from 0 by their place among the sorted WordNet ids. Read in the wrong order, every label is
wrong and nothing fails, so files that mix the two are refused.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.data.declared import Dataset, class_list_digest
from harness.data.naming import WNID, image_name
from harness.errors import DataMissing

SORTED_ORDER = "place among the sorted WordNet ids"


@dataclass(frozen=True, slots=True)
class Labels:
    """The class of each image of a split."""

    by_image: Mapping[str, str] | Sequence[str]
    """WordNet ids by an image's name without suffix, or a list with image number n at place n - 1."""
    order: str
    """The origin of the labels and their order, for people."""

    def of(self, name: str) -> str | None:
        """Return the class of an image by its file name, or None."""
        original, _, number = image_name(name)
        if isinstance(self.by_image, Mapping):
            return self.by_image.get(Path(original).stem)
        return self.by_image[number - 1] if number is not None and 0 < number <= len(self.by_image) else None


def prefix(dataset: Dataset) -> str:
    """Return the prefix of a challenge's own file names."""
    return dataset.name.upper()


def number_name(dataset: Dataset) -> str:
    """Return the name of a development kit's own category number."""
    return f"{prefix(dataset)}_ID"


def find_labels(dataset: Dataset, split: str, places: Iterable[Path]) -> Labels | None:
    """Find the labels of a split in files of a development kit or of Kaggle; None where no folder has any.

    Raises DataMissing for files that contradict each other, mix the two orders, or cannot be read.
    """
    folders = list(places)
    solution = first_file(folders, f"LOC_{split}_solution.csv")
    truth = first_file(folders, *_truth_names(dataset, split))
    found = [] if solution is None else [_of_kaggle(solution)]
    if truth is not None:
        kit = first_file(folders, "meta.mat")
        if kit is not None:
            found.append(_of_kit(dataset, truth, kit))
        elif not found:
            raise _untranslated(dataset, truth, first_file(folders, "LOC_synset_mapping.txt"))
    for one in found:
        _require_known_first(dataset, split, one)
    if len(found) == 2:
        _require_agreement(found[0], found[1], solution, truth)
    return found[0] if found else None


def _untranslated(dataset: Dataset, truth: Path, mapping: Path | None) -> DataMissing:
    """Return the error for category numbers without the kit's list; Kaggle's list is in the other order."""
    numbers = f"{truth}: its numbers are {number_name(dataset)}s"
    if mapping is None:
        remedy = "which only the development kit's meta.mat translates; put it beside them, or name it with --kit"
        return DataMissing(f"{numbers}, {remedy}")
    return DataMissing(
        f"{numbers}, and {mapping} is in the order of sorted WordNet ids: the two do not go together; put the "
        "development kit's meta.mat beside the numbers"
    )


def first_file(folders: Iterable[Path], *names: str) -> Path | None:
    """Return the first of these files in the first folder that has one."""
    return next((folder / name for folder in folders for name in names if (folder / name).is_file()), None)


def numbered_categories(path: Path, field: str) -> dict[int, str]:
    """Read the WordNet id of each category number from a `meta.mat`; a damaged file raises whatever scipy raises.

    Categories above the challenge's own have children in the kit's hierarchy and are left out.
    """
    from scipy.io import loadmat  # noqa: PLC0415 - slow to import, and only this file needs it

    synsets = loadmat(path, squeeze_me=True)["synsets"]
    return {int(s[field]): str(s["WNID"]) for s in synsets if int(s["num_children"]) == 0}


def kit_numbers(dataset: Dataset, path: Path) -> dict[int, str]:
    """Read the WordNet id of each category number from a development kit's `meta.mat`.

    Raises DataMissing where it is damaged, belongs to another set, or is in the order of sorted WordNet ids.
    """
    try:
        numbers = numbered_categories(path, number_name(dataset))
    except Exception as error:  # noqa: BLE001 - a damaged file makes scipy raise anything
        raise DataMissing(f"{path}: cannot be read as the categories of {dataset.title} ({error})") from None
    if not _of_this_set(dataset, list(numbers.values())) or not all(map(WNID.fullmatch, numbers.values())):
        raise DataMissing(f"{path}: its {len(numbers)} categories are not the {dataset.classes:,} of {dataset.title}")
    if [numbers[number] for number in sorted(numbers)] == sorted(numbers.values()):
        raise DataMissing(
            f"{path}: its categories are in the order of sorted WordNet ids, which is not the kit's; "
            "use the kit's own file"
        )
    return numbers


def class_list(dataset: Dataset, places: Iterable[Path]) -> list[str] | None:
    """Return the sorted WordNet ids of the set from Kaggle's list or a kit; None where no folder has either."""
    folders = list(places)
    if (mapping := first_file(folders, "LOC_synset_mapping.txt")) is not None:
        names = [line.split()[0] for line in _lines(mapping) if line.strip()]
        if names != sorted(names):
            raise DataMissing(f"{mapping}: is not in the order of sorted WordNet ids, as Kaggle's is; fetch it again")
        return names
    kit = first_file(folders, "meta.mat")
    return sorted(kit_numbers(dataset, kit).values()) if kit else None


def _truth_names(dataset: Dataset, split: str) -> tuple[str, ...]:
    long = {"val": "validation"}.get(split, split)
    return (f"{prefix(dataset)}_{long}_ground_truth.txt",)


def _of_kaggle(path: Path) -> Labels:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = {row["ImageId"]: row["PredictionString"].split()[0] for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError, IndexError, AttributeError, csv.Error) as error:
        raise DataMissing(f"{path}: cannot be read as Kaggle's solution ({error}); fetch it again") from None
    wrong = next((name for name in rows.values() if not WNID.fullmatch(name)), None)
    if wrong is not None or not rows:
        raise DataMissing(f"{path}: {wrong or 'nothing'} where the WordNet id of an image is expected; fetch it again")
    return Labels(rows, f"WordNet ids from {path.name}, so no order is involved")


def _of_kit(dataset: Dataset, truth: Path, kit: Path) -> Labels:
    numbers = kit_numbers(dataset, kit)
    written = [line.split() for line in _lines(truth) if line.strip()]
    if any(len(line) != 1 for line in written):
        raise DataMissing(
            f"{truth}: holds names beside numbers, as lists in the order of sorted WordNet ids do, and {kit} has the "
            "kit's order: they are not to be mixed; use the kit's own file of one number a line"
        )
    try:
        values = [int(line[0]) for line in written]
        if 0 in values:
            raise DataMissing(
                f"{truth}: its numbers begin at 0, so they are places among the sorted WordNet ids, and {kit} has the "
                f"kit's {number_name(dataset)}: they are not to be mixed; use the kit's own file"
            )
        by_image = [numbers[value] for value in values]
    except (ValueError, KeyError) as error:
        raise DataMissing(f"{truth}: {error} is no {number_name(dataset)} of {kit}; use the kit's own file") from None
    return Labels(by_image, f"{number_name(dataset)} of {truth.name}, translated by {kit.name}")


def require_first_images(dataset: Dataset, split: str, first: Sequence[str | None], what: str) -> None:
    """Raise DataMissing where the first images of a split do not have the classes known for the official set."""
    known = dataset.first_classes.get(split, ())
    for number, (ours, official) in enumerate(zip(first, known, strict=False), start=1):
        if ours not in (official, None):
            raise DataMissing(
                f"{what}: says that {prefix(dataset)}_{split}_{number:08d} is of class {ours}, and it is {official}: "
                "the labels are of another order of classes, or of other images"
            )


def _require_known_first(dataset: Dataset, split: str, labels: Labels) -> None:
    """Check the first images, only for the official list of classes: a miniature has other images of the same names."""
    every = labels.by_image.values() if isinstance(labels.by_image, Mapping) else labels.by_image
    if dataset.class_list_digest is None or class_list_digest(list(set(every))) != dataset.class_list_digest:
        return
    names = [f"{prefix(dataset)}_{split}_{number:08d}" for number in range(1, 5)]
    require_first_images(dataset, split, [labels.of(name) for name in names], labels.order)


def _require_agreement(one: Labels, other: Labels, *paths: Path | None) -> None:
    assert isinstance(one.by_image, Mapping)
    for name, wnid in one.by_image.items():
        if other.of(name) not in (wnid, None):
            where = " and ".join(map(str, paths))
            raise DataMissing(
                f"{where}: {name} is of class {wnid} by the first and {other.of(name)} by the second: one of them is "
                "in another order of classes; take the wrong one away"
            )


def _of_this_set(dataset: Dataset, names: Sequence[str]) -> bool:
    official = dataset.class_list_digest is not None and class_list_digest(names) == dataset.class_list_digest
    # A part of the set, as made for tests, has a kit of its own; a kit of all categories must be the official one.
    return official or 0 < len(names) < dataset.classes


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataMissing(f"{path}: cannot be read ({error}); fetch it again") from None
