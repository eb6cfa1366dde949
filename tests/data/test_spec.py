"""Tests of the data part of a suite."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.data import DATASETS
from harness.data.spec import Augmentation, DataSpec, Prepare, Subset

NAMES = [f"n{number:08d}" for number in range(40)]
SIDES = st.integers(1, 600)


@given(st.integers(0, 5), st.integers(1, 40), st.integers(0, 39))
def test_larger_subset_contains_the_smaller(seed: int, larger: int, fewer: int) -> None:
    """A larger subset contains the smaller one."""
    smaller = max(1, larger - fewer)
    chosen = [Subset(classes=count, per_class=1, seed=seed).choose_classes(NAMES) for count in (smaller, larger)]
    assert len(chosen[0]) == smaller
    assert set(chosen[0]) <= set(chosen[1])


def test_subset_does_not_depend_on_the_order_of_names() -> None:
    """A subset does not depend on the order of names."""
    subset = Subset(classes=7, per_class=3)
    assert subset.choose_classes(NAMES) == subset.choose_classes(reversed(NAMES))


def test_subset_depends_on_its_seed() -> None:
    """Different seeds choose different subsets."""
    one, other = (Subset(classes=7, per_class=3, seed=seed).choose_images(NAMES) for seed in (0, 1))
    assert one != other


def test_subset_is_the_same_everywhere() -> None:
    """A subset has the recorded members, because a job's key would not reveal a change."""
    assert Subset(classes=3, per_class=1).choose_classes("abcdefgh") == sorted(
        sorted("abcdefgh", key=lambda name: hashlib.sha256(f"0/{name}".encode()).hexdigest())[:3]
    )


def test_subset_larger_than_the_set_is_refused() -> None:
    """A subset larger than the set is refused."""
    with pytest.raises(ValueError, match="subset of 41 classes was asked for, where there are 40"):
        Subset(classes=41, per_class=1).choose_classes(NAMES)


@given(SIDES, SIDES, st.integers(1, 300))
def test_shorter_side_becomes_what_was_asked(height: int, width: int, short_side: int) -> None:
    """The shorter side is exact, and the longer within half a pixel of its proportion."""
    rescaled = Prepare(short_side=short_side).rescaled(height, width)
    assert min(rescaled) == short_side
    assert abs(max(rescaled) - max(height, width) * short_side / min(height, width)) <= 0.5


def test_longer_side_rounds_halves_up() -> None:
    """The longer side is rounded with halves up, unlike Python's rounding of 2.5 to 2."""
    assert Prepare(short_side=2).rescaled(4, 5) == (2, 3)


def test_alexnet_preparation_gives_256_square_images() -> None:
    """AlexNet's preparation gives 256 x 256 pixels for any image (section 2)."""
    assert DATASETS["ilsvrc2010"].shape(Prepare(short_side=256, center=256)) == (3, 256, 256)


def test_padding_is_on_every_side() -> None:
    """Padding is added on every side: 28 pixels and 2 on either side make 32."""
    assert DATASETS["fashion_mnist"].shape(Prepare(pad=2)) == (1, 32, 32)


def test_images_of_many_sizes_need_a_center() -> None:
    """Images of varying size need a `center`."""
    with pytest.raises(ValueError, match="prepare needs `center`"):
        DATASETS["ilsvrc2012"].shape(Prepare(short_side=256))


@pytest.mark.parametrize("prepare", [{"short_side": 200, "center": 224}, {"short_side": 0}, {"pad": -1}, {"side": 4}])
def test_impossible_preparation_is_refused(prepare: dict[str, int]) -> None:
    """A preparation that does not fit, has no pixels, or has unknown fields is refused."""
    with pytest.raises(ValidationError):
        DataSpec.parsed({"name": "ilsvrc2010", "prepare": prepare})


def test_center_larger_than_the_stored_images_is_refused() -> None:
    """A `center` larger than the stored images is refused once the set is known."""
    with pytest.raises(ValueError, match="center of 30 pixels does not fit in images of 28 x 28"):
        DATASETS["fashion_mnist"].shape(Prepare(center=30))


def test_spec_survives_being_written_and_read() -> None:
    """A spec survives being written and read."""
    spec = DataSpec(name="digits", subset=Subset(classes=3, per_class=5, seed=2), prepare=Prepare(short_side=32))
    assert DataSpec.parsed(spec.model_dump(mode="json")) == spec


def test_augmentation_knows_no_other_scale() -> None:
    """A misspelt option is refused."""
    with pytest.raises(ValidationError):
        Augmentation.parsed({"crops": True, "flips": True, "colour_std": 0.1, "colour_scale": "sqrt"})


JITTERED = {"crops": True, "flips": True, "colour_std": 0.1, "mean": "centre_crop", "jitter": [256, 512]}


def test_jitter_is_read_from_a_list() -> None:
    """Jitter is read from a list, as in a recipe."""
    assert Augmentation.parsed(JITTERED).jitter == (256, 512)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jitter": [512, 256]}, "from the smaller to the larger"),
        ({"mean": "same_offset"}, "mean: centre_crop"),
        ({"crops": False}, "crops: true"),
        ({"jitter": [256]}, "Field required"),
        ({"jitter": [256.5, 512]}, "valid integer"),
    ],
)
def test_jitter_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    """Inconsistent jitter is refused."""
    with pytest.raises(ValidationError, match=message):
        Augmentation.parsed(JITTERED | change)
