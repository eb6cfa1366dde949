"""Tests of probes: they take the first steps of the training they stand for, and repeat exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fabricated import silent
from finished_worlds import CUT
from tiny_suites import CROP, World, tiny_world
from torch import Tensor

from harness.jobs.evaluation import evaluate as evaluation
from harness.jobs.probe import numbers
from harness.jobs.training import train as training
from harness.models.network import Network
from harness.plan.graph import make_plan
from harness.plan.status import surveyed
from harness.regression.compare_probes import Places, compare_probe
from harness.regression.probes import DISTURBANCES, disturbed, probes_of
from harness.run.execute import execute, written
from harness.run.executors.local import Local
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Run the tiny suite with its probes."""
    world = tiny_world(tmp_path_factory.mktemp("done"), **CUT)
    probed(world)
    return world


def probed(world: World, test: str = "", *, threads: int = 1) -> dict[str, Any]:
    """Return the numbers of the probe of the tiny suite's training, or of its test."""
    probes = probes_of(world.plan)
    runtime = type(world.runtime)(device="cpu", threads=threads)
    survey = surveyed(world.plan.of_jobs(probes.jobs), world.store, runtime.locations)
    assert execute(survey, Local(runtime, silent()), silent()).failed == {}
    key = probes.tests["cnn", test] if test else probes.trainings["cnn"]
    result = world.store.folder("probe", key).read_result()
    assert result is not None
    return result["probe"]


def probed_disturbed(world: World, how: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of the probe of the tiny suite's training under a disturbance."""
    probes = probes_of(world.plan)
    job = disturbed(probes, ["cnn"])["cnn"][DISTURBANCES.index(how)]
    pixels = probes.jobs[job.inputs["pixel_statistics"]]
    runtime = type(world.runtime)(device="cpu", threads=1)
    survey = surveyed(world.plan.of_jobs({pixels.key: pixels, job.key: job}), world.store, runtime.locations)
    assert execute(survey, Local(runtime, silent()), silent()).failed == {}
    result = world.store.folder("probe", job.key).read_result()
    assert result is not None
    return result["probe"]


def losses(found: dict[str, Any]) -> np.ndarray:
    """Return the losses of a probe's first steps."""
    return np.array([float(word) for word in found["losses"].split()])


def losses_of(world: World, monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """Return the losses of a whole training, epoch by epoch."""
    found: list[list[float]] = []
    real = training.epoch_is_over
    monkeypatch.setattr(
        training, "epoch_is_over", lambda run, error: (found.append(list(run.state.losses)), real(run, error))
    )
    world.run(threads=1)
    return found


def test_its_losses_are_those_of_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The losses equal those of the training bit for bit, across the end of an epoch."""
    world = tiny_world(tmp_path, **CUT, drops_after=[2], epochs=3)
    found = probed(world)
    first, second, third = losses_of(world, monkeypatch)
    assert found["losses"] == numbers(first + second)
    assert found["after_drop"] == numbers(third[:5])


def test_its_logits_are_those_of_the_first_weights(done: World) -> None:
    """The logits are those of the first weights on central views of four test images."""
    from harness.data.locate import Locations
    from harness.data.spec import DataSpec
    from harness.data.splits import open_split
    from harness.data.views import fixed_views
    from harness.jobs.recipe import Recipe
    from harness.jobs.training.first_weights import initialised

    world, found = done, probed(done)
    spec = world.planned("train").read_job()["spec"]
    network = initialised(spec, Recipe.parsed({"source": "", **spec["recipe"]})).eval()
    images = open_split(DataSpec.parsed(spec["data"]), "test", Locations()).sample(4).images(torch.arange(4))
    mean = torch.from_numpy(np.load(world.folder("pixels").pixels)["mean"])
    with torch.inference_mode():
        expected = network(fixed_views(images, mean, CROP, "centre")[:, 0])
    logits = torch.tensor([float(word) for word in found["logits"].split()]).view(4, 10)
    torch.testing.assert_close(logits, expected)


def test_it_repeats_bit_for_bit_whatever_the_threads(done: World, tmp_path: Path) -> None:
    """A probe repeats bit for bit whatever threads it is given, because it uses one."""
    assert probed(tiny_world(tmp_path, **CUT), threads=2) == probed(done)


@pytest.mark.parametrize("how", DISTURBANCES[:1] + DISTURBANCES[-1:])
def test_a_disturbance_moves_a_training_by_little(done: World, how: dict[str, Any]) -> None:
    """A disturbance changes a training slightly."""
    first, moved = (losses(found) for found in (probed(done), probed_disturbed(done, how)))
    assert 0 < np.abs(first - moved).max() < 1e-2


def test_another_draw_is_another_disturbance(done: World) -> None:
    """Another seed gives another disturbance."""
    one, other = (losses(probed_disturbed(done, how)) for how in DISTURBANCES[:2])
    assert np.abs(one - other).max() > 0


def test_onednn_is_used_again_after_a_run_without_it(done: World, tmp_path: Path) -> None:
    """A run without oneDNN enables it again at its end."""
    probed_disturbed(tiny_world(tmp_path / "without", **CUT), {"without": "onednn"})
    assert torch.backends.mkldnn.enabled
    assert probed(tiny_world(tmp_path / "again", **CUT)) == probed(done)


def test_a_test_of_first_weights_is_that_of_the_evaluation(done: World) -> None:
    """A probed test equals the evaluation of the first weights, and probabilities sum to one."""
    found = probed(done, "ten_crop")
    rows = np.array([float(word) for word in found["probabilities"].split()]).reshape(4, found["classes"])
    np.testing.assert_allclose(rows.sum(1), 1, rtol=1e-6)


def test_logits_averaged_over_crops_are_seen_on_any_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Averaging logits instead of probabilities over crops is detected, although first weights hide it."""
    before = probed(tiny_world(tmp_path / "before", **CUT), "ten_crop")

    def averaging(network: Network, mean: Tensor, crop: int, views: str) -> evaluation.Look:
        def scores(images: Tensor) -> Tensor:
            seen = evaluation.fixed_views(images, mean, crop, views)
            logits: Tensor = network(seen.flatten(0, 1)).float()
            return logits.view(*seen.shape[:2], -1).mean(1).softmax(1)

        return evaluation.Look(network, scores, 10)

    monkeypatch.setattr(evaluation, "views_look", averaging)
    now = probed(tiny_world(tmp_path / "now", **CUT), "ten_crop")
    one, other = ({"asked": {"what": "test"}, "found": probe} for probe in (before, now))
    said = compare_probe("table1", "cnn.ten_crop", one, other, Places(same=False, same_kind=True))
    assert said.severity == "regression"
    assert "probabilities at first weights, amplified" in said.said


def test_a_probe_that_was_stopped_begins_again(done: World, tmp_path: Path) -> None:
    """A probe that was stopped begins again, because a checkpoint lacks the first losses."""
    world = tiny_world(tmp_path, **CUT)
    probes = probes_of(world.plan)
    folder = written(world.store, probes.jobs[probes.trainings["cnn"]])
    folder.checkpoint.write_bytes(b"half")
    assert probed(world) == probed(done)


def test_a_training_that_diverges_is_told_by_its_losses(tmp_path: Path) -> None:
    """The losses of a diverging training end with the one that is not finite."""
    found = probed(tiny_world(tmp_path, **CUT, rate=1e8))
    assert found["losses"].split()[-1] in ("nan", "inf")
    assert found["after_drop"] == ""


def test_slopes_have_updates_of_their_own(tmp_path: Path) -> None:
    """PReLU slopes have updates of their own."""
    plan = make_plan(load_suite(shipped_suites() / "prelu_table1.yaml"), "ci")
    world = World(plan, Store(tmp_path))
    probes = probes_of(plan)
    wanted = {key: job for key, job in probes.jobs.items() if job.kind == "pixels" or key == probes.trainings["shared"]}
    survey = surveyed(plan.of_jobs(wanted), world.store, world.runtime.locations)
    execute(survey, Local(world.runtime, silent()), silent())
    result = world.store.folder("probe", probes.trainings["shared"]).read_result()
    assert result is not None
    kinds = {"biases", "slopes", "weights"}
    early = {f"{kind} {when}" for kind in kinds for when in ("in the first step", "in the first step after a drop")}
    assert result["probe"]["updates"].keys() == kinds | early


@pytest.mark.parametrize("value", [0.1, 1 / 3, 2.3025851, 1e-30, 16777217.0])
def test_numbers_come_back_bit_for_bit(value: float) -> None:
    """Numbers survive formatting bit for bit in single precision."""
    assert np.float32(numbers([value])) == np.float32(value)
