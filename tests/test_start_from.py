"""A fine-tuned net starts with the weights of another net, layer by layer where shapes fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_suites import World, tiny_suite
from torch import Tensor, nn

from harness.jobs import checkpoint
from harness.jobs.training import first_weights
from harness.jobs.training import train as training
from harness.plan.graph import make_plan
from harness.store.store import Store
from harness.suite.load import load_suite


def world_of(folder: Path) -> World:
    """Return the tiny suite with its net, and a second net fine-tuned from it."""
    path = tiny_suite(folder, subset={"classes": 10, "per_class": 20}, epochs=1, drops_after=[])
    suite = json.loads(path.read_text())
    cnn = suite["experiments"]["cnn"]
    suite["experiments"]["tuned"] = {**cnn, "train": {**cnn["train"], "start_from": "cnn"}}
    path.write_text(json.dumps(suite))
    return World(make_plan(load_suite(path), "ci"), Store(folder / "runs"))


def test_a_tuned_net_begins_with_the_weights_that_the_other_ended_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every tensor is equal bit for bit; the other net started from the weights of its seed."""
    begun: dict[bool, dict[str, Tensor]] = {}
    resume = training.resume

    def begins(run: training.Training) -> None:
        begun["network" in run.work.inputs] = {name: one.clone() for name, one in run.network.state_dict().items()}
        resume(run)

    monkeypatch.setattr(training, "resume", begins)
    world = world_of(tmp_path)
    assert world.run(["pixels", "train"]).failed == {}
    ended = checkpoint.load_weights(world.store.folder("train", world.plan.trainings["cnn", 0]))
    assert begun[True].keys() == begun[False].keys() == ended.keys()
    assert all(torch.equal(begun[True][name], ended[name]) for name in ended)
    assert not any(torch.equal(begun[False][name], ended[name]) for name in ended if name.endswith("weight"))


@pytest.mark.parametrize("start_from", [checkpoint.start_from, first_weights.start_from])
def test_a_tensor_of_another_shape_keeps_its_first_weights(start_from: Any) -> None:
    """The last layer keeps its first weights where classes differ; a layer of only one net is ignored."""
    net, other = (nn.Sequential(nn.Linear(3, 4), nn.Linear(4, classes)) for classes in (5, 7))
    first = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    start_from(net, {**other.state_dict(), "gone.weight": torch.zeros(2)})
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, (other.state_dict() if name.startswith("0.") else first)[name])
