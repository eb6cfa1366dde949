"""Tests of protocols on image files of many sizes: several scales, samples, and splits without labels."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from image_folders import make_image_folders
from tiny_paper import MODEL, PAPER, RECIPES, flatten

from harness.data.locate import Locations
from harness.data.splits import Split, open_split
from harness.data.views import central
from harness.jobs.evaluation.evaluate import look_of, probabilities, trained_network, views_look
from harness.jobs.pixels import load_pixels
from harness.jobs.recipe import Protocol
from harness.jobs.work import Work
from harness.machine.runtime import Runtime
from harness.plan.graph import make_plan
from harness.plan.status import surveyed
from harness.progress import Progress
from harness.run.execute import execute
from harness.run.executors.local import Local
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder, Store
from harness.suite.load import load_suite

TESTS = {name: {"split": "val", "views": name} for name in RECIPES["protocols"]}

SUITE: dict[str, Any] = {
    "suite": "tiny",
    "paper": "tiny",
    "title": "A net tested in every way",
    "source": "nowhere",
    "experiments": {
        "net": {
            "train": {"model": MODEL, "data": "ilsvrc2012", "recipe": "jittered"},
            "evaluate": TESTS,
        }
    },
    "scales": {"subset": {"seeds": 1, "subset": {"classes": 5, "per_class": 8}}},
}


class World:
    """A finished plan with its store."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "data"
        make_image_folders(self.root / "ilsvrc2012", classes=5, train=10, val=4, test=1)
        flatten(self.root / "ilsvrc2012" / "test")
        self.plan, self.store = make_plan(load_suite(written(folder)), "subset"), Store(folder / "runs")
        self.locations = Locations.gather(data_root=self.root, config_files=())

    def run(self) -> dict[str, str]:
        """Run the jobs that are left; return those that failed."""
        progress = Progress(io.StringIO())
        runtime = Runtime(self.locations, device="cpu", threads=1)
        survey = surveyed(self.plan, self.store, runtime.locations)
        return dict(execute(survey, Local(runtime, progress), progress).failed)

    def test(self, name: str) -> JobFolder:
        """Return the folder of one test."""
        return self.store.folder("evaluate", self.plan.evaluations["net", name, 0])

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Read what a test stored for each image."""
        with np.load(self.test(name).predictions, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}


def written(folder: Path, **changes: Any) -> Path:
    """Write the suite as a file, with its paper beside it."""
    (folder / "papers" / "tiny").mkdir(parents=True, exist_ok=True)
    (folder / "papers" / "tiny" / "paper.yaml").write_text(json.dumps(PAPER))
    (folder / "papers" / "tiny" / "recipes.yaml").write_text(json.dumps(RECIPES))
    (folder / "tiny.yaml").write_text(json.dumps(SUITE | changes))
    return folder / "tiny.yaml"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Run the suite."""
    world = World(tmp_path_factory.mktemp("world"))
    assert world.run() == {}
    return world


def network_and_mean(world: World) -> tuple[torch.nn.Module, torch.Tensor]:
    """Return the trained net and the mean image."""
    training = world.store.folder("train", world.plan.trainings["net", 0])
    (pixels,) = (job for job in world.plan.jobs.values() if job.kind == "pixels")
    mean = load_pixels(world.store.folder("pixels", pixels.key), torch.device("cpu")).mean
    return trained_network(training, training.read_job()["spec"], torch.device("cpu")), mean


def opened(world: World, **prepare: int) -> Split:
    """Open the validation images with the preparation of the experiment or of a test."""
    data = world.plan.experiments["net"].data
    changed = data.model_copy(update={"prepare": data.prepare.model_copy(update=prepare)})
    return open_split(changed, "val", world.locations, threads=1)


def test_passes_are_averaged_with_equal_weight(world: World) -> None:
    """Scores at two scales are averaged image by image, although image sizes differ from pass to pass."""
    small, large, both = (world.arrays(name) for name in ("dense_32", "dense_48", "dense_both"))
    assert np.array_equal(small["ids"], both["ids"])
    assert np.abs(small["probabilities"] - large["probabilities"]).max() > 1e-6
    mean = (small["probabilities"].astype(np.float64) + large["probabilities"]) / 2
    np.testing.assert_allclose(both["probabilities"], mean, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", TESTS)
def test_predictions_are_in_the_order_of_the_split(world: World, name: str) -> None:
    """Predictions are in the order of the split, although batches group images by size."""
    found, split = world.arrays(name), opened(world)
    split = split.sample(7) if name == "sampled" else split
    assert found["ids"].tolist() == split.ids
    assert found["labels"].tolist() == split.labels.tolist()
    assert tuple(found["classes"].tolist()) == split.classes
    np.testing.assert_allclose(found["probabilities"].sum(1), 1, atol=1e-5)


def test_dense_scores_are_those_of_one_image_at_a_time(world: World) -> None:
    """Dense scores do not depend on the other images in a batch."""
    from harness.jobs.evaluation.dense import DenseNetwork

    network, mean = network_and_mean(world)
    protocol = world.plan.experiments["net"].evaluations["dense_32"][1]
    model = world.plan.experiments["net"].model
    assert model.last_map is not None
    assert protocol.window is not None
    dense = DenseNetwork.cut(network.eval(), model.last_map, protocol.window)
    colours = central(mean, 28).mean((1, 2), keepdim=True)
    split = opened(world, center=None)
    with torch.inference_mode():
        alone = torch.cat([dense.scores(split.images([i]) - colours, flips=True) for i in range(split.count)])
    assert len({tuple(size) for size in split.pixels.sizes.tolist()}) > 5
    np.testing.assert_allclose(world.arrays("dense_32")["probabilities"], alone.numpy(), rtol=1e-4, atol=1e-6)


def test_ten_crops_of_the_whole_image_are_wider_apart(world: World) -> None:
    """With `scales`, corner views are those of the whole image; without, of the central square; the centre is one."""
    square, whole = (world.arrays(name)["probabilities"] for name in ("ten", "ten_whole"))
    assert np.abs(square - whole).max() > 1e-6


def test_sample_sees_the_same_as_the_whole(world: World) -> None:
    """A sample gives the same rows as the whole split, and the record says that it was a sample."""
    part, whole = world.arrays("sampled"), world.arrays("centre")
    places = [whole["ids"].tolist().index(identity) for identity in part["ids"].tolist()]
    np.testing.assert_allclose(part["probabilities"], whole["probabilities"][places], rtol=1e-4, atol=1e-6)
    result = world.test("sampled").read_result()
    assert result is not None
    assert (result["data"][0]["count"], result["data"][0]["whole"]) == (7, False)


def test_net_trained_on_a_central_mean_is_tested_with_it(world: World) -> None:
    """A net trained with the central part of the mean image is tested with it too."""
    network, mean = network_and_mean(world)
    split, cpu = opened(world), torch.device("cpu")
    watcher = Work({}, world.test("ten"), {}, Runtime(), Progress(io.StringIO()), StopSignal())
    same = probabilities(views_look(network, central(mean, 28), 28, "ten_crop"), split, cpu, watcher)
    other = probabilities(views_look(network, mean, 28, "ten_crop"), split, cpu, watcher)
    stored = world.arrays("ten")["probabilities"]
    np.testing.assert_allclose(stored, same.numpy(), rtol=1e-4, atol=1e-6)
    assert np.abs(stored - other.numpy()).max() > 1e-4


class Seen(torch.nn.Module):
    """A net that keeps the images it is shown and always returns zeros."""

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Return logits of five classes."""
        self.views = views
        return torch.zeros(len(views), 5)


@pytest.mark.parametrize("scales", [None, [32]])
def test_images_of_another_scale_have_no_place_in_the_mean_image(tmp_path: Path, scales: list[int] | None) -> None:
    """Rescaled images lose the central part of the mean image; prepared images lose the part under each view."""
    mean, folder = torch.arange(3 * 32 * 32.0).view(3, 32, 32) % 251, JobFolder(tmp_path)
    np.savez(folder.pixels, mean=mean.numpy())
    work = Work({}, folder, {"pixel_statistics": folder}, Runtime(), Progress(io.StringIO()), StopSignal())
    training = {"recipe": {"crop": 28, "augmentation": {"mean": "same_offset"}}}
    network, protocol = Seen(), Protocol(source="", views="ten_crop", scales=scales)
    look_of(work, training, network, protocol, torch.device("cpu")).scores(mean[None].to(torch.uint8))
    under = mean[:, :28, :28] if scales is None else mean[:, 2:30, 2:30]
    assert torch.equal(network.views[0], mean[:, :28, :28] - under)


def test_validation_is_the_test_on_the_centre(world: World) -> None:
    """The last validation error of the training curve equals that of a test on central views."""
    training = world.store.folder("train", world.plan.trainings["net", 0])
    result = world.test("centre").read_result()
    assert result is not None
    assert training.read_metrics()[-1]["val_top1_error"] == result["values"]["top1_error"]


def test_labels_that_were_never_published_give_no_errors(tmp_path: Path) -> None:
    """Without published labels, a test stores predictions and has no metrics."""
    world = World(tmp_path)
    net = SUITE["experiments"]["net"] | {"evaluate": {"unlabelled": {"split": "test", "views": "dense_32"}}}
    changed = {"experiments": {"net": net}, "scales": {"paper": {"seeds": 1}}}
    world.plan = make_plan(load_suite(written(tmp_path, **changed)), "paper")
    assert world.run() == {}
    result, found = world.test("unlabelled").read_result(), world.arrays("unlabelled")
    assert result is not None
    assert (result["outcome"], result["values"]) == ("done", {})
    assert found["probabilities"].shape == (5, 1000)
    assert found["labels"].tolist() == [-1] * 5
    assert found["ids"].tolist()[0] == "ilsvrc2012/test/ILSVRC2012_test_00000001.JPEG"
