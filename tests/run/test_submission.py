"""The file for the ILSVRC-2012 server."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from harness.data.declared import class_list_digest
from harness.errors import UsageError
from harness.run import submission
from harness.run.submission import class_numbers, guesses, write_submission

WNIDS = ["n07", "n01", "n05", "n03", "n02", "n06"]
"""Six categories in the order of the kit, which is not sorted."""

IMAGES = 4


@pytest.fixture(autouse=True)
def miniature(monkeypatch: pytest.MonkeyPatch) -> None:
    """A challenge of six categories and four test images."""
    declared = dataclasses.replace(
        submission.ILSVRC2012,
        classes=len(WNIDS),
        class_list_digest=class_list_digest(WNIDS),
        splits=submission.ILSVRC2012.splits | {"test": IMAGES},
    )
    monkeypatch.setattr(submission, "ILSVRC2012", declared)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """The kit's list, as a text file."""
    path = tmp_path / "synsets.txt"
    path.write_text("".join(f"{name} {number} some words\n" for number, name in enumerate(WNIDS, start=1)))
    return path


def predicted(folder: Path, ids: list[int], *, classes: list[str] | None = None, split: str = "test") -> Path:
    """Predictions of images by number; image n is surest of the sorted class n mod 6, then of those before it."""
    names = sorted(WNIDS) if classes is None else classes
    scores = [np.roll(np.arange(len(names))[::-1], image)[::-1] for image in ids]
    probabilities = np.array([np.exp(row) / np.exp(row).sum() for row in scores], np.float32)
    paths = [f"ilsvrc2012/{split}/ILSVRC2012_test_{image:08d}.JPEG" for image in ids]
    path = folder / "predictions.npz"
    np.savez(path, probabilities=probabilities, labels=np.full(len(ids), -1), ids=paths, classes=names)
    return path


def test_lines_hold_the_kits_numbers_of_the_five_surest(tmp_path: Path, kit: Path) -> None:
    """Translated from the places of sorted WordNet ids, most confident first, one line for each image."""
    predictions = predicted(tmp_path, [1, 2, 3, 4])
    assert write_submission(predictions, kit, tmp_path / "out.txt") == IMAGES
    lines = [list(map(int, line.split())) for line in (tmp_path / "out.txt").read_text().splitlines()]
    with np.load(predictions) as stored:
        order = np.argsort(-stored["probabilities"], axis=1)
    names = sorted(WNIDS)
    assert lines == [[1 + WNIDS.index(names[column]) for column in row[:5]] for row in order]
    assert {len(set(line)) for line in lines} == {5}


def test_lines_are_in_the_order_of_file_names(tmp_path: Path, kit: Path) -> None:
    """Whatever order the images were looked at in."""
    write_submission(predicted(tmp_path, [1, 2, 3, 4]), kit, tmp_path / "sorted.txt")
    write_submission(predicted(tmp_path, [3, 1, 4, 2]), kit, tmp_path / "mixed.txt")
    assert (tmp_path / "mixed.txt").read_bytes() == (tmp_path / "sorted.txt").read_bytes()


def test_equal_scores_go_by_the_order_of_columns() -> None:
    """So that a file is the same on every machine."""
    assert guesses(np.full((1, 6), 1 / 6, np.float32), [60, 50, 40, 30, 20, 10]).tolist() == [[60, 50, 40, 30, 20]]


def test_numbers_come_from_the_kits_own_file(tmp_path: Path, kit: Path) -> None:
    """Its meta.mat also lists the categories above, which are no answers, and says the same as the text file."""
    rows = [(number, name, 0) for number, name in enumerate(WNIDS, start=1)]
    fields = [("ILSVRC2012_ID", object), ("WNID", object), ("num_children", object)]
    synsets = np.array([*rows, (7, "n00", 2)], dtype=fields)
    savemat(tmp_path / "meta.mat", {"synsets": synsets})
    assert class_numbers(tmp_path / "meta.mat") == class_numbers(kit) == dict(zip(WNIDS, range(1, 7), strict=True))


def test_sorted_list_is_refused(tmp_path: Path) -> None:
    """A list in the order of a net's outputs looks right and scores at chance."""
    (tmp_path / "sorted.txt").write_text("\n".join(sorted(WNIDS)))
    with pytest.raises(UsageError, match="sorted, which is not the kit's order"):
        class_numbers(tmp_path / "sorted.txt")


@pytest.mark.parametrize("content", ["", "n01\nn02\n", "\n\n", "n07\nn01\nn05\nn03\nn02\nn99\n"])
def test_other_categories_are_refused(tmp_path: Path, content: str) -> None:
    """Fewer, none, blank lines, or another one among them."""
    (tmp_path / "list.txt").write_text(content)
    with pytest.raises(UsageError, match=r"list\.txt"):
        class_numbers(tmp_path / "list.txt")


@pytest.mark.parametrize(
    ("ids", "changes", "message"),
    [
        ([1, 2, 3], {}, "3 images, where the test split has 4"),
        ([1, 2, 3, 4], {"split": "val"}, "where the test split has 4"),
        ([1, 2, 3, 4], {"classes": ["n01", "n02", "n03", "n05", "n06"]}, "5 classes are not"),
    ],
)
def test_predictions_of_anything_else_are_refused(
    tmp_path: Path, kit: Path, ids: list[int], changes: dict, message: str
) -> None:
    """A part of the images, another split, or a net of other classes."""
    with pytest.raises(UsageError, match=message):
        write_submission(predicted(tmp_path, ids, **changes), kit, tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()


def test_unreadable_predictions_are_named(tmp_path: Path, kit: Path) -> None:
    """With what is wrong."""
    (tmp_path / "predictions.npz").write_bytes(b"no arrays")
    with pytest.raises(UsageError, match=r"predictions\.npz: cannot be read"):
        write_submission(tmp_path / "predictions.npz", kit, tmp_path / "out.txt")
