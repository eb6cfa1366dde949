"""A net with batch normalisation as jobs: resumed, imported, probed, never divided. `validate` refuses a wrong net."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import torch
from residual_nets import Residual, residual
from suite_files import TABLE1, plain
from tiny_suites import CROP, SIDE, World, lasting

from harness.errors import Interrupted, SuiteError, UsageError
from harness.jobs.checkpoint import load_weights
from harness.jobs.evaluation.evaluate import trained_network
from harness.jobs.foreign_weights import misfits
from harness.jobs.training import train as training
from harness.machine.runtime import Runtime
from harness.models import MODELS
from harness.models.layers import Linear
from harness.models.network import weights_sha256
from harness.models.registered import Net
from harness.plan.graph import make_plan
from harness.run.dividing import require_whole_batches
from harness.run.import_weights import Foreign, import_weights
from harness.run.pipeline import run_suite
from harness.store.store import Store
from harness.suite.load import load_suite
from tests.jobs.test_probe import probed
from tests.models.layers.test_tracing import Convolution

__all__ = ["residual"]

FLAGS = {"offline": True, "refresh_stale": False}


def suite_of(folder: Path, model: dict[str, Any], name: str = "residual", **scale: Any) -> Path:
    """Write AlexNet's Table 1 with another net, on a few digits."""
    suite = plain(TABLE1)
    train = {"epochs": 2, "batch": 64, "rate": 0.05, "drops_after": [1], "prepare": {"short_side": SIDE}, "crop": CROP}
    subset = {"classes": 10, "per_class": 40}
    ci = {"seeds": 1, "data": "digits", "subset": subset, "train": train, **scale}
    suite |= {"suite": name, "scales": {"ci": ci}}
    change = {"initialisation": {"rule": "he_forward"}}
    suite["experiments"]["cnn"]["train"] |= {"model": model, "change": change}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(suite, indent=1))
    return path


def world_of(folder: Path) -> World:
    """Return a world with a residual net of eight layers and nothing run yet."""
    path = suite_of(folder, {"name": "residual", "blocks": 1, "width": 0.5})
    return World(make_plan(load_suite(path), "ci"), Store(folder / "runs"))


@pytest.fixture
def done(residual: type[Residual], tmp_path: Path) -> World:
    """Return such a world run to its end."""
    world = world_of(tmp_path / "done")
    assert world.run().failed == {}
    return world


def test_it_trains_and_its_running_statistics_are_kept(done: World) -> None:
    """The store returns weights and statistics with the result's digest, and tests use them."""
    weights = load_weights(done.folder("train"))
    steps = done.result("train")["steps"]
    assert {int(one) for name, one in weights.items() if name.endswith("num_batches_tracked")} == {steps}
    network = trained_network(done.folder("train"), done.folder("train").read_job()["spec"], torch.device("cpu"))
    assert weights_sha256(network) == done.result("train")["weights_sha256"]
    assert done.result("evaluate")["values"]["top1_error"] < 90


@pytest.mark.parametrize("step", [2, pytest.param(5, marks=pytest.mark.nightly)])
def test_stopped_and_resumed_it_ends_in_the_same_bits(
    done: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """It is stopped within the first epoch and at its end; a checkpoint holds the statistics."""
    world, whole, left = world_of(tmp_path / "stopped"), training.show, [step]

    def show(run: training.Training) -> None:
        whole(run)
        if left and run.state.epoch * run.steps + run.state.step == left[0]:
            left.pop()
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(training, "show", show)
    with pytest.raises(Interrupted):
        world.run()
    assert world.run().failed == {}
    assert "going on in epoch" in world.said
    assert lasting(world.result("train")) == lasting(done.result("train"))
    assert lasting(world.result("evaluate")) == lasting(done.result("evaluate"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"micro_batch": 16}, "--micro-batch 16"), ({"processes": 2}, r"2 processes a batch \(--gpus or --processes\)")],
)
def test_its_batches_are_not_divided(
    residual: type[Residual], tmp_path: Path, settings: dict[str, int], said: str
) -> None:
    """The run is refused before it starts, with the flag, the training and the layer in the message."""
    path = suite_of(tmp_path, {"name": "residual", "blocks": 1, "width": 0.5})
    runtime = Runtime(device="cpu", threads=1, **settings)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=rf"{said}: train cnn, seed 0 cannot .* layer conv1\.norm and 6 more"):
        run_suite(str(path), "ci", tmp_path / "runs", tmp_path / "out", runtime, FLAGS)
    assert list((tmp_path / "runs").glob("train-*")) == []


def test_parts_as_large_as_a_batch_divide_nothing(residual: type[Residual], tmp_path: Path) -> None:
    """A net that mixes no images may be divided."""
    world = world_of(tmp_path)
    require_whole_batches(world.plan.jobs.values(), Runtime(micro_batch=64))
    plain = make_plan(load_suite(suite_of(tmp_path, {"name": "cifar_conv", "width": 0.2}, "plain")), "ci")
    require_whole_batches(plain.jobs.values(), Runtime(micro_batch=8, processes=2))


def test_a_job_from_elsewhere_is_not_divided_either(residual: type[Residual], tmp_path: Path) -> None:
    """`job DIR` knows no plan, so the step itself refuses."""
    world = world_of(tmp_path)
    failed = world.run(micro_batch=16).failed
    assert "--micro-batch cannot split a batch for layer conv1.norm" in failed[world.plan.trainings["cnn", 0]]


def test_a_scale_may_not_have_gpus_share_its_batches(residual: type[Residual], tmp_path: Path) -> None:
    """`gpus` of a scale is then a fault of the suite."""
    path = suite_of(tmp_path, {"name": "residual", "blocks": 1}, gpus=2)
    with pytest.raises(SuiteError, match=r"`gpus: 2` would divide its batches, and layer conv1\.norm mixes"):
        load_suite(path)


def test_its_own_weights_can_be_imported(done: World, tmp_path: Path) -> None:
    """Weights and statistics of `weights.pt`, whole numbers included, give the same tests."""
    world = world_of(tmp_path / "elsewhere")
    foreign = Foreign(done.folder("train").weights, "the other store")
    folder, _ = import_weights(str(tmp_path / "elsewhere" / "residual.yaml"), "cnn", "ci", 0, foreign, world.store)
    result = folder.read_result()
    assert result is not None
    assert result["weights_sha256"] == done.result("train")["weights_sha256"]
    assert world.run().failed == {}
    assert world.result("evaluate")["values"] == done.result("evaluate")["values"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (torch.zeros((), dtype=torch.float32), "not of whole numbers: n (torch.float32)"),
        (torch.zeros((), dtype=torch.bool), "not of whole numbers: n (torch.bool)"),
        (torch.zeros((), dtype=torch.int32), None),
    ],
)
def test_whole_numbers_are_whole_numbers(given: torch.Tensor, said: str | None) -> None:
    """Integers of every width are accepted."""
    assert list(misfits({"n": torch.zeros((), dtype=torch.int64)}, {"n": given})) == ([] if said is None else [said])


def test_a_probe_of_first_weights_means_something(residual: type[Residual], tmp_path: Path) -> None:
    """Logits and probabilities use the images' own statistics, so they are not all equal."""
    world = world_of(tmp_path)
    found = probed(world)
    logits = torch.tensor([float(word) for word in found["logits"].split()]).view(4, 10)
    assert logits.isfinite().all()
    assert (logits[0] - logits[1]).abs().max() > 1e-3
    assert set(found["updates"]) >= {"weights", "biases", "scales", "shifts"}
    assert set(found["decays"]) == {"weights", "biases", "scales", "shifts"}
    test = probed(world, "ten_crop")
    rows = torch.tensor([float(word) for word in test["probabilities"].split()]).view(4, -1)
    torch.testing.assert_close(rows.sum(1), torch.ones(4))


class Forgotten(Net):
    """A net with a layer of an unknown kind."""

    name: Literal["forgotten"] = "forgotten"
    hidden_feature: ClassVar[str] = "fc"

    def layers(self, classes: int) -> tuple[Any, ...]:
        """Return two layers, the first of an unknown kind."""
        return Convolution("conv1", 8), Linear("fc", classes)


def test_an_unknown_layer_is_a_fault_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`validate` reports it at its place, with the layer's own file and the nearest kind; nothing is trained."""
    monkeypatch.setitem(MODELS, "forgotten", Forgotten)
    path = suite_of(tmp_path, {"name": "forgotten"})
    kind = r"layer conv1: Convolution \(.*test_tracing\.py\) is no kind of layer; did you mean 'Conv'\?"
    with pytest.raises(SuiteError, match=rf"residual\.yaml:\d+:\d+: scales\.ci: experiment 'cnn' cannot .*{kind}"):
        load_suite(path)


def test_an_unknown_layer_is_a_fault_of_a_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measurements of such a net are refused with the same words."""
    monkeypatch.setitem(MODELS, "forgotten", Forgotten)
    path = suite_of(tmp_path, {"name": "cifar_conv"})
    suite = json.loads(path.read_text())
    net = {"model": {"name": "forgotten"}, "classes": 10, "input": [3, 32, 32]}
    suite["experiments"]["counts"] = {"measure": {"what": "network", "net": net}}
    path.write_text(json.dumps(suite))
    with pytest.raises(SuiteError, match=r"experiments\.counts\.measure\.net: layer conv1: Convolution \("):
        load_suite(path)


CHAIN_ONLY = ("variance_products", "attenuation", "propagation", "rescaling")


@pytest.mark.parametrize("what", CHAIN_ONLY)
def test_measures_of_chains_refuse_a_net_that_is_none(residual: type[Residual], tmp_path: Path, what: str) -> None:
    """`validate` refuses it, so that no meaningless number is measured."""
    path = suite_of(tmp_path, {"name": "cifar_conv"})
    suite = json.loads(path.read_text())
    spec: dict[str, Any] = {
        "what": what,
        "net": {"model": {"name": "residual"}, "classes": 10, "input": [3, 32, 32]},
        "initialisation": {"rule": "he_forward"},
    }
    spec |= {"against": {"rule": "xavier"}} if what in ("attenuation", "rescaling") else {}
    spec |= {"batch": 2} if what in ("propagation", "rescaling") else {}
    suite["experiments"]["chain"] = {"measure": spec}
    path.write_text(json.dumps(suite))
    with pytest.raises(SuiteError, match=r"is that of a chain of layers, and stage1\.block1\.add takes"):
        load_suite(path)


class Headless(Forgotten):
    """A net without its classifier that names a missing layer."""

    name: Literal["headless"] = "headless"  # type: ignore[assignment]
    hidden_feature: ClassVar[str] = "fc6"
    complete: bool = False

    def layers(self, classes: int) -> tuple[Any, ...]:
        """Return layers up to the features, or up to the logits."""
        return Linear("fc", 32), *((Linear("fc8", classes),) if self.complete else ())


def test_a_net_without_logits_is_a_fault_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault appears at `validate`, not at the first step."""
    monkeypatch.setitem(MODELS, "headless", Headless)
    with pytest.raises(SuiteError, match=r"ends in layer fc with an output of \(32,\), not in 10 logits"):
        load_suite(suite_of(tmp_path, {"name": "headless"}))


def test_a_feature_that_is_no_layer_is_a_fault_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault appears at `validate`, not at the inspection after the training."""
    monkeypatch.setitem(MODELS, "headless", Headless)
    path = suite_of(tmp_path, {"name": "headless", "complete": True})
    load_suite(path)
    suite = json.loads(path.read_text())
    suite["experiments"]["cnn"]["inspect"] = {"near": {"what": "neighbours"}}
    path.write_text(json.dumps(suite))
    with pytest.raises(SuiteError, match="has no layer 'fc6' for an image's feature vector; did you mean 'fc"):
        load_suite(path)
