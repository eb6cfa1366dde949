"""Tests of systems without a net in suites: changes of a scale, and the faults that a file can have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from classified_suites import SMALLER, classified_suite
from feature_samples import COORDINATES, FEATURE, SUPER
from suite_files import faults
from tiny_suites import tiny_suite

from harness.suite.load import load_suite
from harness.suite.resolve_classification import resolve_classification


def test_a_scale_changes_sizes_of_every_feature(tmp_path: Path) -> None:
    """What it does not name stays as the system has it."""
    suite = load_suite(classified_suite(tmp_path, {**SMALLER, "sides": [8], "epochs": 7}))
    resolved = resolve_classification(suite.file, "ci", "sift_fv")
    assert resolved.size() == (32, 32)
    assert resolved.system.classifier.epochs == 7
    for feature in resolved.system.features.values():
        assert (feature.gaussians, feature.dimensions, feature.descriptor.sides) == (2, FEATURE.dimensions, [8])
    assert resolved.system.features["sift"].descriptor.step == 4


@pytest.mark.parametrize(
    ("smaller", "fault"),
    [
        ({"prepare": {"short_side": 12}}, "has patches of 24 pixels, which fit in no 12 x 12"),
        ({**SMALLER, "sides": [16, 64]}, "has patches of 64 pixels, which fit in no 32 x 32"),
        ({**SMALLER, "dimensions": 33}, "'colour' keeps 33 components of descriptors of 32 numbers"),
    ],
)
def test_a_system_that_cannot_be_is_a_fault(tmp_path: Path, smaller: dict[str, Any], fault: str) -> None:
    """At the scale that asks for it."""
    [line] = faults(classified_suite(tmp_path, smaller))
    assert fault in line


@pytest.mark.parametrize(
    ("smaller", "fault"),
    [
        ({"anchors": 4}, "feature 'hog' takes 5 neighbours of 4 anchors"),
        ({"gaussians": 4}, "no feature has the `gaussians` that the scale changes"),
    ],
)
def test_sizes_are_of_the_kinds_of_features(tmp_path: Path, smaller: dict[str, Any], fault: str) -> None:
    """A scale changes words where a feature has them; where none has the size, that is a fault."""
    features = {"hog": COORDINATES.model_dump(mode="json"), "both": SUPER.model_dump(mode="json")}
    own = {"prepare": {"short_side": 32}, "words": 2}
    resolved = resolve_classification(
        load_suite(classified_suite(tmp_path, own, features=features)).file, "ci", "sift_fv"
    )
    assert resolved.system.features["both"].words == 2
    assert resolved.system.features["hog"] == COORDINATES
    [line] = faults(classified_suite(tmp_path, own | smaller, features=features))
    assert fault in line


@pytest.mark.parametrize(
    ("smaller", "said"),
    [
        ({"gaussians": 401}, "learns 401 `gaussians` of at most 400 descriptors, 10 of each of 40 images; take fewer"),
        ({"images": 1, "per_image": 2}, "learns 3 `gaussians` of at most 2 descriptors, 2 of each of 1 images"),
        ({"images": 9000, "gaussians": 1201}, "of at most 1200 descriptors, 10 of each of 120 images"),
        ({"per_image": 999, "gaussians": 1361}, "of at most 1360 descriptors, 34 of each of 40 images"),
        ({"images": 1, "per_image": 3}, "learns 6 `dimensions` of at most 3 descriptors"),
    ],
)
def test_more_words_than_descriptors_are_a_fault_before_any_job(
    tmp_path: Path, smaller: dict[str, Any], said: str
) -> None:
    """No more than the set's images, and the patches of one, are counted on."""
    features = {"sift": FEATURE.model_dump(mode="json")}
    path = classified_suite(tmp_path, {"prepare": {"short_side": 32}} | smaller, features=features)
    [line] = faults(path)
    assert said in line
    assert "`images` or `per_image`" in line


def test_as_many_words_as_descriptors_are_sound(tmp_path: Path) -> None:
    """The bound itself can be learned."""
    features = {"sift": FEATURE.model_dump(mode="json")}
    load_suite(classified_suite(tmp_path, {"prepare": {"short_side": 32}, "gaussians": 400}, features=features))


@pytest.mark.parametrize(
    ("smaller", "key"),
    [
        ({**SMALLER, "sides": [64]}, "scales.ci.experiments.sift_fv.classify.sides: "),
        ({"prepare": {"short_side": 12}}, "scales.ci.experiments.sift_fv.classify.prepare: "),
        ({**SMALLER, "dimensions": 33}, "scales.ci.experiments.sift_fv.classify.dimensions: "),
        ({**SMALLER, "anchors": 3}, "scales.ci.experiments.sift_fv.classify.anchors: "),
        ({}, "experiments.sift_fv.classify.features.sift.descriptor.sides: "),
    ],
)
def test_a_fault_of_a_system_is_told_at_the_key_to_change(tmp_path: Path, smaller: dict[str, Any], key: str) -> None:
    """Of the scale where that changes it, else of the system itself."""
    path = classified_suite(tmp_path, smaller)
    [line] = faults(path)
    place, _, said = line.partition(": ")
    assert said.startswith(f"{key}experiment 'sift_fv' cannot be resolved at ci scale: ")
    assert f'"{key.rstrip(": ").rpartition(".")[2]}"' in path.read_text().splitlines()[int(place.split(":")[0]) - 1]


@pytest.mark.parametrize("change", [{"train": {"epochs": 3}}, {"model": {"width": 0.5}}])
def test_a_scale_that_changes_a_net_which_is_not_there_is_a_fault(tmp_path: Path, change: dict[str, Any]) -> None:
    """Nothing that a suite says is left out without a word."""
    path = classified_suite(tmp_path)
    suite = json.loads(path.read_text())
    suite["scales"]["ci"]["experiments"]["sift_fv"] |= change
    path.write_text(json.dumps(suite, indent=1))
    [line] = faults(path)
    assert f"the scale changes `{next(iter(change))}` of 'sift_fv', which trains no net" in line


def test_a_scale_that_changes_the_features_of_a_net_is_a_fault(tmp_path: Path) -> None:
    """The other way round."""
    path = tiny_suite(tmp_path)
    suite = json.loads(path.read_text())
    suite["scales"]["ci"]["experiments"] = {"cnn": {"classify": {"epochs": 3}}}
    path.write_text(json.dumps(suite, indent=1))
    [line] = faults(path)
    assert "the scale changes `classify` of 'cnn', which trains a net" in line


def test_an_unknown_data_set_is_a_fault(tmp_path: Path) -> None:
    """With the nearest name."""
    assert any("did you mean 'digits'" in line for line in faults(classified_suite(tmp_path, data="digit")))


@pytest.mark.parametrize("change", ["column", "row", "cell", "claim"])
def test_a_cross_entropy_of_scores_is_a_fault(tmp_path: Path, change: str) -> None:
    """One, at the line that asks for it, however it is asked."""
    path = classified_suite(tmp_path)
    suite = json.loads(path.read_text())
    if change == "column":
        suite["table"]["columns"]["top5"]["metric"] = "cross_entropy"
    elif change == "row":
        suite["table"]["rows"]["sift_fv"]["values"] = {"top5": "sift_fv.fused.cross_entropy"}
    elif change == "cell":
        suite["cells"]["loss"] = {
            "ref": "T1",
            "label": "loss",
            "printed": "1.2",
            "value": "sift_fv.fused.cross_entropy",
        }
        suite["cells"]["loss"] |= {"unit": "nats", "margin": 0.1}
    else:
        suite["claims"]["loss"] = {"ref": "A35", "says": "a loss", "source": "Table 1"}
        suite["claims"]["loss"]["less"] = ["sift_fv.fused.cross_entropy", "sift_fv.top1"]
    path.write_text(json.dumps(suite, indent=1))
    [line] = faults(path)
    assert "no metric of 'sift_fv', whose scores are no probabilities, 'cross_entropy'; there are top1_error" in line


@pytest.mark.parametrize(
    ("evaluation", "fault"),
    [
        ({"split": "test", "views": "ten_crop"}, "a classification takes images whole; remove it"),
        (None, "needs `evaluate`"),
    ],
)
def test_a_classification_has_tests_without_views(tmp_path: Path, evaluation: Any, fault: str) -> None:
    """A protocol of views is for nets."""
    path = classified_suite(tmp_path)
    suite = json.loads(path.read_text())
    suite["experiments"]["sift_fv"]["evaluate"] = {} if evaluation is None else {"fused": evaluation}
    path.write_text(json.dumps(suite))
    assert any(fault in line for line in faults(path))
