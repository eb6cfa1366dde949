"""Recipes and protocols, and what a scale may change of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.data.declared import Prepare
from harness.recipe import Protocol, Recipe, RecipeChange, ScaledTraining, in_proportion

RECIPE: dict[str, Any] = {
    "source": "section 3",
    "batch": 128,
    "epochs": 80,
    "rate": 0.01,
    "schedule": {"rule": "fixed", "after": [40, 60], "factor": 0.1},
    "optimiser": {"rule": "rate_inside_velocity", "momentum": 0.9, "weight_decay": 5e-4, "decays": "weights"},
    "initialisation": {"rule": "gaussian", "std": 0.01, "gain": "as_printed", "bias_one": []},
    "prepare": {"short_side": 256, "center": 256},
    "crop": 224,
    "augmentation": {"crops": True, "flips": True, "colour_std": 0.1, "mean": "centre_crop", "jitter": [256, 512]},
}
DENSE = {"source": "section 3", "views": "dense", "scales": [256, 384, 480], "flips": True}


def recipe(**changes: Any) -> Recipe:
    """A large model's recipe, less what is changed."""
    return Recipe.parsed(RECIPE | changes)


def test_protocol_of_fixed_views_needs_no_more_than_their_name() -> None:
    """The short form of AlexNet's."""
    protocol = Protocol.parsed({"source": "section 4.1", "views": "ten_crop"})
    assert protocol.prepares(recipe().prepare) == [recipe().prepare]
    assert (protocol.flips, protocol.window, protocol.sample) == (False, None, None)


def test_scales_are_passes_over_whole_images() -> None:
    """Shorter sides of 256, 384 and 480 (PReLU, section 3); nothing is cut off, whatever the recipe prepares."""
    sides = [256, 384, 480]
    assert Protocol.parsed(DENSE).prepares(recipe().prepare) == [Prepare(short_side=side) for side in sides]


@pytest.mark.parametrize("change", [{"views": "centre"}, {"views": "ten_crop"}])
@pytest.mark.parametrize("part", [{"flips": True}, {"flips": False, "window": 14}])
def test_parts_of_a_dense_test_are_refused_elsewhere(change: dict[str, str], part: dict[str, Any]) -> None:
    """They would be silently ignored."""
    with pytest.raises(ValidationError, match="flips and window are of dense views"):
        Protocol.parsed(DENSE | change | part)


@pytest.mark.parametrize("change", [{"scales": []}, {"scales": [0]}, {"window": 0}, {"sample": 0}, {"scale": [256]}])
def test_impossible_protocols_are_refused(change: dict[str, Any]) -> None:
    """No scales, no pixels, no images, unknown parts."""
    with pytest.raises(ValidationError):
        Protocol.parsed(DENSE | change)


def test_protocol_survives_being_written_and_read() -> None:
    """What a job's folder says is what was planned."""
    protocol = Protocol.parsed(DENSE | {"window": 14, "sample": 3000})
    assert Protocol.parsed(protocol.model_dump(mode="json")) == protocol


def test_smaller_views_make_smaller_scales() -> None:
    """28-pixel views of images of 32, 48 and 60 pixels are to each other as the paper's 224 of 256, 384 and 480."""
    small = Protocol.parsed(DENSE).in_proportion(28, 224)
    assert small.scales == [32, 48, 60]
    assert small.model_copy(update={"scales": [256, 384, 480]}) == Protocol.parsed(DENSE)


def test_protocol_without_scales_has_no_proportion() -> None:
    """It looks at what the recipe prepares, at any size."""
    protocol = Protocol.parsed({"source": "", "views": "centre"})
    assert protocol.in_proportion(28, 224) == protocol


@given(st.integers(1, 600), st.integers(1, 300), st.integers(1, 300))
def test_proportions_are_to_the_nearest_pixel(side: int, crop: int, of: int) -> None:
    """Halves up, and exact where nothing changes."""
    assert abs(in_proportion(side, crop, of) - side * crop / of) <= 0.5
    assert in_proportion(side, of, of) == side


def test_scale_with_another_crop_jitters_in_proportion() -> None:
    """The range keeps its ratio to the views, and nothing else of the augmentation changes."""
    small = ScaledTraining(crop=28, prepare=Prepare(short_side=32)).applied_to(recipe())
    assert small.augmentation.jitter == (32, 64)
    assert small.augmentation.model_copy(update={"jitter": (256, 512)}) == recipe().augmentation


@pytest.mark.parametrize("scaled", [ScaledTraining(crop=28), ScaledTraining(epochs=3)])
def test_scale_brings_no_jitter_to_a_recipe_without(scaled: ScaledTraining) -> None:
    """Scales change sizes, not methods."""
    plain = recipe(augmentation={"crops": True, "flips": True, "colour_std": 0.1})
    assert scaled.applied_to(plain).augmentation == plain.augmentation


def test_scale_with_the_same_crop_leaves_the_jitter() -> None:
    """A part of the paper's own data is looked at as the whole is."""
    assert ScaledTraining(epochs=3).applied_to(recipe()).augmentation == recipe().augmentation


def test_change_gives_a_nested_part_whole() -> None:
    """An arm without jitter names the augmentation it has instead."""
    plain = RecipeChange.parsed({"augmentation": {"crops": True, "flips": True, "colour_std": 0.1}})
    assert plain.applied_to(recipe()).augmentation.jitter is None
    assert plain.applied_to(recipe()).crop == 224
