"""Suites small enough for a test: AlexNet's Table 1 with a tiny net on the digits, and its jobs run in this process."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite_files import TABLE1, plain

from harness.machine.runtime import Runtime
from harness.plan.graph import Plan, make_plan
from harness.plan.status import Status, Survey, statuses
from harness.progress import Progress
from harness.run.execute import Execution, execute, written
from harness.run.executors.local import Local
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite

STEM = {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}
"""Conv1 for small views."""
SIDE, CROP = 20, 16
"""Sides of the prepared images and of the views in pixels, just large enough for the net's three poolings."""

TINY: dict[str, Any] = {
    "seeds": 1,
    "data": "digits",
    "model": {"width": 0.05, "stem": STEM},
    "train": {
        "epochs": 2,
        "batch": 64,
        "rate": 0.02,
        "drops_after": [1],
        "gain": "paper_fan_in",
        "prepare": {"short_side": SIDE},
        "crop": CROP,
    },
}
"""A scale that takes a second: two epochs of 18 steps, with a drop of the rate in between."""


def tiny_suite(folder: Path, name: str = "tiny", **changes: Any) -> Path:
    """Write table1's suite with the tiny scale only, as `ci`; `changes` apply to the scale or its training.

    `change` is made in its recipe.
    """
    own = {key: changes.pop(key) for key in ("seeds", "subset", "model") if key in changes}
    train = {"change": changes.pop("change")} if "change" in changes else {}
    return _written(folder, name, {"ci": {**TINY, **own, "train": {**TINY["train"], **changes}}}, train)


def paper_suite(folder: Path, name: str = "miniature", *, seeds: int = 1, **change: Any) -> Path:
    """Write table1's suite with its paper scale only and a narrow net; `change` is made in its recipe."""
    train = {"model": {"name": "alexnet", "width": 0.1}, "change": change}
    return _written(folder, name, {"paper": {"seeds": seeds}}, train)


def _written(folder: Path, name: str, scales: dict[str, Any], train: dict[str, Any]) -> Path:
    suite = plain(TABLE1)
    suite |= {"suite": name, "scales": scales}
    suite["experiments"]["cnn"]["train"] |= train
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(suite, indent=1))
    return path


@dataclass
class World:
    """A plan, a store, and the printed progress."""

    plan: Plan
    store: Store
    runtime: Runtime = field(default_factory=lambda: Runtime(device="cpu", threads=1))
    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def said(self) -> str:
        """Return everything printed so far."""
        return self.stream.getvalue()

    def folder(self, kind: str, seed: int = 0) -> JobFolder:
        """Return the directory of the only job of a kind and seed."""
        return self.store.folder(kind, self._key(kind, seed))

    def _key(self, kind: str, seed: int) -> str:
        trainings, evaluations = self.plan.trainings, self.plan.evaluations
        if kind == "pixels":
            return next(key for key, job in self.plan.jobs.items() if job.kind == "pixels")
        return trainings["cnn", seed] if kind == "train" else evaluations["cnn", "ten_crop", seed]

    def result(self, kind: str, seed: int = 0) -> dict[str, Any]:
        """Return the result of a finished job."""
        result = self.folder(kind, seed).read_result()
        assert result is not None
        return result

    def planned(self, kind: str, seed: int = 0) -> JobFolder:
        """Return the directory of a job with its task written in it."""
        return written(self.store, self.plan.jobs[self._key(kind, seed)])

    def copied(self, folder: Path) -> World:
        """Return the suite with a copy of the store below `folder`, to be changed."""
        shutil.copytree(self.store.root, folder / "runs")
        return World(self.plan, Store(folder / "runs"))

    def run(self, kinds: Collection[str] = (), **runtime: Any) -> Execution:
        """Run unfinished jobs, or only those of these kinds, in this process."""
        settings = {
            "locations": self.runtime.locations,
            "device": self.runtime.device,
            "threads": self.runtime.threads,
            "checkpoint_every_s": self.runtime.checkpoint_every_s,
        } | runtime
        now, progress = Runtime(**settings), Progress(self.stream)
        standing = statuses(self.plan, self.store, now.locations)
        for key, job in self.plan.jobs.items():
            if kinds and job.kind not in kinds:
                standing[key] = Status("done")
        return execute(Survey(self.plan, self.store, standing), Local(now, progress), progress)


def tiny_world(folder: Path, **changes: Any) -> World:
    """Create a tiny suite below `folder` with nothing run yet."""
    folder.mkdir(parents=True, exist_ok=True)
    tiny_suite(folder, **changes)
    return opened_world(folder)


def opened_world(folder: Path) -> World:
    """Open the tiny suite in `folder` and its store."""
    return World(make_plan(load_suite(folder / "tiny.yaml"), "ci"), Store(folder / "runs"))


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without the entries that depend on day and machine: cost and seal."""
    return {name: value for name, value in result.items() if name not in ("cost", "seal")}
