"""Tests of steps in parts: they give the gradients of the whole batch, with dropout drawn for the whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from finished_worlds import CUT
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_suites import World, tiny_world

from harness.data.locate import Locations
from harness.data.share import Share, share
from harness.errors import Interrupted, UsageError
from harness.jobs.checkpoint import load_weights
from harness.jobs.training.step import gradients, in_parts, whole_draws
from harness.models import network as networks
from harness.models.layers import Activation, BatchNorm, Conv, Dropout, Layer, Linear, MaxPool, ResponseNorm
from harness.models.modules import PaperDropout
from harness.models.network import build
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.report.page.render import render

LAYERS = (
    Conv("conv1", 8, 3, pad=(1, 1, 1, 1)),
    Activation("relu", "relu1"),
    ResponseNorm("norm1", k=2, n=5, alpha=1e-4, beta=0.75),
    MaxPool("pool1", 3, 2),
    Dropout("drop1", 0.3),
    Linear("fc2", 16),
    Activation("prelu_channel", "prelu2", 0.25),
    Dropout("drop2", 0.5),
    Linear("fc3", 10),
)
"""Layers that treat images in every way of the papers' nets, with dropout on maps and on vectors."""
BATCH = 24
PART = CUT["subset"]


def net() -> networks.Network:
    """Return a net of these layers with fixed first weights."""
    network = networks.build(LAYERS, (3, 9, 9))
    draws = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=draws)
    return network.to(memory_format=torch.channels_last).train()


def taken(
    micro_batch: int | None, part: Share | None = None
) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    """Return (loss, mistakes, gradients) of one batch."""
    network, draws = net(), torch.Generator().manual_seed(2)
    views = torch.randn(BATCH, 3, 9, 9, generator=draws).to(memory_format=torch.channels_last)
    target = torch.randint(10, (BATCH,), generator=draws)
    torch.manual_seed(3)
    if part is not None:
        views, target = views[part.part], target[part.part]
    loss, wrong = gradients(network, views, target, "fp32", micro_batch, part)
    found = {name: parameter.grad for name, parameter in network.named_parameters() if parameter.grad is not None}
    return loss, wrong, found


@settings(max_examples=settings().max_examples // 2)
@given(st.integers(1, BATCH + 3))
def test_the_parts_gradients_sum_to_the_whole_batchs(micro_batch: int) -> None:
    """Gradients of parts sum to that of the batch up to rounding, and the mistakes are equal."""
    loss, wrong, whole = taken(None)
    loss_in_parts, wrong_in_parts, parts = taken(micro_batch)
    assert parts.keys() == whole.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(loss_in_parts, loss)
    assert int(wrong_in_parts) == int(wrong)


@settings(max_examples=settings().max_examples // 2)
@given(st.integers(2, BATCH), st.one_of(st.none(), st.integers(1, BATCH + 3)))
def test_the_shares_gradients_sum_to_the_whole_batchs(processes: int, micro_batch: int | None) -> None:
    """Gradients, losses and mistakes of shares sum to those of the batch, for any number of processes and parts."""
    loss, wrong, whole = taken(None)
    shares = [taken(micro_batch, share(BATCH, rank, processes)) for rank in range(processes)]
    for name, gradient in whole.items():
        summed = torch.stack([found[name] for _, _, found in shares]).sum(0)
        torch.testing.assert_close(summed, gradient, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(torch.stack([one for one, _, _ in shares]).sum(), loss)
    assert sum(int(one) for _, one, _ in shares) == int(wrong)


def test_the_loss_is_the_mean_log_probability_of_the_labels() -> None:
    """The loss is the mean negative log-probability of the labels (AlexNet section 3.5), with its gradient."""
    network = build([Linear("fc", 3)], (4,))
    torch.nn.init.normal_(network.fc.weight, generator=torch.Generator().manual_seed(1))
    torch.nn.init.zeros_(network.fc.bias)
    views, target = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 2, 1, 1, 0])
    loss, wrong = gradients(network, views, target, "fp32", None)
    scores = network(views).detach().double().exp()
    softmax = scores / scores.sum(1, keepdim=True)
    torch.testing.assert_close(loss.double(), -softmax[range(5), target].log().mean())
    error = (softmax - torch.nn.functional.one_hot(target, 3)) / 5
    torch.testing.assert_close(network.fc.bias.grad.double(), error.sum(0))
    torch.testing.assert_close(network.fc.weight.grad.double(), error.T @ views.double())
    assert int(wrong) == int((softmax.argmax(1) != target).sum())


def test_other_draws_would_be_seen() -> None:
    """Parts with draws of their own give different gradients, so the comparison above can fail."""
    network = net()
    views, target = torch.ones(BATCH, 3, 9, 9), torch.zeros(BATCH, dtype=torch.int64)
    found = []
    for seed in (3, 4):
        network.zero_grad()
        torch.manual_seed(seed)
        gradients(network, views, target, "fp32", None)
        found.append(network.get_submodule("fc2").weight.grad.clone())
    assert not torch.allclose(*found, rtol=1e-2)


def test_a_batch_that_is_not_split_is_the_plain_step() -> None:
    """A batch that is not split gives the bits of the plain step."""
    for micro_batch in (BATCH, BATCH + 1):
        assert all(torch.equal(taken(None)[2][name], one) for name, one in taken(micro_batch)[2].items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("micro_batch", [1, 5, 8])
def test_dropout_in_parts_is_that_of_the_whole(micro_batch: int, layout: Any, dtype: torch.dtype) -> None:
    """Dropout in parts equals dropout of the whole, in both memory layouts, and draws anew afterwards."""
    layer = PaperDropout(0.4).train()
    x = torch.ones(BATCH, 6, 5, 4, dtype=dtype).to(memory_format=layout)
    torch.manual_seed(5)
    whole, after = layer(x), layer(x)
    torch.manual_seed(5)
    parts = []
    with whole_draws(torch.nn.Sequential(layer), BATCH) as begin:
        for start in range(0, BATCH, micro_batch):
            begin(start)
            parts.append(layer(x[start : start + micro_batch]))
    assert torch.equal(torch.cat(parts), whole)
    assert torch.equal(layer(x), after)


def test_label_smoothing_is_its_formula_in_parts_and_whole() -> None:
    """Label smoothing follows its formula for K classes, 1 - s + s / K and s / K, in parts and whole."""
    network, views, target = net().eval(), torch.randn(BATCH, 3, 9, 9), torch.arange(BATCH) % 10
    smooth = torch.full((BATCH, 10), 0.2 / 10)
    smooth[torch.arange(BATCH), target] += 0.8
    expected = -(smooth * network(views).log_softmax(1)).sum(1).mean()
    loss, _ = gradients(network, views, target, "fp32", None, None, 0.2)
    torch.testing.assert_close(loss, expected.detach())
    in_parts, _ = gradients(network, views, target, "fp32", 5, None, 0.2)
    torch.testing.assert_close(in_parts, loss)
    assert abs(float(gradients(network, views, target, "fp32", None)[0] - loss)) > 1e-4


@dataclass(frozen=True, slots=True)
class TorchsDropout(Layer):
    """A layer that claims not to mix images, and draws random numbers in an unknown way."""

    mixes_images: ClassVar[bool] = False
    name: str

    def output(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the input."""
        return shapes[0]

    def module(self, *_shapes: tuple[int, ...]) -> torch.nn.Module:
        """Return torch's module."""
        return torch.nn.Dropout(0.5)


@pytest.mark.parametrize("layer", [BatchNorm("odd"), TorchsDropout("odd")], ids=["BatchNorm", "Dropout"])
def test_a_layer_that_mixes_images_is_refused(layer: Layer) -> None:
    """A layer that mixes images is refused in parts; the message names the layer and the flag."""
    network = networks.build((layer, Linear("fc", 10)), (3, 3, 3))
    torch.nn.init.normal_(network.get_parameter("fc.weight"))
    torch.nn.init.zeros_(network.get_parameter("fc.bias"))
    views, target = torch.randn(8, 3, 3, 3), torch.zeros(8, dtype=torch.int64)
    gradients(network, views, target, "fp32", None)
    with pytest.raises(UsageError, match=r"--micro-batch cannot split .* layer odd, where"):
        gradients(network, views, target, "fp32", 4)
    with pytest.raises(UsageError, match="--gpus cannot split"):
        gradients(network, views[:4], target[:4], "fp32", None, share(8, 0, 2))


@pytest.fixture(scope="module")
def whole(finished: Callable[..., World]) -> World:
    """Train without the flag."""
    return finished(**CUT)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Train with batches of 64 in parts of 24."""
    world = tiny_world(tmp_path_factory.mktemp("split"), subset=PART)
    world.runtime = replace(world.runtime, micro_batch=24)
    assert world.run(micro_batch=24).failed == {}
    return world


def test_a_training_in_parts_has_the_keys_and_weights_of_the_whole(whole: World, split: World) -> None:
    """A training in parts has the same keys, and the same weights up to rounding after two epochs."""
    assert list(split.plan.jobs) == list(whole.plan.jobs)
    ours, theirs = (load_weights(world.folder("train")) for world in (split, whole))
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-3, atol=1e-5)
    assert not all(torch.equal(ours[name], weight) for name, weight in theirs.items())


def test_a_training_in_parts_says_so(whole: World, split: World) -> None:
    """The result of a training in parts, its tests and the report all say so."""
    assert "micro_batch" not in whole.result("train")
    assert split.result("train")["micro_batch"] == 24
    assert split.result("evaluate")["marks"] == in_parts(64, 24)
    standing = statuses(split.plan, split.store, Locations())
    results, curves = gather(split.plan, split.store, standing, Choice("ci", "", ""))
    deviation = next(one for one in results.deviations if one.id == "micro_batch")
    assert (deviation.expected, deviation.affects) == ("none but rounding", ["cnn"])
    assert "In parts of 24 images" in render(results, curves)
    standing = statuses(whole.plan, whole.store, Locations())
    assert "micro_batch" not in json.dumps(gather(whole.plan, whole.store, standing, Choice("ci", "", ""))[0].plain())


def test_a_part_as_large_as_the_batch_is_no_part(whole: World, tmp_path: Path) -> None:
    """A part as large as the batch gives the plain run to the bit, and no mark."""
    world = whole.copied(tmp_path)
    shutil.rmtree(world.folder("train").path)
    world.run({"train"}, micro_batch=64)
    assert world.result("train")["weights_sha256"] == whole.result("train")["weights_sha256"]
    assert "micro_batch" not in world.result("train")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (None, 24),
        pytest.param(24, None, marks=pytest.mark.nightly),
        pytest.param(24, 16, marks=pytest.mark.nightly),
    ],
)
def test_going_on_in_other_parts_is_refused_unless_asked_for(
    whole: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int | None, then: int | None
) -> None:
    """Resuming with other parts is refused unless allowed."""
    from harness.jobs.training import train as training

    world = whole.copied(tmp_path)
    shutil.rmtree(world.folder("train").path)
    show = training.show

    def stopping(run: Any) -> None:
        show(run)
        if run.state.step == 3:
            run.work.stop.number = 15

    monkeypatch.setattr(training, "show", stopping)
    with pytest.raises(Interrupted):
        world.run({"train"}, micro_batch=first)
    monkeypatch.setattr(training, "show", show)
    (reason,) = world.run({"train"}, micro_batch=then).failed.values()
    assert f"micro_batch {first!r} -> {then!r}" in reason
    assert world.run({"train"}, micro_batch=then, resume_elsewhere=True).failed == {}
    assert any("resumed elsewhere" in mark for mark in world.result("train")["marks"])
    shutil.rmtree(tmp_path)
