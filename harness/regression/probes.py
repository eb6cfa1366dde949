"""The probes of a plan: one for each training (net, recipe and data) and one for each of its tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harness.data import Dataset
from harness.plan.graph import Plan
from harness.plan.job import Job

IMAGES = 4
"""Test images of a probe, the same on every machine."""
STEPS = 20
"""Training steps whose losses are recorded."""
AFTER_DROP = 5
"""Steps after a drop of the rate; their losses depend on where the update rule applies the rate to the velocity."""
DISTURBANCES: tuple[dict[str, Any], ...] = (
    *({"nudge": 2.0**-18, "draw": draw} for draw in range(6)),
    {"without": "onednn"},
)
"""Disturbances of a training that show how far rounding moves it. Six runs change each weight by up to 2^-18 of itself,
which is more than a rounding (2^-24) and less than any change of method. One uses torch's own kernels for convolutions
and products instead of oneDNN's, as another instruction set would."""


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of one suite at one scale, with the pixel statistics that they need."""

    jobs: dict[str, Job] = field(default_factory=dict)
    """Jobs by key, inputs first."""
    trainings: dict[str, str] = field(default_factory=dict)
    """Keys by experiment."""
    tests: dict[tuple[str, str], str] = field(default_factory=dict)
    """Keys by (experiment, evaluation)."""


def probes_of(plan: Plan) -> Probes:
    """Return the probes of every training and test of a plan; equal probes of two suites have the same key."""
    probes = Probes()
    for name, experiment in plan.experiments.items():
        training = _training(plan, name)
        pixels = plan.jobs[training.inputs["pixel_statistics"]]
        probes.jobs.setdefault(pixels.key, pixels)
        probes.jobs.setdefault(training.key, training)
        probes.trainings[name] = training.key
        for test in experiment.evaluations:
            job = _test(plan, name, test)
            probes.jobs.setdefault(job.key, job)
            probes.tests[name, test] = job.key
    return probes


def disturbed(probes: Probes, names: Iterable[str]) -> dict[str, list[Job]]:
    """Return the disturbed runs of these trainings' probes, by experiment."""
    found: dict[str, list[Job]] = {}
    for name in names:
        job = probes.jobs[probes.trainings[name]]
        asked = job.spec["probe"]
        specs = [{**job.spec, "probe": {**asked, "disturbed": how}} for how in DISTURBANCES]
        found[name] = [Job("probe", spec, job.inputs, f"{job.label}, disturbed", job.work) for spec in specs]
    return found


def _training(plan: Plan, name: str) -> Job:
    """Return the probe of a training: its first steps, and the output of its net before them.

    The probe of a training that starts from another net starts from the first weights of that net.
    """
    training, experiment = plan.jobs[plan.trainings[name, plan.seeds[0]]], plan.experiments[name]
    parent = training.inputs.get("network")
    steps = max(1, experiment.dataset.count("train", experiment.data.subset) // experiment.recipe.batch)
    asked = {
        "what": "training",
        "split": _shown_split(experiment.dataset),
        "images": IMAGES,
        "steps": STEPS,
        "after_drop": AFTER_DROP,
        "epochs_before_drop": -(-STEPS // steps),
    }
    spec = {**_in_fp32(training.spec), "probe": asked, "start_from": parent and _in_fp32(plan.jobs[parent].spec)}
    work = experiment.multiply_adds * (3 * experiment.recipe.batch * (STEPS + AFTER_DROP) + IMAGES)
    inputs = {"pixel_statistics": training.inputs["pixel_statistics"]}
    return Job("probe", spec, inputs, f"probe {plan.suite.name} {name}", float(work))


def _shown_split(dataset: Dataset) -> str:
    """Return the test split, or the validation split where test labels were never published."""
    return "test" if "test" in dataset.splits and "test" not in dataset.unlabelled else "val"


def _test(plan: Plan, name: str, test: str) -> Job:
    """Return the probe of a test: the first weights on a few images, under the whole protocol."""
    experiment, evaluation = plan.experiments[name], plan.jobs[plan.evaluations[name, test, plan.seeds[0]]]
    training = plan.jobs[plan.trainings[name, plan.seeds[0]]]
    protocol = {**evaluation.spec["protocol"], "sample": IMAGES}
    spec = {**evaluation.spec, "protocol": protocol, "probe": {"what": "test"}, "training": _in_fp32(training.spec)}
    work = experiment.multiply_adds_of_test(experiment.evaluations[test][1]) * IMAGES
    inputs = {"pixel_statistics": training.inputs["pixel_statistics"]}
    return Job("probe", spec, inputs, f"probe {plan.suite.name} {name}.{test}", float(work))


def _in_fp32(spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "recipe": {**spec["recipe"], "precision": "fp32"}}
