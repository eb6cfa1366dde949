"""Tests that a step as a CUDA graph equals the plain step, and that without a GPU the plain step is used."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from harness.jobs.device import on_device, set_up
from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.randomness import seed_step
from harness.jobs.ranks import ALONE
from harness.jobs.training import captured
from harness.jobs.training.captured import CapturedStep, Stepping, hold_rate, start_velocities, unchanged
from harness.jobs.training.optimiser import make_optimiser, set_rate
from harness.jobs.training.step import Step
from harness.machine.runtime import Runtime
from harness.models.alexnet import AlexNet
from harness.models.geometry import Stem
from harness.models.network import build

BATCH = 16
RULE = Optimiser(rule="rate_inside_velocity", momentum=0.9, weight_decay=0.0005)


def on_gpu(test: Any) -> Any:
    """Mark of a test that needs a GPU."""
    return pytest.mark.gpu(pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")(test))


def a_step(device: str, precision: str = "fp32", micro_batch: int | None = None) -> Step:
    """Return a step on a narrow AlexNet with dropout and fixed first weights."""
    where = set_up(Runtime(device=device, threads=1))  # type: ignore[arg-type]
    network = build(AlexNet(width=0.1, stem=Stem(kernel=5, stride=1, pad=(2, 2, 2, 2))).layers(10), (1, 28, 28))
    draws = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05, generator=draws)
    network = on_device(network, where).train()
    return Step(network, make_optimiser(network, RULE, 0.01), precision, micro_batch, ALONE, BATCH)


def batches(device: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return a few batches of noise."""
    draws = torch.Generator().manual_seed(2)
    return [
        (
            torch.randn(BATCH, 1, 28, 28, generator=draws).to(device),
            torch.randint(10, (BATCH,), generator=draws).to(device),
        )
        for _ in range(5)
    ]


def trained(step: Step, take: Any, device: str) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Take a step on each batch with a drop of the rate between; return (losses and mistakes, weights)."""
    found = []
    for number, batch in enumerate(batches(device)):
        if number == 3:
            set_rate(step.optimiser, 0.001)
        seed_step(7, 0, number)
        found += [float(value) for value in take(*batch)]
    return found, copy.deepcopy(step.network.state_dict())


def said_nothing(line: str) -> None:
    """Fail if anything is reported."""
    pytest.fail(line)


@pytest.mark.parametrize("micro_batch", [None, 4])
def test_on_a_cpu_the_step_is_taken_as_it_is(micro_batch: int | None) -> None:
    """On a CPU the plain step is used, with the same bits and an unchanged optimiser."""
    plain, step = a_step("cpu", micro_batch=micro_batch), a_step("cpu", micro_batch=micro_batch)
    (found, weights), (same, others) = trained(plain, plain, "cpu"), trained(step, Stepping(step, said_nothing), "cpu")
    assert found == same
    assert all(torch.equal(weight, others[name]) for name, weight in weights.items())
    assert {type(group["lr"]) for group in step.optimiser.param_groups} == {float}


def test_velocities_of_zero_and_a_rate_in_a_tensor_change_nothing() -> None:
    """Zero velocities and a rate in a tensor give the same training up to the rounding of the rate."""
    plain, step = a_step("cpu"), a_step("cpu")
    start_velocities(step.optimiser)
    (found, weights), (same, others) = trained(plain, plain, "cpu"), trained(step, step, "cpu")
    assert found == same
    assert all(torch.equal(weight, others[name]) for name, weight in weights.items())
    held = a_step("cpu")
    hold_rate(held.optimiser, torch.device("cpu"))
    _, weights = trained(held, held, "cpu")
    for name, weight in weights.items():
        torch.testing.assert_close(weight, others[name], rtol=1e-5, atol=1e-7)


def test_what_comes_before_a_capture_leaves_no_trace() -> None:
    """A capture leaves no trace in weights, velocities and draws."""
    plain, step = a_step("cpu"), a_step("cpu")
    torch.manual_seed(5)
    with unchanged(step.network, step.optimiser, torch.device("cpu")):
        for batch in batches("cpu"):
            step(*batch)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(3))
    (found, weights), (same, others) = trained(plain, plain, "cpu"), trained(step, step, "cpu")
    assert found == same
    assert all(torch.equal(weight, others[name]) for name, weight in weights.items())


def test_a_step_that_cannot_be_captured_is_taken_plainly_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that cannot be captured is taken plainly, with the reason in one line."""
    step, said = a_step("cpu"), []

    def refuse(*_: object) -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(captured, "CapturedStep", refuse)
    views = SimpleNamespace(is_cuda=True, device=torch.device("cpu"))
    assert captured.captured(step, views, torch.zeros(1), said.append) is step  # type: ignore[arg-type]
    (line,) = said
    assert line.endswith("could not be captured: operation not permitted when stream is capturing")


@on_gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_captured_training_is_the_plain_one(precision: str) -> None:
    """A captured training equals the plain one in losses, mistakes and weights, with dropout and a drop of the rate."""
    plain, step = a_step("cuda", precision), a_step("cuda", precision)
    hold_rate(plain.optimiser, torch.device("cuda"))
    start_velocities(plain.optimiser)
    taken = captured.captured(step, *batches("cuda")[0], said_nothing)
    assert isinstance(taken, CapturedStep)
    (found, weights), (same, others) = trained(plain, plain, "cuda"), trained(step, taken, "cuda")
    assert found == same
    assert all(torch.equal(weight, others[name]) for name, weight in weights.items())


@on_gpu
def test_a_capture_changes_neither_weights_nor_draws() -> None:
    """A capture changes neither weights nor draws."""
    step = a_step("cuda")
    before = copy.deepcopy(step.network.state_dict())
    torch.cuda.manual_seed(3)
    captured.captured(step, *batches("cuda")[0], said_nothing)
    drawn = torch.rand(4, device="cuda")
    torch.cuda.manual_seed(3)
    assert torch.equal(drawn, torch.rand(4, device="cuda"))
    assert all(torch.equal(weight, before[name]) for name, weight in step.network.state_dict().items())


@on_gpu
def test_captured_steps_follow_their_seeds() -> None:
    """Captured steps follow their seeds, whatever came between."""
    step = a_step("cuda")
    set_rate(step.optimiser, 1e-30)  # so small that the weights stay
    batch = batches("cuda")[0]
    taken = captured.captured(step, *batch, said_nothing)
    losses = []
    for seed in (1, 2, 1):
        seed_step(seed, 0, 0)
        losses.append(float(taken(*batch)[0]))
    assert losses[0] == losses[2] != losses[1]


@on_gpu
def test_after_a_capture_that_failed_steps_are_taken_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a capture that failed, training continues plainly to the same bits."""
    lost: list[torch.cuda.CUDAGraph] = []
    monkeypatch.setattr(captured, "_lost", lost)
    plain, step, said = a_step("cuda"), a_step("cuda"), []
    whole = Step.__call__

    def waiting(self: Step, views: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = whole(self, views, target)
        found[0].item()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Step, "__call__", waiting)
        taken = captured.captured(step, *batches("cuda")[0], said.append)
    assert taken is step
    assert (len(lost), len(said)) == (1, 1)
    hold_rate(plain.optimiser, torch.device("cuda"))
    start_velocities(plain.optimiser)
    (found, weights), (same, others) = trained(plain, plain, "cuda"), trained(step, taken, "cuda")
    assert found == same
    assert all(torch.equal(weight, others[name]) for name, weight in weights.items())


def test_no_capture_is_tried_after_one_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a capture that failed no other is tried, because torch's allocator still refers to the lost graph."""
    step, said = a_step("cpu"), []
    monkeypatch.setattr(captured, "_lost", [object()])
    views = SimpleNamespace(is_cuda=True, device=torch.device("cpu"))
    assert captured.captured(step, views, torch.zeros(1), said.append) is step  # type: ignore[arg-type]
    assert said == ["steps are launched kernel by kernel, for a capture failed earlier in this process"]
