"""The graph of jobs that a suite needs at a scale, each with a content address; jobs wanted twice stand once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.jobs.inspections import InspectionSpec
from harness.jobs.measures import MEASURES
from harness.plan.classification_jobs import add_classification
from harness.plan.disk import checkpoints_bytes, pixels_bytes, predictions_bytes, weights_bytes
from harness.plan.gpu_memory import training_bytes
from harness.plan.job import Job
from harness.plan.plan import Plan
from harness.suite.file import Experiment, Suite
from harness.suite.resolve import ResolvedExperiment
from harness.suite.resolve_classification import resolve_classification
from harness.vocabulary import ScaleName

if TYPE_CHECKING:
    from harness.judge.statistics import Look

__all__ = ["Plan", "make_plan", "plan_at"]


def make_plan(suite: Suite, scale: ScaleName, device: str = "", look: Look | None = None) -> Plan:
    """Turn suite x scale x seeds, all of them or those of a look, into jobs; needs no data at hand.

    When to use: for a suite that was read; `outline.outline_of` gives the plans of one that may be remembered.
    """
    plan = Plan(lambda: suite, scale, device, look=look)
    for name, experiment in suite.file.experiments.items():
        for seed in plan.seeds:
            _add(plan, name, experiment, seed)
    _note_who_wants_what(plan)
    return plan


def _note_who_wants_what(plan: Plan) -> None:
    """Note in every job the experiments that rest on it, directly or through its outputs."""
    wanted: dict[str, dict[str, None]] = {key: {} for key in plan.jobs}
    for name, key in plan.asked_for():
        wanted[key][name] = None
    for key, job in reversed(plan.jobs.items()):  # inputs come before what needs them
        for needed in job.inputs.values():
            wanted[needed] |= wanted[key]
    order = list(plan.suite.file.experiments)
    for key, names in wanted.items():
        plan.jobs[key] = replace(plan.jobs[key], wanted_by=sorted(names, key=order.index))


def _add(plan: Plan, name: str, experiment: Experiment, seed: int) -> None:
    if experiment.measure is not None:
        _add_measurement(plan, name, experiment, seed)
        return
    for test in (key for key, evaluation in experiment.evaluate.items() if evaluation.taken_at(plan.scale)):
        if experiment.train is not None:
            _add_test(plan, name, test, seed)
        elif experiment.classify is not None:
            system = resolve_classification(plan.suite.file, plan.scale, name)
            tested = add_classification(lambda job: _added(plan, job), system, test, seed)
            plan.evaluations[name, test, seed] = tested.key
        else:
            _add_ensemble(plan, name, experiment, test, seed)
    for inspection, spec in experiment.inspect.items():
        _add_inspection(plan, name, inspection, spec, seed)


def _add_measurement(plan: Plan, name: str, experiment: Experiment, seed: int) -> None:
    assert experiment.measure is not None
    spec = plan.suite.file.scales[plan.scale].timed(experiment.measure)
    kind = MEASURES[spec.what]
    if seed != plan.seeds[0] and not kind.random:
        return
    content = spec.model_dump(mode="json")
    content |= {"seed": seed} if kind.random else {}
    content |= {"device_name": plan.device} if kind.timed else {}
    label = f"measure {name}" + (f", seed {seed}" if kind.random else "")
    job = Job("measure", content, label=label, work=spec.multiply_adds())
    plan.measurements[name, seed] = _added(plan, job).key


def _add_training(plan: Plan, name: str, seed: int) -> Job:
    experiment = plan.experiments[name]
    inputs = {"pixel_statistics": _added(plan, _pixels(experiment)).key}
    if experiment.start_from is not None:
        inputs["network"] = _add_training(plan, experiment.start_from, seed).key
    job = _added(plan, _train(experiment, seed, inputs))
    plan.trainings[name, seed] = job.key
    return job


def _add_test(plan: Plan, name: str, test: str, seed: int) -> Job:
    experiment = plan.experiments[name]
    training = _add_training(plan, name, seed)
    job = _added(plan, _evaluate(experiment, test, seed, training))
    plan.evaluations[name, test, seed] = job.key
    return job


def _add_inspection(plan: Plan, name: str, inspection: str, spec: InspectionSpec, seed: int) -> None:
    experiment = plan.experiments[name]
    training = _add_training(plan, name, seed)
    inputs = {"network": training.key, "pixel_statistics": training.inputs["pixel_statistics"]}
    tests = {role: _add_test(plan, *test, seed) for role, test in spec.tests(name).items()}
    inputs |= {role: test.key for role, test in tests.items()}
    splits = list(spec.splits(tests["test"].spec["splits"][0] if tests else None))
    content: dict[str, Any] = {"inspection": spec.in_roles().model_dump(mode="json")}
    content |= {**_data(experiment), "splits": splits} if splits else {}
    images = sum(experiment.dataset.count(split, experiment.data.subset) for split in splits)
    work = experiment.multiply_adds * images if spec.what == "neighbours" else 0
    job = Job("inspect", content, inputs, f"inspect {name}.{inspection}, seed {seed}", float(work))
    plan.inspections[name, inspection, seed] = _added(plan, job).key


def _add_ensemble(plan: Plan, name: str, experiment: Experiment, test: str, repetition: int) -> None:
    """Ensembles of one suite share no net: repetition r takes the nets after those of repetition r - 1."""
    inputs: dict[str, str] = {}
    keeps = 0
    for member in experiment.ensemble or []:
        for net in range(repetition * member.nets, (repetition + 1) * member.nets):
            job = _add_test(plan, member.experiment, test, net)
            inputs[f"{member.experiment}_{net}"], keeps = job.key, job.keeps_bytes
    label = f"average {len(inputs)} nets for {name}.{test}, repetition {repetition}"
    average = Job("ensemble", {}, inputs, label, keeps_bytes=keeps)
    plan.evaluations[name, test, repetition] = _added(plan, average).key


def _added(plan: Plan, job: Job) -> Job:
    return plan.jobs.setdefault(job.key, job)


def _pixels(experiment: ResolvedExperiment) -> Job:
    spec = {**_data(experiment), "splits": ["train"]}
    subset = experiment.data.subset
    part = "" if subset is None else f", {subset.per_class} images of each of {subset.classes} classes"
    label = f"mean image and colour covariance of {experiment.data.name}{part}"
    shape = experiment.dataset.shape(experiment.data.prepare)
    return Job("pixels", spec, label=label, keeps_bytes=pixels_bytes(shape))


def _train(experiment: ResolvedExperiment, seed: int, inputs: dict[str, str]) -> Job:
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
    spec |= {} if experiment.takes is None else {"takes": experiment.takes}
    images = {split: experiment.dataset.count(split, experiment.data.subset) for split in ("train", "val")}
    # A training step costs three forward passes; a validation pass a plain one.
    passes = recipe.epochs or recipe.steps(0) / max(1, recipe.steps_of_epoch(images["train"]))
    work = passes * experiment.multiply_adds * (3 * images["train"] + images["val"])
    layers = experiment.traced()
    return Job(
        "train",
        spec,
        inputs,
        f"train {experiment.name}, seed {seed}",
        float(work),
        steps=recipe.steps(recipe.steps_of_epoch(images["train"])),
        keeps_bytes=weights_bytes(layers),
        scratch_bytes=checkpoints_bytes(layers),
        gpu_bytes=training_bytes(layers, recipe.batch, _images_on_gpu(experiment)),
        mixing=[one.name for one in layers if one.layer.mixes_images],
    )


def _images_on_gpu(experiment: ResolvedExperiment) -> int:
    """Count the bytes of training and validation images where the set fits in memory, and so stays on the GPU."""
    dataset = experiment.dataset
    if dataset.read is None:
        return 0
    images = sum(dataset.count(split, experiment.data.subset) for split in ("train", "val"))
    return images * math.prod(dataset.shape(experiment.data.prepare))


def _evaluate(experiment: ResolvedExperiment, name: str, seed: int, training: Job) -> Job:
    test, protocol = experiment.evaluations[name]
    spec = {
        **_data(experiment),
        "splits": [test.split],
        "protocol": protocol.model_dump(mode="json", exclude={"source"}),
    }
    images = experiment.dataset.count(test.split, experiment.data.subset)
    images = min(images, protocol.sample or images)
    return Job(
        "evaluate",
        spec,
        {"network": training.key, "pixel_statistics": training.inputs["pixel_statistics"]},
        f"test {experiment.name}.{name}, seed {seed}",
        float(experiment.multiply_adds_of_test(protocol) * images),
        images=images,
        keeps_bytes=predictions_bytes(images, experiment.classes),
    )


def _data(experiment: ResolvedExperiment) -> dict[str, Any]:
    return {"data": experiment.data.model_dump(mode="json"), "data_version": experiment.dataset.version}


def plan_at(plan: Plan, look: Look | None) -> Plan:
    """Plan the seeds of a look alone; the whole plan for None."""
    return plan if look is None else make_plan(plan.suite, plan.scale, plan.device, look)
