"""A miniature ILSVRC-2012 with an unlabelled test split, and a suite at paper scale that submits to its server.

A set of six classes and few images replaces the declared data set, so that it counts as official and cells can be
judged.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from image_folders import make_image_folders
from tiny_paper import MODEL, PAPER, RECIPES, flatten

from harness.cli.main import command
from harness.data import DATASETS
from harness.data.declared import class_list_digest
from harness.data.sets.imagenet import ILSVRC2012
from harness.plan.graph import Plan, make_plan
from harness.run import submission
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite
from harness.vocabulary import ScaleName

CLASSES, TRAIN, VAL, TEST = 6, 5, 2, 2
SEEDS = 3
LARGER = MODEL | {"width": 0.12}

SUITE: dict[str, Any] = {
    "suite": "challenge",
    "paper": "tiny",
    "title": "Errors on a test split without labels",
    "source": "nowhere",
    "table": {
        "ref": "T1",
        "columns": {"top5": {"label": "Top-5", "metric": "top5_error", "unit": "%", "margin": 30}},
        "rows": {
            "net": {"label": "One net", "printed": {"top5": "16.4"}, "value": "net.submitted"},
            "pair": {"label": "Two nets", "printed": {"top5": "15.3"}, "value": "pair.submitted"},
            "seen": {"label": "One net, validation", "printed": {"top5": "18.2"}, "value": "net.seen"},
            "other": {"label": "Another's", "printed": {"top5": "76.2"}, "cited": "somebody else's"},
        },
    },
    "cells": {
        "loss": {"ref": "C01", "label": "Loss", "printed": "1.0", "value": "net.submitted.cross_entropy"},
        "sum": {"ref": "C02", "label": "Sum", "printed": "3", "value": "sum.three"},
    },
    "experiments": {
        "net": {
            "train": {"model": MODEL, "data": "ilsvrc2012", "recipe": "jittered"},
            "evaluate": {
                "seen": {"split": "val", "views": "centre"},
                "submitted": {"split": "test", "views": "centre", "scales": ["paper"]},
            },
            "inspect": {"kernels": {"what": "kernels"}},
        },
        "pair": {
            "ensemble": [{"experiment": "net", "nets": 2}],
            "evaluate": {"submitted": {"split": "test", "views": "centre", "scales": ["paper"]}},
        },
        "tuned": {
            "train": {"model": MODEL, "data": "ilsvrc2012", "recipe": "jittered", "start_from": "net"},
            "evaluate": {"seen": {"split": "val", "views": "centre"}},
        },
        "larger": {
            "train": {"model": LARGER, "data": "ilsvrc2012", "recipe": "jittered"},
            "evaluate": {"seen": {"split": "val", "views": "centre"}},
        },
        "sum": {"measure": {"what": "arithmetic", "given": {"a": 1, "b": 2}, "values": {"three": "a + b"}}},
    },
    "claims": {
        "error": {"ref": "C03", "says": "One net has 16.4%", "source": "T1", "cells": ["net.top5"]},
        "beats": {"ref": "C04", "says": "It beats another's", "source": "T1", "less": ["net.top5", "other.top5"]},
        "gains": {
            "ref": "C05",
            "says": "Tuning helps",
            "source": "T1",
            "less": ["tuned.seen.top1_error", "larger.seen.top1_error"],
        },
        "learns": {
            "ref": "C06",
            "says": "One learns faster",
            "source": "T1",
            "faster": {"slow": "net", "fast": "larger", "train_error": 50},
        },
        "exact": {"ref": "C07", "says": "1 + 2 = 3", "source": "T1", "cells": ["sum"]},
    },
    "figures": {
        "f1": {"ref": "F1", "title": "Kernels", "shows": "kernels", "experiments": ["net"], "inspection": "kernels"}
    },
    "scales": {"paper": {"seeds": SEEDS}, "subset": {"seeds": 1, "subset": {"classes": 5, "per_class": 4}}},
}


@dataclass
class Challenge:
    """The suite's file, its data and a store, and the program run on them in this process."""

    folder: Path
    wnids: list[str]

    @property
    def suite(self) -> Path:
        """Path of the suite's file."""
        return self.folder / "challenge.yaml"

    @property
    def store(self) -> Store:
        """The store of results."""
        return Store(self.folder / "runs")

    def plan(self, scale: ScaleName = "paper") -> Plan:
        """Plan the suite."""
        return make_plan(load_suite(self.suite), scale)

    def call(self, *arguments: object, data: bool = True) -> Result:
        """Run a command; with `data`, pass the place of the images."""
        places = ["--data-root", self.folder / "data", "--device", "cpu"] if data else []
        told = [*arguments, "--store", self.store.root, *places]
        return CliRunner(catch_exceptions=True).invoke(command, [str(argument) for argument in told])

    def refused(self, *arguments: object) -> str:
        """Run a command without data that must be refused, and return the message."""
        done = self.call(*arguments, data=False)
        assert isinstance(done.exception, (Exception, SystemExit))
        assert getattr(done.exception, "exit_code", done.exit_code) == 2, done.exception
        return str(done.exception) if not isinstance(done.exception, SystemExit) else done.output

    def report(self) -> tuple[dict[str, Any], str]:
        """Write the report of the store's current results; return (results, page)."""
        done = self.call("report", self.suite, "--scale", "paper", "--out", self.folder / "report")
        assert done.exit_code == 0, done.exception
        results: dict[str, Any] = json.loads((self.folder / "report" / "results.json").read_text())
        return results, (self.folder / "report" / "index.html").read_text()

    def test(self, experiment: str, test: str = "submitted", seed: int = 0) -> JobFolder:
        """Return the folder of a test."""
        plan = self.plan()
        key = plan.evaluations[experiment, test, seed]
        return self.store.folder(plan.jobs[key].kind, key)

    def training(self, experiment: str, seed: int = 0) -> JobFolder:
        """Return the folder of a training."""
        return self.store.folder("train", self.plan().trainings[experiment, seed])

    def copied(self, to: Path) -> Challenge:
        """Copy the challenge to another folder, to be changed."""
        shutil.copytree(self.folder, to, dirs_exist_ok=True)
        return Challenge(to, self.wnids)


def declared(wnids: list[str]) -> Any:
    """Return the miniature's declaration."""
    splits = {"train": CLASSES * TRAIN, "val": CLASSES * VAL, "test": CLASSES * TEST}
    return dataclasses.replace(
        ILSVRC2012, classes=len(wnids), class_list_digest=class_list_digest(wnids), splits=splits
    )


def made(folder: Path, patch: pytest.MonkeyPatch) -> Challenge:
    """Create data, suite and declaration, with nothing run yet."""
    wnids = make_image_folders(folder / "data" / "ilsvrc2012", classes=CLASSES, train=TRAIN, val=VAL, test=TEST)
    flatten(folder / "data" / "ilsvrc2012" / "test")
    patched(wnids, patch)
    home = folder / "papers" / "tiny"
    home.mkdir(parents=True)
    (home / "paper.yaml").write_text(json.dumps(PAPER))
    (home / "recipes.yaml").write_text(json.dumps(RECIPES))
    (folder / "challenge.yaml").write_text(json.dumps(SUITE))
    return Challenge(folder, wnids)


def patched(wnids: list[str], patch: pytest.MonkeyPatch) -> None:
    """Replace the declared data set by the miniature."""
    patch.setitem(DATASETS, "ilsvrc2012", declared(wnids))
    patch.setattr(submission, "ILSVRC2012", declared(wnids))


def by_id(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return cells or claims by their ids."""
    return {record["id"]: record for record in records}
