"""The graph of jobs that a suite needs at a scale, each with a content address; jobs wanted twice stand once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.data.declared import VIEWS
from harness.jobs import JOBS
from harness.resolve import ResolvedExperiment, resolve_experiment
from harness.scale_names import ScaleName
from harness.suite import SplitName, Suite


@dataclass(frozen=True)
class Job:
    """One unit of work, addressed by what it computes: kind, its version, the full spec and the keys of its inputs.

    Device, threads, library versions and paths are no part of the spec: they are recorded with the result.
    """

    kind: str
    spec: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    label: str = ""
    """For people; not part of the address."""
    work: float = 0.0
    """Multiply-adds, for the estimate of time; not part of the address."""

    @cached_property
    def key(self) -> str:
        """sha256, in hexadecimal, of the canonical JSON of everything that decides the result."""
        return hashlib.sha256(canonical(self.address()).encode()).hexdigest()

    def address(self) -> dict[str, Any]:
        """What the key is the digest of."""
        return {"kind": self.kind, "version": JOBS[self.kind].version, "spec": self.spec, "inputs": self.inputs}

    def splits(self) -> list[SplitName]:
        """The splits of its data set that the job reads."""
        return list(self.spec["splits"])


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of one suite at one scale, inputs before those that need them, and who asked for which."""

    suite: Suite
    scale: ScaleName
    jobs: dict[str, Job]
    """By key."""
    experiments: dict[str, ResolvedExperiment]
    trainings: dict[tuple[str, int], str]
    """(experiment, seed) -> key of the train job."""
    evaluations: dict[tuple[str, str, int], str]
    """(experiment, evaluation, seed) -> key of the evaluate job."""

    @property
    def seeds(self) -> range:
        """The declared seeds."""
        return range(self.suite.file.scales[self.scale].seeds)


def make_plan(suite: Suite, scale: ScaleName) -> Plan:
    """Resolve suite x scale x seeds into jobs; needs no data at hand."""
    plan = Plan(suite, scale, {}, {}, {}, {})
    for name in suite.file.experiments:
        experiment = plan.experiments[name] = resolve_experiment(suite, scale, name)
        for seed in plan.seeds:
            _add_experiment(plan, experiment, seed)
    return plan


def _add_experiment(plan: Plan, experiment: ResolvedExperiment, seed: int) -> None:
    pixels = _added(plan, _pixel_statistics(experiment))
    training = _added(plan, _train(experiment, seed, pixels))
    plan.trainings[experiment.name, seed] = training.key
    for name in experiment.evaluations:
        evaluation = _added(plan, _evaluate(experiment, name, seed, training, pixels))
        plan.evaluations[experiment.name, name, seed] = evaluation.key


def _added(plan: Plan, job: Job) -> Job:
    return plan.jobs.setdefault(job.key, job)


def _pixel_statistics(experiment: ResolvedExperiment) -> Job:
    data = experiment.data
    return Job(
        "measure",
        {"what": "pixel_statistics", **_data(experiment), "splits": ["train"]},
        label=f"mean image and colour covariance of {data.name}",
    )


def _train(experiment: ResolvedExperiment, seed: int, pixels: Job) -> Job:
    recipe = experiment.recipe
    spec = {
        "model": experiment.model.model_dump(mode="json"),
        "classes": experiment.classes,
        "input": list(experiment.input),
        **_data(experiment),
        "splits": ["train", "val"],
        "recipe": recipe.model_dump(mode="json", exclude={"source"}),
        "seed": seed,
    }
    macs = multiply_adds(experiment)
    # A training step costs three forward passes; a validation pass a plain one.
    images = {split: experiment.dataset.count(split, experiment.data.subset) for split in ("train", "val")}
    work = recipe.epochs * macs * (3 * images["train"] + images["val"])
    return Job("train", spec, {"pixel_statistics": pixels.key}, f"train {experiment.name}, seed {seed}", float(work))


def _evaluate(experiment: ResolvedExperiment, name: str, seed: int, training: Job, pixels: Job) -> Job:
    test, protocol = experiment.evaluations[name]
    spec = {
        **_data(experiment),
        "splits": [test.split],
        "protocol": protocol.model_dump(mode="json", exclude={"source"}),
    }
    images = experiment.dataset.count(test.split, experiment.data.subset)
    work = multiply_adds(experiment) * VIEWS[protocol.views] * images
    inputs = {"network": training.key, "pixel_statistics": pixels.key}
    return Job("evaluate", spec, inputs, f"test {experiment.name}.{name}, seed {seed}", float(work))


def _data(experiment: ResolvedExperiment) -> dict[str, Any]:
    return {"data": experiment.data.model_dump(mode="json"), "data_version": experiment.dataset.version}


def multiply_adds(experiment: ResolvedExperiment) -> int:
    """Multiply-adds of one forward pass of one view."""
    return sum(layer.multiply_adds for layer in experiment.traced())


def canonical(document: Any) -> str:
    """JSON with one spelling for one content."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def users(plan: Plan, key: str) -> Iterator[Job]:
    """The jobs that need the result of `key`."""
    return (job for job in plan.jobs.values() if key in job.inputs.values())
