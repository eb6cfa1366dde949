"""Tests of the declarations of data sets."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import DATASETS
from harness.data.declared import Division, centre_offset, class_list_digest
from harness.data.ranked import ranked
from harness.data.spec import Subset

NAMES = [f"n{number:08d}" for number in range(40)]
IDS = st.lists(st.text("abc", min_size=1, max_size=6), unique=True, max_size=60)


@given(IDS, st.integers(0, 3))
def test_division_gives_every_image_to_one_split(ids: list[str], seed: int) -> None:
    """A division gives every image to one split and keeps the order."""
    division = Division("images", {"train": 495, "val": 5, "test": 500}, seed)
    parts = {split: division.part(ids, split) for split in division.shares}
    assert sorted(identity for part in parts.values() for identity in part) == sorted(ids)
    assert all(part == [identity for identity in ids if identity in part] for part in parts.values())
    assert abs(len(parts["test"]) - len(ids) / 2) <= 0.5


def test_division_does_not_depend_on_the_order_of_ids() -> None:
    """A division depends only on names and seed, not on the order of ids."""
    division, other = (Division("images", {"train": 500, "test": 500}, seed) for seed in (0, 1))
    assert sorted(division.part(NAMES, "test")) == sorted(division.part(NAMES[::-1], "test"))
    assert division.part(NAMES, "test") != other.part(NAMES, "test")


def test_ranks_are_pinned() -> None:
    """Ranks have the recorded values, because another choice would be another experiment under the same key."""
    assert ranked("abcdef", 0) == sorted("abcdef", key=lambda name: hashlib.sha256(f"0/{name}".encode()).hexdigest())


@pytest.mark.parametrize("dataset", [each for each in DATASETS.values() if each.division], ids=lambda each: each.name)
def test_divided_sets_expect_their_shares(dataset) -> None:
    """The declared counts of divided sets are the declared thousandths of the whole, rounded."""
    whole = sum(dataset.splits.values())
    assert dataset.division is not None
    assert sum(dataset.division.shares.values()) == 1000
    assert dataset.splits.keys() == dataset.division.shares.keys()
    for split, share in dataset.division.shares.items():
        assert abs(dataset.splits[split] - whole * share / 1000) < 1


@pytest.mark.parametrize("dataset", [one for one in DATASETS.values() if one.class_sizes], ids=lambda one: one.name)
def test_sizes_of_classes_can_add_up_to_the_declared_counts(dataset) -> None:
    """A split has at least as many images as classes of the smallest size, and at most as many as of the largest."""
    for split, (smallest, largest) in dataset.class_sizes.items():
        assert smallest * dataset.classes <= dataset.splits[split] <= largest * dataset.classes


@given(st.integers(1, 300), st.integers(0, 100))
def test_centre_leaves_equal_margins(crop: int, margin: int) -> None:
    """The centre leaves equal margins; the extra pixel of an odd margin is at the end."""
    before = centre_offset(crop + margin, crop)
    assert margin - before - before in {0, 1}


def test_centre_larger_than_the_image_is_refused() -> None:
    """A centre larger than the image is refused."""
    with pytest.raises(ValueError, match="crop of 5 pixels does not fit in 4"):
        centre_offset(4, 5)


def test_class_list_digest_is_of_the_sorted_names() -> None:
    """The digest of a class list depends on the names, not on their order."""
    assert class_list_digest(["b", "a"]) == hashlib.sha256(b"a\nb").hexdigest()


def test_expected_count_of_a_subset() -> None:
    """The expected count of a subset is as declared in training, and its share of classes in other splits."""
    subset = Subset(classes=50, per_class=200)
    counts = [DATASETS["ilsvrc2010"].count(split, subset) for split in ("train", "val", "test")]
    assert counts == [10_000, 2_500, 7_500]
