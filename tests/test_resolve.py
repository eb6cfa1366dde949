"""Resolving an experiment at a scale: own changes first, then the scale's, every default written out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from suite_files import TABLE1, loaded

from harness.loading import load_suite
from harness.resolve import resolve_experiment

TRAIN = "train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet}"
CI = "    seeds: 3\n    data: digits\n"


def test_paper_scale_changes_nothing() -> None:
    """The paper's net, data and recipe as they stand."""
    suite = load_suite(TABLE1)
    cnn = resolve_experiment(suite, "paper", "cnn")
    assert cnn.recipe == suite.shared.recipes["alexnet"]
    assert (cnn.model.width, cnn.data.name, cnn.data.subset, cnn.classes) == (1.0, "ilsvrc2010", None, 1000)
    assert cnn.input == (3, 224, 224)


def test_a_scale_changes_data_size_and_length() -> None:
    """What the suite declares for it, and the data set's own channels and classes."""
    cnn = resolve_experiment(load_suite(TABLE1), "ci", "cnn")
    assert (cnn.data.name, cnn.classes, cnn.input, cnn.model.width) == ("digits", 10, (1, 28, 28), 0.25)
    assert (cnn.recipe.epochs, cnn.recipe.batch, cnn.recipe.schedule.rule) == (16, 32, "fixed")


def test_a_subset_has_as_many_classes_as_it_keeps() -> None:
    """The net's last layer shrinks with it."""
    cnn = resolve_experiment(load_suite(TABLE1), "subset", "cnn")
    assert (cnn.classes, cnn.dataset.name) == (50, "ilsvrc2010")


def test_the_scale_has_the_last_word(tmp_path: Path) -> None:
    """An experiment's own change is overridden by what the scale says for all, and that by what it says for it."""
    own = (TRAIN, TRAIN[:-1] + ", change: {epochs: 7, batch: 16, rate: 0.5}}")
    scale = (CI, CI + "    experiments: {cnn: {train: {rate: 0.25}}}\n")
    recipe = resolve_experiment(loaded(tmp_path, own, scale), "ci", "cnn").recipe
    assert (recipe.epochs, recipe.batch, recipe.rate) == (16, 32, 0.25)
    at_paper_scale = resolve_experiment(loaded(tmp_path, own), "paper", "cnn").recipe
    assert (at_paper_scale.epochs, at_paper_scale.batch, at_paper_scale.rate) == (7, 16, 0.5)


def test_a_net_of_a_scale_may_differ_for_one_experiment(tmp_path: Path) -> None:
    """After the change for all."""
    scale = (CI, CI + "    experiments: {cnn: {model: {width: 0.5}}}\n")
    cnn = resolve_experiment(loaded(tmp_path, scale), "ci", "cnn")
    assert (cnn.model.width, cnn.model.stem.kernel) == (0.5, 5)


def test_evaluations_bring_their_protocol() -> None:
    """By the name that the suite gives it."""
    test, protocol = resolve_experiment(load_suite(TABLE1), "paper", "cnn").evaluations["ten_crop"]
    assert (test.split, protocol.views) == ("test", "ten_crop")


def test_the_net_is_traced_to_its_classes() -> None:
    """Every layer from image to logits."""
    traced = resolve_experiment(load_suite(TABLE1), "ci", "cnn").traced()
    assert (traced[0].input, traced[-1].output) == ((1, 28, 28), (10,))


def test_a_crop_has_to_fit(tmp_path: Path) -> None:
    """Into the prepared images."""
    suite = loaded(tmp_path)
    scale = suite.file.scales["ci"]
    scales = {"ci": scale.model_copy(update={"train": scale.train.model_copy(update={"crop": 33})})}
    suite = replace(suite, file=suite.file.model_copy(update={"scales": scales}))
    with pytest.raises(ValueError, match="a crop of 33 pixels does not fit in prepared images of 32 x 32"):
        resolve_experiment(suite, "ci", "cnn")
