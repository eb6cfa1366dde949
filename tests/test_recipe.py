"""Recipes: what a suite and a scale may change of them, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from suite_files import TABLE1

from harness.loading import load_suite
from harness.recipe import FixedDrops, Recipe, RecipeChange, ScaledTraining

ALEXNET = load_suite(TABLE1).shared.recipes["alexnet"]
CHANGES: dict[str, Any] = {
    "batch": 64,
    "epochs": 3,
    "rate": 0.1,
    "schedule": {"rule": "fixed", "after": [2], "factor": 0.5},
    "optimiser": {"rule": "rate_outside_velocity", "momentum": 0.5, "weight_decay": 0.0},
    "initialisation": {"rule": "xavier"},
    "prepare": {"short_side": 64},
    "crop": 32,
    "augmentation": {"crops": False, "flips": False, "colour_std": 0.0},
    "precision": "bf16",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_suite_changes_one_field_and_leaves_the_others(name: str) -> None:
    """Each field that a recipe has, but its source, can be overridden."""
    changed = RecipeChange.parsed({name: CHANGES[name]}).applied_to(ALEXNET)
    differing = [field for field in Recipe.model_fields if getattr(changed, field) != getattr(ALEXNET, field)]
    assert differing == [name]


def test_every_field_of_a_recipe_can_be_changed_but_its_source() -> None:
    """A new field of a recipe has to be decided upon here."""
    assert RecipeChange.model_fields.keys() == Recipe.model_fields.keys() - {"source"} == CHANGES.keys()


@pytest.mark.parametrize("field", ["optimiser", "augmentation", "schedule", "initialisation", "source", "seed"])
def test_a_scale_changes_no_method(field: str) -> None:
    """Size, length, step and arithmetic only."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        ScaledTraining.parsed({field: CHANGES.get(field, "x")})


def test_fixed_drops_of_a_scale_keep_the_recipes_factor() -> None:
    """The paper's factor of ten belongs to its method."""
    schedule = ScaledTraining(drops_after=[2, 4]).applied_to(ALEXNET).schedule
    assert schedule == FixedDrops(rule="fixed", after=[2, 4], factor=ALEXNET.schedule.factor)


def test_a_gain_changes_only_the_gain() -> None:
    """Standard deviation and biases stay the paper's."""
    initialisation = ScaledTraining(gain="paper_fan_in").applied_to(ALEXNET).initialisation
    assert initialisation == ALEXNET.initialisation.model_copy(update={"gain": "paper_fan_in"})


def test_a_gain_without_a_printed_standard_deviation_is_refused() -> None:
    """It would mean nothing."""
    he = RecipeChange.parsed({"initialisation": {"rule": "he_forward"}}).applied_to(ALEXNET)
    with pytest.raises(ValueError, match="gain has no meaning for the initialisation rule 'he_forward'"):
        ScaledTraining(gain="paper_fan_in").applied_to(he)


def test_changes_that_say_nothing_change_nothing() -> None:
    """The empty change is the identity."""
    assert RecipeChange().applied_to(ALEXNET) == ScaledTraining().applied_to(ALEXNET) == ALEXNET


def test_alexnets_recipe_is_the_papers() -> None:
    """Section 5: batch 128, momentum 0.9, weight decay 0.0005, rate 0.01 divided by ten three times, std 0.01."""
    assert (ALEXNET.batch, ALEXNET.epochs, ALEXNET.rate) == (128, 90, 0.01)
    assert (ALEXNET.optimiser.momentum, ALEXNET.optimiser.weight_decay) == (0.9, 0.0005)
    assert (ALEXNET.schedule.rule, ALEXNET.schedule.drops, ALEXNET.schedule.factor) == ("plateau", 3, 0.1)
    assert (ALEXNET.initialisation.std, ALEXNET.initialisation.gain) == (0.01, "as_printed")
    assert ALEXNET.precision == "fp32"
