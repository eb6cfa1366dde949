"""Trainings and tests on packed copies: every job ends in the bits of the same copy in class folders."""

from __future__ import annotations

import copy as copies_of
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_folders import make_image_folders
from packed_copies import in_every_form
from tiny_paper import MODEL, PAPER, RECIPES, flatten

from harness.data import DATASETS
from harness.data.locate import Locations
from harness.machine.runtime import Runtime
from harness.plan.graph import Plan, make_plan
from harness.plan.status import surveyed
from harness.progress import Progress
from harness.run.execute import execute
from harness.run.executors.local import Local
from harness.store.store import Store
from harness.suite.load import load_suite

PLAIN = copies_of.deepcopy(RECIPES["recipes"]["jittered"])
PLAIN["augmentation"] = {"crops": True, "flips": True, "colour_std": 0.1, "mean": "same_offset"}
TESTS = {"jittered": ["centre"], "plain": list(RECIPES["protocols"])}
SUITE: dict[str, Any] = {
    "suite": "tiny",
    "paper": "tiny",
    "title": "Two nets tested in every way",
    "source": "nowhere",
    "experiments": {
        name: {
            "train": {"model": MODEL, "data": "ilsvrc2012", "recipe": name},
            "evaluate": {test: {"split": "val", "views": test} for test in tests},
        }
        for name, tests in TESTS.items()
    },
    "scales": {"subset": {"seeds": 1, "subset": {"classes": 5, "per_class": 8}}},
}


class World:
    """A finished plan for each form of one copy."""

    def __init__(self, folder: Path) -> None:
        make_image_folders(folder / "set", classes=5, train=10, val=4, test=1)
        flatten(folder / "set" / "test")
        self.copies = in_every_form(folder / "set", folder / "copies", 64, dataset=DATASETS["ilsvrc2012"])
        paper = folder / "papers" / "tiny"
        paper.mkdir(parents=True)
        (paper / "paper.yaml").write_text(json.dumps(PAPER))
        recipes = RECIPES | {"recipes": RECIPES["recipes"] | {"plain": PLAIN}}
        (paper / "recipes.yaml").write_text(json.dumps(recipes))
        (folder / "tiny.yaml").write_text(json.dumps(SUITE))
        self.plan: Plan = make_plan(load_suite(folder / "tiny.yaml"), "subset")
        self.stores = {form: Store(folder / "runs" / form) for form in self.copies}

    def run(self, form: str) -> dict[str, str]:
        """Run all jobs on one copy; return those that failed."""
        progress = Progress(io.StringIO())
        locations = Locations.gather(named=[f"ilsvrc2012={self.copies[form]}"], config_files=())
        runtime = Runtime(locations, device="cpu", threads=1)
        survey = surveyed(self.plan, self.stores[form], locations)
        return dict(execute(survey, Local(runtime, progress), progress).failed)

    def results(self, form: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Yield (kind, result, arrays stored) of every job, by key."""
        for key, job in sorted(self.plan.jobs.items()):
            folder = self.stores[form].folder(job.kind, key)
            result = json.loads(folder.result.read_text())
            arrays = {}
            for path in (folder.pixels, folder.predictions):
                if path.exists():
                    with np.load(path, allow_pickle=False) as stored:
                        arrays |= {name: stored[name] for name in stored.files}
            yield job.kind, result, arrays


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Run the suite on every form of the copy."""
    world = World(tmp_path_factory.mktemp("world"))
    for form in world.copies:
        assert world.run(form) == {}
    return world


@pytest.mark.parametrize("form", ["jpeg", "raw"])
def test_every_job_ends_in_the_bits_of_class_folders(world: World, form: str) -> None:
    """Mean images, weights after crops or jitter, and predictions of every protocol are equal to the bit."""
    kinds = []
    for ours, theirs in zip(world.results(form), world.results("folders"), strict=True):
        kind, result, arrays = ours
        assert (kind, result["values"]) == (theirs[0], theirs[1]["values"])
        assert result.get("weights_sha256") == theirs[1].get("weights_sha256")
        assert arrays.keys() == theirs[2].keys()
        assert all(np.array_equal(array, theirs[2][name]) for name, array in arrays.items())
        kinds.append(kind)
    assert {kind: kinds.count(kind) for kind in kinds} == {"pixels": 1, "train": 2, "evaluate": 8}


@pytest.mark.parametrize("form", ["jpeg", "raw"])
def test_results_have_seen_the_same_data_in_another_form(world: World, form: str) -> None:
    """Ids and fingerprints are equal; the copy's words say that it was in packs."""
    for ours, theirs in zip(world.results(form), world.results("folders"), strict=True):
        for mine, its in zip(ours[1]["data"], theirs[1]["data"], strict=True):
            same = ("split", "count", "ids_sha256", "fingerprint", "official", "official_reason")
            assert {name: mine[name] for name in same} == {name: its[name] for name in same}
            assert "in packs" in mine["prepared"]["says"]
            assert "in packs" not in its["prepared"]["says"]
