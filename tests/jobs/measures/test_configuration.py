"""Tests of recipes as numbers, against the settings that the papers state."""

from pathlib import Path

import pytest
from measure_specs import RECIPE, measured

from harness.jobs.measures.configuration import Configuration
from harness.models.alexnet import AlexNet
from harness.suite.file import RecipesFile
from harness.suite.shipped import shipped_suites
from harness.suite.typed_yaml import load_document


@pytest.fixture(scope="module")
def shipped():
    """Return the numbers of the shipped AlexNet recipe and network."""
    recipes = load_document(Path(shipped_suites()) / "papers" / "alexnet" / "recipes.yaml", RecipesFile).recipes
    spec = Configuration(what="configuration", recipe=recipes["alexnet"], model=AlexNet())
    return {name: number.value for name, number in spec.numbers().items()}


def test_the_shipped_recipe_trains_as_section_5_says(shipped):
    """The shipped recipe has section 5's rate of 0.01, three drops by ten, about 90 cycles and batches of 128."""
    names = ("batch", "epochs", "rate", "drops", "optimiser_momentum", "optimiser_weight_decay", "crop")
    assert [shipped[name] for name in names] == [128, 90, 0.01, 3, 0.9, 0.0005, 224]
    assert shipped["last_rate"] == pytest.approx(1e-5)


def test_the_shipped_net_normalises_and_drops_as_sections_3_and_4_say(shipped):
    """The shipped net has k = 2, n = 5, alpha = 1e-4, beta = 0.75 in two layers, and dropout of 0.5 in two layers."""
    constants = [shipped[f"response_norm_{name}"] for name in ("k", "n", "alpha", "beta", "layers")]
    assert constants == [2, 5, 1e-4, 0.75, 2]
    assert (shipped["dropout"], shipped["dropout_layers"], shipped["model_dropout"]) == (0.5, 2, 0.5)


def test_lists_words_and_switches_become_numbers(shipped):
    """Lists, words and switches all become numbers."""
    assert shipped["initialisation_bias_one_count"] == 5
    assert shipped["augmentation_flips"] == 1.0
    assert shipped["schedule_rule_is_plateau"] == 1.0
    assert shipped["prepare_short_side"] == 256


def test_fixed_drops_are_counted_and_set_the_last_rate():
    """Fixed drops are counted and determine the last rate."""
    recipe = {**RECIPE, "schedule": {"rule": "fixed", "after": [2, 4]}}
    found = measured("configuration", recipe=recipe)
    assert (found["drops"], found["schedule_after_1"], found["schedule_after_2"]) == (2, 2, 4)
    assert found["last_rate"] == pytest.approx(1e-4)


def test_without_a_network_there_is_no_word_of_its_layers():
    """Without a network there are no numbers about layers."""
    assert not any(name.startswith(("model", "dropout")) for name in measured("configuration", recipe=RECIPE))
