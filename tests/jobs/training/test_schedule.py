"""Tests of when the learning rate drops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.jobs.recipe import Recipe
from harness.jobs.schedule_spec import FixedDrops, Plateau
from harness.jobs.training.schedule import Rate

PLATEAU = Plateau(rule="plateau", drops=3, patience=2, smallest_gain=0.1)


def drops(schedule, errors):
    """Return the epochs, from 1, after which the rate drops for these validation errors."""
    rate, found = Rate(1.0), []
    for epoch, error in enumerate(errors, start=1):
        before = rate.value
        rate.after_epoch(schedule, epoch, error)
        if rate.value != before:
            found.append(epoch)
    return found


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([50, 40, 30, 20, 10], []),
        ([50, 50, 50], [3]),
        ([50, 49.95, 49.91], [3]),
        ([50, 51, 49, 51, 49], [5]),
        ([50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50], [3, 5, 7]),
        ([50, 60, 60, 55, 55, 49, 49, 49], [3, 5, 8]),
    ],
    ids=["improving", "still", "too small a gain", "a gain starts the count anew", "three at most", "best of all time"],
)
def test_plateau_drops_when_the_error_has_stopped_falling(errors, expected):
    """A plateau drops after `patience` epochs without a gain on the best error, at most `drops` times."""
    assert drops(PLATEAU, errors) == expected


@pytest.mark.parametrize("first", [37.3, 37.4, 50.0, 99.9])
def test_a_gain_of_just_the_smallest_counts(first):
    """A gain of exactly the smallest counts, despite binary fractions."""
    assert drops(PLATEAU, [first, round(first - 0.1, 1), first, first]) == [4]


def test_without_a_smallest_gain_an_equal_error_is_none():
    """Without a smallest gain, an equal error is no gain."""
    schedule = Plateau(rule="plateau", drops=1, patience=2, smallest_gain=0)
    assert drops(schedule, [50, 50, 50]) == [3]


@given(st.lists(st.floats(0, 100), max_size=60))
def test_plateau_never_drops_more_often_than_declared(errors):
    """A plateau never drops more often than declared."""
    assert len(drops(PLATEAU, errors)) <= PLATEAU.drops


@given(st.lists(st.floats(0, 100), min_size=9, max_size=9))
def test_fixed_drops_come_when_declared_whatever_the_error(errors):
    """Fixed drops come after the listed epochs only, whatever the error."""
    assert drops(FixedDrops(rule="fixed", after=[2, 5]), errors) == [2, 5]


def test_a_drop_multiplies_by_the_factor():
    """Each drop multiplies the rate by the factor."""
    rate, schedule = Rate(0.01), FixedDrops(rule="fixed", after=[1, 2], factor=0.5)
    values = []
    for epoch in (1, 2, 3):
        rate.after_epoch(schedule, epoch, 50.0)
        values.append(rate.value)
    assert values == [0.005, 0.0025, 0.0025]


RECIPE = {
    "source": "",
    "batch": 128,
    "iterations": 64_000,
    "rate": 0.1,
    "schedule": {"rule": "fixed", "after": [32_000, 48_000], "factor": 0.1, "unit": "iterations"},
    "optimiser": {"rule": "rate_outside_velocity", "momentum": 0.9, "weight_decay": 0.0001, "decays": "all"},
    "initialisation": {"rule": "he_forward"},
    "prepare": {},
    "crop": 32,
    "augmentation": {"crops": True, "flips": True, "colour_std": 0.0},
}
"""A recipe of He et al. 2015, section 4.2: 64k iterations of 128, the rate divided by 10 at 32k and 48k."""
OF_EPOCH = 351


def rates(steps, of_epoch=OF_EPOCH, **changes):
    """Return the rates of these steps."""
    recipe = Recipe.parsed(RECIPE | changes)
    return [Rate(recipe.rate).at(recipe, step, of_epoch) for step in steps]


def test_drops_may_be_declared_in_iterations():
    """With drops in iterations, step 32,000 (from 0) is the first at the new rate, and epochs do not matter."""
    assert rates([0, 31_999, 32_000, 47_999, 48_000, 63_999]) == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    rate = Rate(0.1)
    rate.after_epoch(Recipe.parsed(RECIPE).schedule, 32_000, 50.0)
    assert rate.value == 0.1


@pytest.mark.parametrize(("unit", "length"), [("iterations", 4), ("epochs", 4 * OF_EPOCH)])
def test_steps_multiply_the_rate_again_and_again(unit, length):
    """`steps` multiplies the rate after every four of its unit."""
    schedule = {"rule": "steps", "every": 4, "factor": 0.5, "unit": unit}
    found = rates([0, length - 1, length, 2 * length, 3 * length - 1], schedule=schedule)
    assert found == pytest.approx([0.1, 0.1, 0.05, 0.025, 0.025])


def test_a_cosine_is_half_a_wave_over_the_whole_training():
    """A cosine equals torch's own step by step and is never zero within the training."""
    import torch

    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=40, eta_min=0.01)
    expected = []
    for _ in range(40):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        theirs.step()
    schedule = {"rule": "cosine", "last": 0.01}
    assert rates(range(40), iterations=40, schedule=schedule) == pytest.approx(expected)
    assert min(rates(range(40), iterations=40, schedule={"rule": "cosine"})) > 0
    by_epochs = rates(range(40), 10, iterations=None, epochs=4, schedule=schedule)
    assert by_epochs == pytest.approx(expected)


@pytest.mark.parametrize(
    ("warm_up", "expected"),
    [
        ({"length": 4, "rate": 0.01, "shape": "constant"}, [0.01, 0.01, 0.01, 0.01, 0.1, 0.1]),
        ({"length": 4, "rate": 0.02}, [0.02, 0.04, 0.06, 0.08, 0.1, 0.1]),
        ({"length": 1, "rate": 0.02, "unit": "epochs", "shape": "constant"}, [0.02] * 6),
    ],
)
def test_a_warm_up_comes_first(warm_up, expected):
    """A warm-up comes first, constant or linear, followed by the schedule."""
    assert rates(range(6), warm_up=warm_up) == pytest.approx(expected)


@given(st.integers(1, 500), st.integers(1, 5000))
def test_a_training_of_iterations_has_the_epochs_that_hold_them(of_epoch, iterations):
    """A training in iterations has just the epochs that hold them."""
    recipe = Recipe.parsed(RECIPE | {"iterations": iterations})
    assert (recipe.passes(of_epoch) - 1) * of_epoch < iterations <= recipe.passes(of_epoch) * of_epoch
    assert recipe.steps(of_epoch) == iterations


@pytest.mark.parametrize("change", [{"epochs": 3}, {"iterations": None}])
def test_a_recipe_has_one_length(change):
    """A recipe has exactly one length."""
    with pytest.raises(ValidationError, match="needs its length once: `epochs`, or `iterations`"):
        Recipe.parsed(RECIPE | change)
