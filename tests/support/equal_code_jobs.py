"""A small set of jobs that together use everything a job can use, each as small as in the shipped suites.

The jobs are chosen from the suites at scale `ci`, with the probes of `check`: at least one for every kind, net, choice
in a recipe or protocol, inspection and measurement. Two trainings with their tests are added on image files, because
the digits are grey and lie in memory. Measurements on several GPUs are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.data import DATASETS
from harness.machine.environment import clocked_device
from harness.plan.graph import make_plan
from harness.plan.job import Job
from harness.regression.probes import probes_of
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

IMAGES = "ilsvrc2010"
"""The data set replaced by generated image files."""

EACH = 1e9
"""Fixed cost of a job, in multiply-adds, beside its own work."""

Jobs = dict[str, Job]


def chosen_jobs() -> Jobs:
    """Return the jobs by key, inputs first."""
    found = covering(offered())
    return found | on_images(found)


def offered() -> Jobs:
    """Return every job and probe of the shipped suites at scale `ci`."""
    jobs: Jobs = {}
    for path in sorted(shipped_suites().glob("*.yaml")):
        suite = load_suite(path)
        if "ci" in suite.file.scales:
            plan = make_plan(suite, "ci")
            jobs |= {**plan.jobs, **probes_of(plan).jobs}
    here = (job.on(clocked_device("cpu", 1)) for job in jobs.values() if "gpus" not in job.spec)
    return {job.key: job for job in here}


def covering(jobs: Jobs) -> Jobs:
    """Choose few cheap jobs that together have every feature of all jobs."""
    features = {key: features_of(job, jobs) for key, job in jobs.items()}
    missing, found = set().union(*features.values()), Jobs()
    while missing:
        useful = {key: len(features[key] & missing) for key in jobs if features[key] & missing}
        best = min(useful, key=lambda key: (_work_left(key, jobs, found) + EACH) / useful[key])
        for key in with_inputs(best, jobs):
            found[key] = jobs[key]
            missing -= features[key]
    return found


def _work_left(key: str, jobs: Jobs, found: Jobs) -> float:
    """Return the multiply-adds of a job and those of its inputs that are not yet chosen."""
    return sum(jobs[one].work for one in with_inputs(key, jobs) if one not in found)


def with_inputs(key: str, jobs: Mapping[str, Job]) -> list[str]:
    """Return a job and all its inputs, inputs first."""
    found: dict[str, None] = {}
    for one in jobs[key].inputs.values():
        found |= dict.fromkeys(with_inputs(one, jobs))
    return [*found, key]


def features_of(job: Job, jobs: Mapping[str, Job]) -> set[str]:
    """Return the features of a job: its net, its inputs, and the choices of its spec."""
    inputs = set() if job.kind == "ensemble" else {f"<- {name}" for name in job.inputs}
    return {f"{job.kind} {feature}" for feature in {str(net_of(job, jobs)), *inputs, *_choices(job.spec)}}


def net_of(job: Job, jobs: Mapping[str, Job]) -> str | None:
    """Return the name of a job's net."""
    trained = jobs[job.inputs["network"]] if "network" in job.inputs and "model" not in job.spec else job
    about = trained.spec.get("training") or trained.spec.get("net") or trained.spec
    name: str | None = (about.get("model") or {}).get("name")
    return name


def _choices(value: Any, place: str = "") -> Iterator[str]:
    """Yield words, switches and empty values in plain data with their places; of a number, only its place."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _choices(one, f"{place}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _choices(one, f"{place}[]")
    else:
        yield f"{place} {value}" if isinstance(value, str | bool) or value is None else place


def on_images(jobs: Jobs) -> Jobs:
    """Return a training with jitter, one without (in half precision), and tests of both, on image files."""
    found: Jobs = {}
    for jitters in (True, False):
        tests = [job for job in jobs.values() if job.kind == "evaluate" and bool(_jitter(job, jobs)) == jitters]
        for test in sorted(tests, key=lambda job: job.work)[-2:]:
            trained = jobs[test.inputs["network"]]
            pixels = _on_images(jobs[trained.inputs["pixel_statistics"]], {})
            training = _on_images(trained, {"pixel_statistics": pixels.key}, "fp32" if jitters else "bf16")
            tested = _on_images(test, {"pixel_statistics": pixels.key, "network": training.key})
            found |= {job.key: job for job in (pixels, training, tested)}
    return found


def _jitter(test: Job, jobs: Jobs) -> Any:
    return jobs[test.inputs["network"]].spec["recipe"]["augmentation"]["jitter"]


def _on_images(job: Job, inputs: dict[str, str], precision: str = "fp32") -> Job:
    """Return the same job on image files of many sizes, with other inputs of the same names."""
    prepare = {"short_side": 32, "center": 32, "pad": 0}
    spec = {**job.spec, "data": {"name": IMAGES, "subset": None, "prepare": prepare}}
    spec["data_version"] = DATASETS[IMAGES].version
    if "recipe" in spec:
        spec["input"] = [3, *spec["input"][1:]]
        spec["recipe"] = {**spec["recipe"], "prepare": prepare, "batch": 16, "precision": precision}
    return replace(job, spec=spec, inputs=inputs, label=f"{job.label}, on image files")
