"""Tests of recipes and protocols: the changes that suites and scales may make, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from suite_files import TABLE1

from harness.data.spec import Augmentation, Prepare
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.recipe import Protocol, Recipe, RecipeChange, ScaledTraining, in_proportion
from harness.jobs.schedule_spec import FixedDrops
from harness.models.rectifier import PreluSmall
from harness.strict import ADDED, Grown
from harness.suite.load import load_suite

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
    """Return a large model's recipe with some changes."""
    return Recipe.parsed(RECIPE | changes)


def test_protocol_of_fixed_views_needs_no_more_than_their_name() -> None:
    """A protocol of fixed views needs only their name."""
    protocol = Protocol.parsed({"source": "section 4.1", "views": "ten_crop"})
    assert protocol.prepares(recipe().prepare) == [recipe().prepare]
    assert (protocol.flips, protocol.window, protocol.sample) == (False, None, None)


def test_scales_are_passes_over_whole_images() -> None:
    """Scales are passes over whole images, whose shorter sides are 256, 384 and 480 (PReLU, section 3)."""
    sides = [256, 384, 480]
    assert Protocol.parsed(DENSE).prepares(recipe().prepare) == [Prepare(short_side=side) for side in sides]


@pytest.mark.parametrize("change", [{"views": "centre"}, {"views": "ten_crop"}])
@pytest.mark.parametrize("part", [{"flips": True}, {"flips": False, "window": 14}])
def test_parts_of_a_dense_test_are_refused_elsewhere(change: dict[str, str], part: dict[str, Any]) -> None:
    """Options of dense tests are refused with other views."""
    with pytest.raises(ValidationError, match="flips and window are of dense views"):
        Protocol.parsed(DENSE | change | part)


@pytest.mark.parametrize("change", [{"scales": []}, {"scales": [0]}, {"window": 0}, {"sample": 0}, {"scale": [256]}])
def test_impossible_protocols_are_refused(change: dict[str, Any]) -> None:
    """Protocols without scales, pixels or images, or with unknown options, are refused."""
    with pytest.raises(ValidationError):
        Protocol.parsed(DENSE | change)


def test_protocol_survives_being_written_and_read() -> None:
    """A protocol survives being written and read."""
    protocol = Protocol.parsed(DENSE | {"window": 14, "sample": 3000})
    assert Protocol.parsed(protocol.model_dump(mode="json")) == protocol


def test_smaller_views_make_smaller_scales() -> None:
    """Smaller views have smaller scales: 32, 48 and 60 pixels for 28, in the ratios of 256, 384 and 480 to 224."""
    small = Protocol.parsed(DENSE).in_proportion(28, 224)
    assert small.scales == [32, 48, 60]
    assert small.model_copy(update={"scales": [256, 384, 480]}) == Protocol.parsed(DENSE)


def test_protocol_without_scales_has_no_proportion() -> None:
    """A protocol without scales does not change with the size of views."""
    protocol = Protocol.parsed({"source": "", "views": "centre"})
    assert protocol.in_proportion(28, 224) == protocol


@given(st.integers(1, 600), st.integers(1, 300), st.integers(1, 300))
def test_proportions_are_to_the_nearest_pixel(side: int, crop: int, of: int) -> None:
    """Proportions are rounded to the nearest pixel, halves up, and are exact where nothing changes."""
    assert abs(in_proportion(side, crop, of) - side * crop / of) <= 0.5
    assert in_proportion(side, of, of) == side


def test_scale_with_another_crop_jitters_in_proportion() -> None:
    """Another crop changes the range of jitter in proportion and nothing else of the augmentation."""
    small = ScaledTraining(crop=28, prepare=Prepare(short_side=32)).applied_to(recipe())
    assert small.augmentation.jitter == (32, 64)
    assert small.augmentation.model_copy(update={"jitter": (256, 512)}) == recipe().augmentation


@pytest.mark.parametrize("scaled", [ScaledTraining(crop=28), ScaledTraining(epochs=3)])
def test_scale_brings_no_jitter_to_a_recipe_without(scaled: ScaledTraining) -> None:
    """A scale adds no jitter to a recipe without it."""
    plain = recipe(augmentation={"crops": True, "flips": True, "colour_std": 0.1})
    assert scaled.applied_to(plain).augmentation == plain.augmentation


def test_scale_with_the_same_crop_leaves_the_jitter() -> None:
    """A scale with the same crop leaves the jitter unchanged."""
    assert ScaledTraining(epochs=3).applied_to(recipe()).augmentation == recipe().augmentation


def test_change_gives_a_nested_part_whole() -> None:
    """A change replaces a nested part as a whole."""
    plain = RecipeChange.parsed({"augmentation": {"crops": True, "flips": True, "colour_std": 0.1}})
    assert plain.applied_to(recipe()).augmentation.jitter is None
    assert plain.applied_to(recipe()).crop == 224


ALEXNET = load_suite(TABLE1).shared.recipes["alexnet"]
CHANGES: dict[str, Any] = {
    "batch": 64,
    "epochs": 3,
    "iterations": 400,
    "rate": 0.1,
    "schedule": {"rule": "fixed", "after": [2], "factor": 0.5},
    "warm_up": {"length": 400, "rate": 0.01},
    "label_smoothing": 0.1,
    "optimiser": {"rule": "rate_outside_velocity", "momentum": 0.5, "weight_decay": 0.0},
    "initialisation": {"rule": "xavier"},
    "prepare": {"short_side": 64},
    "crop": 32,
    "augmentation": {"crops": False, "flips": False, "colour_std": 0.0},
    "precision": "bf16",
    "order": "fixed",
    "remainder": "trained",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_suite_changes_one_field_and_leaves_the_others(name: str) -> None:
    """A suite can override each field of a recipe but its source, and the other fields stay."""
    changed = RecipeChange.parsed({name: CHANGES[name]}).applied_to(ALEXNET)
    differing = [field for field in Recipe.model_fields if getattr(changed, field) != getattr(ALEXNET, field)]
    assert differing == (["epochs", "iterations"] if name == "iterations" else [name])


def test_every_field_of_a_recipe_can_be_changed_but_its_source() -> None:
    """Every field of a recipe but its source can be changed, so a new field needs a decision here."""
    assert RecipeChange.model_fields.keys() == Recipe.model_fields.keys() - {"source"} == CHANGES.keys()


@pytest.mark.parametrize("field", ["optimiser", "augmentation", "schedule", "initialisation", "source", "seed"])
def test_a_scale_changes_no_method(field: str) -> None:
    """A scale may change only size, length, rate and arithmetic."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        ScaledTraining.parsed({field: CHANGES.get(field, "x")})


def test_fixed_drops_of_a_scale_keep_the_recipes_factor() -> None:
    """Fixed drops of a scale keep the factor of the recipe."""
    schedule = ScaledTraining(drops_after=[2, 4]).applied_to(ALEXNET).schedule
    assert schedule == FixedDrops(rule="fixed", after=[2, 4], factor=ALEXNET.schedule.factor)


def test_a_gain_changes_only_the_gain() -> None:
    """A gain changes only the gain; stds and biases stay the paper's."""
    initialisation = ScaledTraining(gain="paper_fan_in").applied_to(ALEXNET).initialisation
    assert initialisation == ALEXNET.initialisation.model_copy(update={"gain": "paper_fan_in"})


def test_a_rule_that_follows_the_width_keeps_its_gain_by_itself() -> None:
    """A rule without printed stds ignores the gain."""
    rule = {"rule": "he_forward"}
    he = RecipeChange.parsed({"initialisation": rule}).applied_to(ALEXNET)
    assert ScaledTraining(gain="paper_fan_in").applied_to(he) == he
    printed = RecipeChange.parsed({"initialisation": {**rule, "fc_std": [0.01, 0.01, 0.001]}}).applied_to(ALEXNET)
    assert ScaledTraining(gain="paper_fan_in").applied_to(printed).initialisation.gain == "paper_fan_in"


def test_changes_that_say_nothing_change_nothing() -> None:
    """An empty change changes nothing."""
    assert RecipeChange().applied_to(ALEXNET) == ScaledTraining().applied_to(ALEXNET) == ALEXNET


def test_alexnets_recipe_is_the_papers() -> None:
    """AlexNet's recipe has section 5's batch 128, momentum 0.9, decay 0.0005, rate 0.01 with three drops, std 0.01."""
    assert (ALEXNET.batch, ALEXNET.epochs, ALEXNET.rate) == (128, 90, 0.01)
    assert (ALEXNET.optimiser.momentum, ALEXNET.optimiser.weight_decay) == (0.9, 0.0005)
    assert (ALEXNET.schedule.rule, ALEXNET.schedule.drops, ALEXNET.schedule.factor) == ("plateau", 3, 0.1)
    assert (ALEXNET.initialisation.std, ALEXNET.initialisation.gain) == (0.01, "as_printed")
    assert ALEXNET.precision == "fp32"


def test_a_scale_may_change_a_length_either_way() -> None:
    """A scale may give the length in either unit, with drops in that unit, and may remove a warm-up."""
    longer = RecipeChange.parsed({"iterations": 400, "warm_up": {"length": 400, "rate": 0.01}}).applied_to(ALEXNET)
    assert (longer.epochs, longer.iterations) == (None, 400)
    small = ScaledTraining.parsed({"iterations": 60, "drops_after": [30], "warm_up": {"length": 0, "rate": 0.1}})
    found = small.applied_to(longer)
    assert (found.epochs, found.iterations, found.warm_up) == (None, 60, None)
    assert found.schedule == FixedDrops(rule="fixed", after=[30], factor=0.1, unit="iterations")
    assert ScaledTraining(epochs=3).applied_to(longer).iterations is None
    for change in (RecipeChange, ScaledTraining):
        with pytest.raises(ValidationError, match="a training has one length"):
            change.parsed({"epochs": 3, "iterations": 60})


@pytest.mark.parametrize("record", [Recipe, Optimiser, FixedDrops, Augmentation])
def test_added_fields_at_their_defaults_are_not_written(record: type[Grown]) -> None:
    """Added fields are written only if set, so that earlier addresses stay, and are read back."""
    assert set(ADDED[record.__name__]) <= set(record.model_fields)
    whole = [ALEXNET, ALEXNET.optimiser, FixedDrops(rule="fixed", after=[2]), ALEXNET.augmentation]
    plain = next(one for one in whole if type(one) is record)
    assert not set(ADDED[record.__name__]) & set(plain.model_dump(mode="json"))
    other = {
        "iterations": 5, "warm_up": {"length": 4, "rate": 0.1}, "label_smoothing": 0.1, "nesterov": True,
        "unit": "iterations", "order": "fixed", "remainder": "trained", "shared": 2, "noise_divides": True,
    }  # fmt: skip
    for name in ADDED[record.__name__]:
        length = {"epochs": None} if name == "iterations" else {}
        changed = record.parsed({**plain.model_dump(mode="json"), **length, name: other[name]})
        assert name in changed.model_dump(mode="json")
        assert record.parsed(changed.model_dump(mode="json")) == changed


def test_added_fields_of_a_kind_of_net_are_not_written_by_any_net_of_it() -> None:
    """Added fields of a base class of nets are written by its subclasses only if set, and are read back."""
    plain, other = PreluSmall(name="prelu_small"), PreluSmall(name="prelu_small", dropout_form="rescaled")
    assert "dropout_form" not in plain.model_dump(mode="json")
    assert other.model_dump(mode="json") == {**plain.model_dump(mode="json"), "dropout_form": "rescaled"}
    assert PreluSmall.parsed(other.model_dump(mode="json")) == other


def test_every_record_with_added_fields_is_known() -> None:
    """The list of added fields names every such record, and of those below them the ones with more."""
    first = Grown.__subclasses__()
    below = {one.__name__ for kind in first for one in kind.__subclasses__()}
    assert {kind.__name__ for kind in first} <= ADDED.keys() <= {kind.__name__ for kind in first} | below
