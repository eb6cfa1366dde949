"""Every figure of a suite is a picture with what a reader has to know of it, or says why there is none."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from drawn_pictures import words

from harness.errors import HarnessError
from harness.jobs.measures import MEASURES
from harness.models.alexnet import AlexNet
from harness.models.layers import trace
from harness.plan.status import Status
from harness.report import figures
from harness.store.store import Store

NAMES = np.array(["ankle boot", "bag", "coat"])
KERNELS = {"kernels": np.random.default_rng(0).standard_normal((4, 3, 5, 5)), "groups": np.array(2)}
GRADIENTS = {"layers": np.array(["conv1", "fc2"]), "gradients": np.array([1e-3, 1.0]), "decays": np.array([0.1, 0.2])}
CLASSES = {"errors": np.array([0.0, 5.0]), "counts": np.array([1, 1]), "class_names": NAMES[:2], "top": np.array(5)}
CURVES = {name: {"train_error": {"0": [[1, 60.0], [2, 40.0]]}} for name in ("cnn", "other")}


class World:
    """A plan of two experiments with three seeds and three inspections each, and a store that jobs are put into."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.failed: dict[str, str] = {}
        self.standing: dict[str, Status] = {}
        self.figures: dict[str, Any] = {}
        inspect = {name: SimpleNamespace(what=name) for name in ("kernels", "gradients", "per_class")}
        experiments = {name: SimpleNamespace(inspect=inspect, measure=None) for name in ("cnn", "other")}
        network = MEASURES["network"].spec.parsed(
            {"what": "network", "net": {"model": {"name": "alexnet"}, "classes": 1000, "input": [3, 224, 224]}}
        )
        experiments["count"] = SimpleNamespace(inspect={}, measure=network)
        narrow = tuple(trace(AlexNet(width=0.1).layers(10), (3, 224, 224)))
        resolved = SimpleNamespace(data=SimpleNamespace(name="digits"), traced=lambda: narrow)
        keys = {
            (one, what, seed): f"{one}-{what}-{seed}"
            for one in ("cnn", "other")
            for what in inspect
            for seed in range(3)
        }
        self.plan: Any = SimpleNamespace(
            suite=SimpleNamespace(file=SimpleNamespace(figures=self.figures, experiments=experiments)),
            scale="small",
            seeds=range(3),
            inspections=keys,
            experiments={"cnn": resolved, "other": resolved},
        )
        self.standing |= dict.fromkeys(keys.values(), Status("to do"))

    def figure(self, **said: Any) -> None:
        """The one figure of the suite."""
        blank = dict.fromkeys(("inspection", "curve", "threshold", "drawing", "not_run"))
        about = {"ref": "F3", "title": "A title", "shows": "something", "experiments": ["cnn"]}
        self.figures["f3"] = SimpleNamespace(**{**blank, **about, **said})

    def finish(self, experiment: str, what: str, seed: int, arrays: dict[str, Any], **absent: str) -> None:
        """Put a finished job into the store."""
        key = self.plan.inspections[experiment, what, seed]
        self.standing[key] = Status("done", "", {"values": {}, "absent": absent})
        if arrays:
            buffer = io.BytesIO()
            np.savez(buffer, **arrays)
            folder = self.store.folder("inspect", key)
            folder.path.mkdir(parents=True)
            folder.inspection.write_bytes(buffer.getvalue())

    def records(self) -> list[dict[str, Any]]:
        """What the page is given."""
        return figures.figures_of(self.plan, self.store, self.standing, self.failed, CURVES)


@pytest.fixture
def world(tmp_path) -> World:
    """Nothing done yet."""
    return World(tmp_path)


def test_a_figure_that_nothing_can_stand_for_says_so(world):
    """Its own words, and no picture."""
    world.figure(not_run="needs the test server", experiments=[])

    (record,) = world.records()

    assert (record.id, record.ref, record.shows) == ("f3", "F3", "something")
    assert (record.not_run, record.svg_data_uri) == ("needs the test server", None)


def test_first_seed_is_shown_and_named(world):
    """By rule, not by looks: the caption says scale, data, experiment, seed and how it is drawn."""
    world.figure(inspection="kernels")
    for seed in (0, 1):
        world.finish("cnn", "kernels", seed, KERNELS)

    (record,) = world.records()

    assert record.caption.startswith("At small scale, digits of scikit-learn; experiment cnn, seed 0 of 3.")
    assert figures.CAPTIONS["kernels"] in record.caption
    assert words(record.svg_data_uri) == ["group 1", "group 2"]
    assert record.not_run is None


def test_a_seed_that_diverged_is_passed_over_and_told(world):
    """The first with a result stands in for it."""
    world.figure(inspection="kernels")
    world.finish("cnn", "kernels", 0, {}, colourfulness="the net diverged")
    world.finish("cnn", "kernels", 2, KERNELS)

    (record,) = world.records()

    assert "seed 2, the first with a result of 3" in record.caption


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda world: world.failed.clear(), "not run yet"),
        (lambda world: world.failed.update({"cnn-kernels-0": "JobFailed: out of memory"}), "JobFailed: out of memory"),
        (
            lambda world: world.standing.update({"cnn-kernels-1": Status("blocked", "ilsvrc2010 is not on disk")}),
            "ilsvrc2010 is not on disk",
        ),
        (
            lambda world: [world.finish("cnn", "kernels", seed, {}, x="the net diverged") for seed in range(3)],
            "the net diverged",
        ),
        (lambda world: [world.finish("cnn", "kernels", seed, {}) for seed in range(3)], "no image of this kind"),
    ],
)
def test_nothing_to_draw_has_its_reason(world, prepare, expected):
    """What stands in the way, by name of the experiment."""
    world.figure(inspection="kernels")
    prepare(world)

    (record,) = world.records()

    assert record.not_run == f"cnn: {expected}"
    assert record.svg_data_uri is None


def test_every_experiment_has_its_own_picture(world):
    """Under an id of its own; one that is not run does not keep the other away."""
    world.figure(inspection="per_class", experiments=["cnn", "other"])
    world.finish("other", "per_class", 0, CLASSES)

    cnn, other = world.records()

    assert (cnn.id, cnn.not_run) == ("f3.cnn", "cnn: not run yet")
    assert (other.id, other.not_run) == ("f3.other", None)


def test_gradients_of_all_stand_in_one_chart(world):
    """Of every experiment and seed there is; what is missing is named."""
    world.figure(inspection="gradients", experiments=["cnn", "other"])
    world.finish("cnn", "gradients", 0, GRADIENTS)
    world.finish("cnn", "gradients", 1, GRADIENTS)

    (record,) = world.records()

    assert "seeds: cnn 2 of 3." in record.caption
    assert "Not drawn: other: not run yet." in record.caption
    assert "cnn" in words(record.svg_data_uri)


def test_curves_stand_in_one_chart(world):
    """With the threshold, and with the name of an experiment that has none yet."""
    world.figure(curve="train_error", threshold=25.0, experiments=["cnn", "other", "third"])

    (record,) = world.records()

    assert {"cnn", "other", "25"} <= set(words(record.svg_data_uri))
    assert record.caption.endswith("No curves yet of third.")


def test_the_threshold_of_the_scale_is_drawn(world):
    """Where it is declared by scale, and none where it is not."""
    for threshold, drawn in (({"small": 17.3, "paper": 24.7}, {"17.3"}), ({"paper": 24.7}, set())):
        world.figure(curve="train_error", threshold=threshold, experiments=["cnn"])
        (record,) = world.records()
        assert {"17.3", "24.7"} & set(words(record.svg_data_uri)) == drawn


def test_no_curves_at_all_is_not_run(world):
    """An empty chart is not drawn."""
    world.figure(curve="validation_error")

    (record,) = world.records()

    assert record.not_run == "no learning curves of cnn yet"


@pytest.mark.parametrize("experiment", ["cnn", "count"])
def test_nets_are_drawn_as_declared(world, experiment):
    """A trained experiment's net at this scale, or the one that a measurement counts; nothing has to have run."""
    world.figure(drawing="architecture", experiments=[experiment])

    (record,) = world.records()

    assert ("290,400" in words(record.svg_data_uri)) == (experiment == "count")
    assert record.caption.startswith(f"Experiment {experiment}.")


def test_activations_of_several_nets_are_one_drawing(world):
    """ReLU once for each net that has it."""
    world.figure(drawing="activations", experiments=["cnn", "count"])

    (record,) = world.records()

    assert record.alt == "cnn: ReLU; count: ReLU"


def test_stale_results_are_said_to_be_stale(world):
    """The picture is shown with the reason."""
    world.figure(inspection="kernels")
    world.finish("cnn", "kernels", 0, KERNELS)
    result = world.standing["cnn-kernels-0"].result
    world.standing["cnn-kernels-0"] = Status("stale", "the code of inspect jobs has changed since", result)

    (record,) = world.records()

    assert record.caption.endswith("STALE: the code of inspect jobs has changed since.")


def test_damaged_arrays_are_named(world):
    """The file and the remedy."""
    world.figure(inspection="kernels")
    world.finish("cnn", "kernels", 0, KERNELS)
    world.store.folder("inspect", "cnn-kernels-0").inspection.write_bytes(b"PK damaged")

    with pytest.raises(HarnessError, match=r"inspection.npz is damaged .*; move .* away to run it again"):
        world.records()


def test_same_results_same_records(world):
    """Nothing in a picture changes with the moment."""
    world.figure(inspection="kernels")
    world.finish("cnn", "kernels", 0, KERNELS)

    assert world.records() == world.records()
