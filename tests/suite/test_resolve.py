"""Resolving an experiment at a scale: own changes first, then the scale's, every default written out, and what fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from suite_files import TABLE1, loaded

from harness.data.spec import Subset
from harness.jobs.recipe import Protocol
from harness.models.layers import trace
from harness.suite.classification import Misfit
from harness.suite.file import RecipesFile, ScaledExperiment, SuiteFile
from harness.suite.load import load_suite
from harness.suite.resolve import ResolvedExperiment, resolve_experiment

AUGMENTATION = {"crops": True, "flips": True, "colour_std": 0.1}
JITTER = AUGMENTATION | {"mean": "centre_crop", "jitter": [256, 512]}
RECIPE: dict[str, Any] = {
    "source": "section 3",
    "batch": 128,
    "epochs": 80,
    "rate": 0.01,
    "schedule": {"rule": "fixed", "after": [40, 60], "factor": 0.1},
    "optimiser": {"rule": "rate_inside_velocity", "momentum": 0.9, "weight_decay": 5e-4, "decays": "weights"},
    "initialisation": {"rule": "he_backward", "fc_std": [0.01, 0.01, 0.001]},
    "prepare": {"short_side": 256, "center": 256},
    "crop": 224,
    "augmentation": JITTER,
}
DENSE = {"source": "section 3", "views": "dense", "scales": [256, 384, 480], "flips": True}
LARGE = {"name": "prelu_large", "variant": "a"}
SMALL_WORLD = {
    "seeds": 1,
    "data": "fashion_mnist",
    "model": {"width": 0.1, "stem": {"kernel": 3, "stride": 1, "pad": [1, 1, 1, 1]}, "without_pools": ["pool1"]},
    "train": {"crop": 28, "prepare": {"short_side": 32}},
}


def resolved(
    protocol: dict[str, Any] = DENSE,
    *,
    scale: str = "paper",
    model: dict[str, Any] = LARGE,
    recipe: dict[str, Any] | None = None,
    world: dict[str, Any] | None = None,
) -> tuple[ResolvedExperiment, Protocol]:
    """An experiment with one test, and that test's protocol as it was resolved."""
    train = {"model": model, "data": "ilsvrc2012", "recipe": "large"}
    file = {
        "suite": "table4",
        "paper": "prelu",
        "title": "",
        "source": "",
        "experiments": {"net": {"train": train, "evaluate": {"test": {"split": "val", "views": "own"}}}},
        "scales": {"paper": {"seeds": 1}, "small": SMALL_WORLD | (world or {})},
    }
    shared = {"recipes": {"large": RECIPE | (recipe or {})}, "protocols": {"own": protocol}}
    typed, recipes = SuiteFile.parsed(file), RecipesFile.parsed(shared)
    experiment = resolve_experiment(typed, recipes, scale, "net")  # type: ignore[arg-type]
    return experiment, experiment.evaluations["test"][1]


def test_window_of_the_large_models_is_written_out() -> None:
    """14 x 14 (PReLU, section 3), though the suite leaves it out."""
    assert resolved()[1] == Protocol.parsed(DENSE | {"window": 14})


def test_smaller_world_keeps_the_proportions() -> None:
    """Views of 28 in the place of 224: scales, jitter and window shrink with them; the rest stays."""
    experiment, protocol = resolved(scale="small")
    assert protocol == Protocol.parsed(DENSE | {"scales": [32, 48, 60], "window": 7})
    assert experiment.recipe.augmentation.jitter == (32, 64)


def test_named_window_stands() -> None:
    """What a suite says is not derived."""
    assert resolved(DENSE | {"window": 13})[1].window == 13


def test_fixed_views_have_no_window() -> None:
    """Ten crops of the paper's size stay as they are."""
    ten = {"source": "", "views": "ten_crop"}
    assert resolved(ten)[1] == Protocol.parsed(ten)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"protocol": DENSE | {"scales": [200, 256]}}, "a view of 224 pixels does not fit in test images"),
        ({"protocol": DENSE | {"window": 17}}, "a window of 17 does not fit in a last map of 16 x 16"),
        ({"model": {"name": "vgg", "variant": "vgg19"}}, "vgg has no map followed by a spatial pyramid"),
        ({"recipe": {"augmentation": JITTER | {"jitter": [200, 512]}}}, "does not fit in images jittered to 200"),
        ({"recipe": {"prepare": {"short_side": 256, "center": 256, "pad": 2}}}, "leave `pad` out"),
        (
            {"recipe": {"prepare": {"short_side": 256, "center": 256, "pad": 2}, "augmentation": AUGMENTATION}},
            "a test at `scales` takes images as they are stored",
        ),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValueError, match=message):
        resolved(**changes)


def test_fixed_views_cost_so_many_passes() -> None:
    """Ten crops ten, and at two scales twenty."""
    ten = {"source": "", "views": "ten_crop"}
    for protocol, passes in ((ten, 10), (ten | {"scales": [256, 384]}, 20), ({"source": "", "views": "centre"}, 1)):
        experiment, whole = resolved(protocol)
        assert experiment.multiply_adds_of_test(whole) == passes * experiment.multiply_adds


def test_dense_test_costs_its_images_and_windows() -> None:
    """Convolutions on 256 x 256, (16 - 14 + 1)^2 windows, and the reflection: twice the whole."""
    experiment, protocol = resolved(DENSE | {"scales": [256]})
    layers = experiment.model.layers(1000)
    once = sum(t.multiply_adds for t in trace(layers, (3, 256, 256)) if len(t.output) == 3)
    fc = 63 * 512 * 4096 + 4096 * 4096 + 4096 * 1000
    assert experiment.multiply_adds_of_test(protocol) == 2 * (once + 9 * fc)


TRAIN = "train: {model: {name: alexnet}, data: ilsvrc2010, recipe: alexnet}"
CI = "    seeds: 3\n    data: digits\n"


def test_paper_scale_changes_nothing() -> None:
    """The paper's net, data and recipe as they stand."""
    suite = load_suite(TABLE1)
    cnn = suite.resolved["paper"]["cnn"]
    assert cnn.recipe == suite.shared.recipes["alexnet"]
    assert (cnn.model.width, cnn.data.name, cnn.data.subset, cnn.classes) == (1.0, "ilsvrc2010", None, 1000)
    assert cnn.input == (3, 224, 224)


def test_a_scale_changes_data_size_and_length() -> None:
    """What the suite declares for it, and the data set's own channels and classes."""
    cnn = load_suite(TABLE1).resolved["ci"]["cnn"]
    assert (cnn.data.name, cnn.classes, cnn.input, cnn.model.width) == ("digits", 10, (1, 28, 28), 0.25)
    assert (cnn.recipe.epochs, cnn.recipe.batch, cnn.recipe.schedule.rule) == (16, 32, "fixed")


def test_a_subset_has_as_many_classes_as_it_keeps() -> None:
    """The net's last layer shrinks with it."""
    cnn = load_suite(TABLE1).resolved["subset"]["cnn"]
    assert (cnn.classes, cnn.dataset.name) == (50, "ilsvrc2010")


def test_the_scale_has_the_last_word(tmp_path: Path) -> None:
    """An experiment's own change is overridden by what the scale says for all, and that by what it says for it."""
    own = (TRAIN, TRAIN[:-1] + ", change: {epochs: 7, batch: 16, rate: 0.5}}")
    scale = (CI, CI + "    experiments: {cnn: {train: {rate: 0.25}}}\n")
    recipe = loaded(tmp_path, own, scale).resolved["ci"]["cnn"].recipe
    assert (recipe.epochs, recipe.batch, recipe.rate) == (16, 32, 0.25)
    at_paper_scale = loaded(tmp_path, own).resolved["paper"]["cnn"].recipe
    assert (at_paper_scale.epochs, at_paper_scale.batch, at_paper_scale.rate) == (7, 16, 0.5)


def test_a_net_of_a_scale_may_differ_for_one_experiment(tmp_path: Path) -> None:
    """After the change for all."""
    scale = (CI, CI + "    experiments: {cnn: {model: {width: 0.5}}}\n")
    cnn = loaded(tmp_path, scale).resolved["ci"]["cnn"]
    assert (cnn.model.width, cnn.model.stem.kernel) == (0.5, 5)


def test_evaluations_bring_their_protocol() -> None:
    """By the name that the suite gives it."""
    test, protocol = load_suite(TABLE1).resolved["paper"]["cnn"].evaluations["ten_crop"]
    assert (test.split, protocol.views) == ("test", "ten_crop")


def test_the_net_is_traced_to_its_classes() -> None:
    """Every layer from image to logits."""
    traced = load_suite(TABLE1).resolved["ci"]["cnn"].traced()
    assert (traced[0].input, traced[-1].output) == ((1, 28, 28), (10,))


def test_a_crop_has_to_fit(tmp_path: Path) -> None:
    """Into the prepared images."""
    suite = loaded(tmp_path)
    scale = suite.file.scales["ci"]
    scales = {"ci": scale.model_copy(update={"train": scale.train.model_copy(update={"crop": 33})})}
    file = suite.file.model_copy(update={"scales": scales})
    with pytest.raises(ValueError, match="a crop of 33 pixels does not fit in prepared images of 32 x 32"):
        resolve_experiment(file, suite.shared, "ci", "cnn")


def test_an_experiment_may_have_a_part_of_the_data_of_its_own(tmp_path: Path) -> None:
    """In the place of the scale's; the others keep the scale's."""
    suite = loaded(tmp_path)
    own = ScaledExperiment(subset=Subset(classes=10, per_class=30))
    scale = suite.file.scales["ci"]
    for others in (None, Subset(classes=10, per_class=60)):
        scales = {"ci": scale.model_copy(update={"subset": others, "experiments": {"cnn": own}})}
        found = resolve_experiment(suite.file.model_copy(update={"scales": scales}), suite.shared, "ci", "cnn")
        assert found.data.subset == own.subset


@pytest.mark.parametrize(
    ("subset", "why"),
    [
        (Subset(classes=11, per_class=10), "a subset of 11 classes; .* has 10"),
        (
            Subset(classes=10, per_class=200),
            "200 training images of each of 10 classes; .* 1,198 in all, ",
        ),
        (Subset(classes=10, per_class=113), "at most 112 of its smallest class; take fewer"),
        (Subset(classes=9, per_class=127), "at most 126 of a class; take fewer"),
    ],
)
def test_a_subset_larger_than_its_set_is_refused(tmp_path: Path, subset: Subset, why: str) -> None:
    """Before anything runs; the fault is told at the subset."""
    suite = loaded(tmp_path)
    scales = {"ci": suite.file.scales["ci"].model_copy(update={"subset": subset})}
    file = suite.file.model_copy(update={"scales": scales})
    with pytest.raises(Misfit, match=why) as found:
        resolve_experiment(file, suite.shared, "ci", "cnn")
    assert found.value.keys == ("subset",)


def test_too_few_classes_for_the_errors_are_refused(tmp_path: Path) -> None:
    """Before anything runs: every test counts the top-5 error."""
    suite = loaded(tmp_path)
    subset = Subset(classes=4, per_class=10)
    scales = {"ci": suite.file.scales["ci"].model_copy(update={"subset": subset})}
    file = suite.file.model_copy(update={"scales": scales})
    with pytest.raises(ValueError, match="4 classes; the top-5 error needs 5 or more"):
        resolve_experiment(file, suite.shared, "ci", "cnn")
