"""Tests of schedules as lists of changes: rates by layer, freezing, and the end of colour noise."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.jobs.rate_schedule import Changes, Rates
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

LAYERS = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]
RECIPES = load_suite(shipped_suites() / "table1.yaml").shared.recipes


def changes(*rows: dict[str, Any]) -> Changes:
    """Return a list of changes."""
    return Changes.parsed({"rule": "changes", "changes": list(rows)})


NOTED = {
    # epochs over: rate of conv1's weights, of the others', of conv1's biases, of the others', colour noise
    "released_145_2010": [
        (0, 0.01, 0.01, 0.02, 0.02, 0.1),
        (22, 0.01, 0.01, 0.02, 0.02, 0.1),
        (23, 0.001, 0.001, 0.002, 0.002, 0.1),
        (50, 0.001, 0.001, 0.002, 0.002, 0.1),
        (51, 0.0001, 0.0001, 0.002, 0.002, 0.1),
        (67, 0.0001, 0.0001, 0.002, 0.002, 0.1),
        (68, 0.00001, 0.0001, 0.002, 0.002, 0.0),
        (72, 0, 0.0001, 0, 0.002, 0.0),
        (78, 0, 0.00001, 0, 0.002, 0.0),
        (92, 0, 0.00001, 0, 0.002, 0.0),
    ],
    "released_145_2012": [
        (24, 0.01, 0.01, 0.02, 0.02, 0.1),
        (25, 0.001, 0.001, 0.02, 0.02, 0.1),
        (51, 0.0001, 0.0001, 0.02, 0.02, 0.1),
        (67, 0.00001, 0.0001, 0.02, 0.02, 0.0),
        (72, 0, 0.0001, 0, 0.02, 0.0),
        (79, 0, 0.00001, 0, 0.02, 0.0),
    ],
    "released_147": [(78, 0.0001, 0.0001, 0.002, 0.002, 0.1), (79, 0, 0.00001, 0, 0.002, 0.1)],
    "released_148": [
        (69, 0.00001, 0.0001, 0.02, 0.02, 0.0),
        (73, 0, 0.0001, 0, 0.02, 0.0),
        (86, 0, 0.00001, 0, 0.02, 0),
    ],
    "released_146_2012": [
        (0, 0.0001, 0.001, 0.02, 0.02, 0.1),
        (5, 0.00001, 0.001, 0.02, 0.02, 0.1),
        (7, 0, 0.001, 0, 0.02, 0.1),
        (22, 0, 0.0001, 0, 0.02, 0.1),
        (38, 0, 0.0001, 0, 0.02, 0.0),
        (42, 0, 0.00001, 0, 0.02, 0.0),
    ],
}
"""Rates by epoch, as in the authors' notes."""


@pytest.mark.parametrize("name", NOTED)
def test_a_released_schedule_is_as_noted(name: str) -> None:
    """A released schedule has the noted rates at every noted epoch and just before it."""
    recipe = RECIPES[name]
    assert isinstance(recipe.schedule, Changes)
    for epochs, *expected in NOTED[name]:
        rates = recipe.schedule.rates(recipe.rate, LAYERS, epochs)
        noise = recipe.schedule.colour_std(recipe.augmentation.colour_std, epochs)
        one, other = rates["conv1"], rates["conv3"]
        assert [one.weights, other.weights, one.biases, other.biases, noise] == expected, epochs


def test_the_last_layer_of_the_tuned_net_has_its_own_rate() -> None:
    """The last layer of 146 after Fall 2011 has its own rate: raised in the first epoch, lowered after the ninth."""
    recipe = RECIPES["released_146_2012"]
    assert isinstance(recipe.schedule, Changes)
    last = [recipe.schedule.rates(recipe.rate, LAYERS, epochs)["fc8"].weights for epochs in (0, 0.5, 8.9, 9, 22)]
    assert last == [0.001, 0.01, 0.01, 0.001, 0.0001]


def test_a_change_of_all_layers_leaves_frozen_ones_alone() -> None:
    """A change of all layers leaves frozen layers frozen."""
    schedule = changes({"at": 1, "layers": ["a"], "weights": 0.0}, {"at": 2, "weights": 0.5, "biases": 0.7})
    assert schedule.rates(1.0, ["a", "b"], 2) == {"a": Rates(0.0, 0.0), "b": Rates(0.5, 0.7)}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"at": 2, "weights": 0.1}, {"at": 1, "weights": 0.01}], "in the order of their epochs"),
        ([{"at": 1, "layers": ["a"]}], "changes nothing"),
        ([{"at": 1, "layers": ["a"], "colour_std": 0.0}], "names layers and no rate"),
        (
            [{"at": 1, "layers": ["a"], "weights": 0.0}, {"at": 2, "layers": ["a"], "weights": 0.1}],
            "a is frozen before",
        ),
        ([{"at": -1, "weights": 0.1}], "greater than or equal to 0"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(rows: list[dict[str, Any]], message: str) -> None:
    """An inconsistent list is refused with a reason."""
    with pytest.raises(ValidationError, match=message):
        changes(*rows)


def test_a_scaled_list_has_its_changes_in_proportion() -> None:
    """Scaling multiplies epochs by one factor and rates by another, and leaves colour noise unchanged."""
    schedule = changes({"at": 10, "weights": 0.1, "biases": 0.2, "colour_std": 0.05}).scaled(0.5, 3)
    assert schedule.changes[0].model_dump() == pytest.approx(
        {"at": 5, "layers": None, "weights": 0.3, "biases": 0.6, "colour_std": 0.05}
    )
