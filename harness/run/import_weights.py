"""Takes in a net that was trained elsewhere as the result of a train job, marked as good for evaluation only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.models import parse_model
from harness.models.torchvision_names import torchvision_names
from harness.plan.graph import Plan, make_plan
from harness.plan.job import Job
from harness.run.execute import written
from harness.store.provenance import IMPORTED, address, line, said
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path
from harness.vocabulary import ScaleName, nearest


@dataclass(frozen=True, slots=True)
class Foreign:
    """A checkpoint from elsewhere, and the words of the person who brings it."""

    checkpoint: Path
    source: str
    url: str | None = None
    licence: str | None = None
    names: Path | None = None
    """A JSON file: an object {theirs: ours} of the tensors that have other names there; null leaves a tensor out."""
    torchvision: bool = False
    """Whether the file is one of torchvision's, whose names are known."""


def import_weights(
    suite_file: str, experiment: str, scale: ScaleName, seed: int, foreign: Foreign, store: Store
) -> tuple[JobFolder, list[JobFolder]]:
    """Make a checkpoint the result of an experiment's training; return its folder and those of the jobs it unlocks.

    Raises UsageError where the suite has no such training, where that has a result or was begun, and where the file is
    no state dict of the experiment's net. Nothing is written then.
    """
    suite = load_suite(suite_path(suite_file))
    if scale not in suite.file.scales:
        raise UsageError(f"{suite.path} has no scale {scale!r}; it has {', '.join(suite.file.scales)}")
    plan = make_plan(suite, scale)
    job = _training(plan, experiment, seed)
    provenance = _stated(foreign)
    content = _bytes(foreign.checkpoint)
    provenance |= {"file": foreign.checkpoint.name, "sha256": hashlib.sha256(content).hexdigest()}
    names = _names(foreign, job)
    store.prepare()
    _refuse_begun(store.folder(job.kind, job.key))
    folder = written(store, job)
    with folder.locked():
        _refuse_begun(folder)
        from harness.jobs.foreign_weights import take_over  # noqa: PLC0415 - torch

        digest, left_out = take_over(folder, content, str(foreign.checkpoint), job.spec, names)
        folder.write_result(_result(job, provenance | ({"left_out": left_out} if left_out else {}), digest))
    return folder, [written(store, each) for each in _unlocked(plan, job)]


def _names(foreign: Foreign, job: Job) -> Mapping[str, str | None]:
    if not foreign.torchvision:
        return {} if foreign.names is None else read_names(foreign.names)
    if foreign.names is not None:
        raise UsageError("--names and --torchvision both say how tensors are named; give one")
    try:
        return torchvision_names(parse_model(job.spec["model"]))
    except ValueError as error:
        raise UsageError(f"--torchvision: {error}") from None


def read_names(path: Path) -> dict[str, str | None]:
    """A JSON object of text to text or null, no key twice; raises UsageError for anything else."""
    try:
        pairs = json.loads(path.read_bytes(), object_pairs_hook=tuple)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read as JSON ({error})") from None
    if not isinstance(pairs, tuple) or not all(isinstance(ours, str | None) for _, ours in pairs):
        raise UsageError(f"{path}: not an object of names, {{theirs: ours}}")
    names = dict(pairs)
    if len(names) < len(pairs):
        raise UsageError(f"{path}: a name stands there twice")
    return names


def _stated(foreign: Foreign) -> dict[str, Any]:
    return {
        "from": line("--from", foreign.source),
        "url": None if foreign.url is None else address("--url", foreign.url),
        "licence": None if foreign.licence is None else line("--licence", foreign.licence),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _training(plan: Plan, experiment: str, seed: int) -> Job:
    if experiment not in plan.trained:
        trained = list(plan.trained)
        raise UsageError(
            f"{plan.suite.path} has no experiment {experiment!r} that trains at {plan.scale} scale"
            f"{nearest(experiment, trained)}"
        )
    seeds = sorted(seed for name, seed in plan.trainings if name == experiment)
    if seed not in seeds:
        raise UsageError(f"--seed {seed}: {experiment} has the seeds {seeds[0]} to {seeds[-1]} at {plan.scale} scale")
    return plan.jobs[plan.trainings[experiment, seed]]


def _bytes(path: Path) -> bytes:
    if path.suffix == ".safetensors":
        raise UsageError(f"{path}: safetensors are not read; save the state dict with torch.save")
    if not path.is_file():
        raise UsageError(f"{path}: not a file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


def _refuse_begun(folder: JobFolder) -> None:
    result = folder.read_result()
    if result is not None:
        what = f"was imported already ({said(result[IMPORTED])})" if IMPORTED in result else "has a result already"
        raise UsageError(f"{folder.path}: this training {what}; move the folder away to import another, or use --store")
    begun = [path.name for path in (folder.checkpoint, folder.earlier_checkpoint, folder.metrics) if path.exists()]
    if begun:
        raise UsageError(f"{folder.path}: this training was begun ({begun[0]}); finish it, or move the folder away")


def _result(job: Job, provenance: dict[str, Any], digest: str) -> dict[str, Any]:
    """The result that an import leaves: no curve, no cost, no code of ours; its mark goes with every test."""
    return {
        "key": job.key,
        "kind": job.kind,
        "code": None,
        "inputs": {},
        "outcome": "done",
        "values": {},
        "data": [],
        "marks": [f"evaluation only: trained elsewhere ({said(provenance)})"],
        "weights_sha256": digest,
        IMPORTED: provenance,
    }


def _unlocked(plan: Plan, training: Job) -> Sequence[Job]:
    """The jobs that can be run now, one after another, without training anything."""
    able = {training.key} | {key for key, job in plan.jobs.items() if job.kind == "pixels"}
    tests = [job for job in plan.jobs.values() if training.key in job.inputs.values() and job.kind != "train"]
    ready = [job for job in tests if able >= set(job.inputs.values())]
    pixels = dict.fromkeys(job.inputs["pixel_statistics"] for job in ready)
    return [*(plan.jobs[key] for key in pixels), *ready]
