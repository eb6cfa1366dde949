"""The jobs of a system of features and classifiers: vocabularies, codes, classifiers, and a test of them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.jobs.features.feature_specs import Feature
from harness.plan.disk import codes_bytes, machines_bytes, predictions_bytes, vocabulary_bytes
from harness.plan.job import Job
from harness.suite.resolve_classification import ResolvedClassification

Add = Callable[[Job], Job]
"""Adds a job to a plan, or finds it there."""


def add_classification(add: Add, system: ResolvedClassification, test: str, seed: int) -> Job:
    """Add the jobs that one test of one seed needs; gives the job that tests. Every other is shared where it can be."""
    split = system.tests[test].split
    inputs: dict[str, str] = {}
    work = 0
    for name, feature in system.system.features.items():
        vocabulary = add(_vocabulary(system, name, feature, seed))
        codes = add(_encode(system, name, feature, "train", seed, vocabulary))
        inputs[f"classifier_{name}"] = add(_fit(system, name, feature, seed, codes)).key
        inputs[f"codes_{name}"] = add(_encode(system, name, feature, split, seed, vocabulary)).key
        work += _images(system, split) * feature.numbers() * system.classes
    spec = {**_data(system), "splits": [split], "features": list(system.system.features)}
    images = _images(system, split)
    kept = predictions_bytes(images, system.classes)
    label = f"test {system.name}.{test}, seed {seed}"
    return add(Job("classify", spec, inputs, label, float(work), images=images, keeps_bytes=kept))


def _vocabulary(system: ResolvedClassification, name: str, feature: Feature, seed: int) -> Job:
    spec = {**_data(system), "splits": ["train"], "feature": feature.model_dump(mode="json"), "seed": seed}
    patches = min(feature.per_image, feature.descriptor.patches(*system.size()))
    images = min(feature.images, _images(system, "train"))
    work = feature.multiply_adds_to_learn(images * patches)
    length = feature.descriptor.length(system.dataset.channels)
    label = f"vocabulary of {system.name}.{name}, seed {seed}"
    return Job("vocabulary", spec, {}, label, float(work), keeps_bytes=vocabulary_bytes(feature, length))


def _encode(system: ResolvedClassification, name: str, feature: Feature, split: str, seed: int, vocabulary: Job) -> Job:
    spec = {**_data(system), "splits": [split], "feature": feature.model_dump(mode="json")}
    images = _images(system, split)
    work = images * feature.multiply_adds(system.dataset.channels, *system.size())
    label = f"codes of {system.name}.{name}, {split}, seed {seed}"
    kept = codes_bytes(images, feature.numbers())
    return Job("encode", spec, {"vocabulary": vocabulary.key}, label, float(work), keeps_bytes=kept)


def _fit(system: ResolvedClassification, name: str, feature: Feature, seed: int, codes: Job) -> Job:
    classifier = system.system.classifier
    spec = {**_data(system), "splits": ["train"], "classifier": classifier.model_dump(mode="json"), "seed": seed}
    work = classifier.multiply_adds(_images(system, "train"), feature.numbers(), system.classes)
    kept = machines_bytes(system.classes, feature.numbers())
    label = f"classifier of {system.name}.{name}, seed {seed}"
    return Job("fit", spec, {"codes": codes.key}, label, float(work), keeps_bytes=kept, scratch_bytes=4 * kept)


def _images(system: ResolvedClassification, split: str) -> int:
    return system.dataset.count(split, system.data.subset)


def _data(system: ResolvedClassification) -> dict[str, Any]:
    return {"data": system.data.model_dump(mode="json"), "data_version": system.dataset.version}
