"""Fabricated results: stores filled in milliseconds without torch, for tests of code that reads results."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.data import DATASETS
from harness.data.fingerprint import fingerprint
from harness.data.locate import Found, Locations
from harness.jobs.code import code_digest
from harness.plan.graph import Plan
from harness.plan.job import Job
from harness.progress import Progress
from harness.run.execute import written
from harness.store.documents import seal
from harness.store.store import JobFolder, Store, write_json

REMEMBERED = Path(tempfile.mkdtemp(prefix="fabricated-")) / "fingerprints.json"
"""Data files are read once; outside any store, whose files are counted."""
FINISHED_AT = "2126-01-05T10:21:44+00:00"
"""After whatever a test declares, for a result of before its declaration is told from others."""
atexit.register(shutil.rmtree, REMEMBERED.parent, ignore_errors=True)


def record(job: Job, split: str, locations: Locations) -> dict[str, Any]:
    """Return a job's record of a split that it read."""
    dataset = DATASETS[job.spec["data"]["name"]]
    found = locations.find(dataset)
    return {
        "name": dataset.name,
        "version": dataset.version,
        "split": split,
        "count": dataset.splits[split],
        "whole": True,
        "ids_sha256": "0" * 64,
        "fingerprint": fingerprint(dataset, found, split, REMEMBERED) if isinstance(found, Found) else "f" * 64,
        "official": True,
        "official_reason": "as in the official set",
    }


def finish(store: Store, job: Job, locations: Locations | None = None, **changes: Any) -> JobFolder:
    """Write a result for a job, in the form of its kind; `changes` replace parts of it."""
    folder = written(store, job)
    if job.kind == "train":
        folder.metrics.write_text('{"epoch": 1, "train_error": 50.0, "train_loss": 1.5, "val_top1_error": 40.0}\n')
        folder.weights.write_bytes(job.key.encode())
    values = {
        "pixels": {"mean_pixel": 1.0},
        "measure": {"parameters": 1.0},
        "ensemble": {"top1_error": 37.5, "top5_error": 17.0, "cross_entropy": 1.0},
        "train": {"train_loss": 1.5, "train_error": 50.0, "val_top1_error": 40.0},
        "evaluate": {"top1_error": 37.5, "top5_error": 17.0, "cross_entropy": 1.0},
    }[job.kind]
    inputs = {name: (folder.sibling(key).read_result() or {}).get("outputs") for name, key in job.inputs.items()}
    result = {
        "key": job.key,
        "kind": job.kind,
        "code": code_digest(job.kind),
        "inputs": inputs,
        "outcome": "done",
        "values": values,
        "data": [record(job, split, locations or Locations()) for split in job.spec.get("splits", ())],
        "marks": [],
        "cost": {"seconds": 1.5, "finished_at": FINISHED_AT},
    }
    write_json(folder.environment, seal({"python": "3.11.7", "cores": 2}))
    folder.write_result(result | changes)
    return folder


def finish_all(
    store: Store, plan: Plan, errors: Mapping[int, tuple[float, float]] | None = None, **changes: Any
) -> None:
    """Write a result for every job of a plan; `errors` holds the top-1 and top-5 error of the tests by seed."""
    by_key = {plan.evaluations[place]: place[-1] for place in plan.evaluations}
    for key, job in plan.jobs.items():
        top1, top5 = (errors or {}).get(by_key.get(key, -1), (37.5, 17.0))
        values = {"top1_error": top1, "top5_error": top5, "cross_entropy": 1.0}
        finish(store, job, **({"values": values} if key in by_key else {}), **changes)


class Fake:
    """An executor that fabricates results, or runs an action of `acts` for a job's label instead."""

    def __init__(self, acts: Mapping[str, Callable[[], None]] | None = None) -> None:
        self.acts = acts or {}
        self.labels: list[str] = []

    def run(self, folder: JobFolder) -> None:
        """Finish the job in this directory."""
        job = folder.read_job()
        self.labels.append(job["label"])
        if job["label"] in self.acts:
            self.acts[job["label"]]()
        finish(Store(folder.path.parent), Job(job["kind"], job["spec"], job["inputs"], job["label"], job["work"]))


def silent() -> Progress:
    """Return progress that prints nothing."""
    return Progress(io.StringIO())
