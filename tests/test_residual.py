"""Residual nets of the vocabulary against an independent torch module: counts, outputs, steps and state."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from measure_specs import measured
from residual_nets import PARAMETERS, Residual, TorchResidual, residual, same_tensors

from harness.jobs.optimiser_spec import Optimiser
from harness.jobs.ranks import ALONE
from harness.jobs.training.captured import unchanged
from harness.jobs.training.optimiser import make_optimiser
from harness.jobs.training.step import Step
from harness.models.initialisation import FanScaled, drawn, standard_deviations
from harness.models.initialisers import initialise
from harness.models.layers import trace
from harness.models.network import Network, build, weights_sha256

__all__ = ["residual"]

SHAPE = (3, 32, 32)
RULE = Optimiser(rule="rate_outside_velocity", momentum=0.9, weight_decay=0.0001, decays="all")


def net(blocks: int = 1, shortcuts: str = "a") -> Network:
    """Return a net of the vocabulary with the independent module's tensors."""
    network = build(Residual(blocks=blocks, shortcuts=shortcuts).layers(10), SHAPE)  # type: ignore[arg-type]
    same_tensors(network, TorchResidual(blocks, projected=shortcuts == "b"))
    return network


def a_batch(images: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Return noise and labels."""
    draws = torch.Generator().manual_seed(1)
    return torch.randn(images, *SHAPE, generator=draws), torch.randint(10, (images,), generator=draws)


@pytest.mark.parametrize(("depth", "parameters"), PARAMETERS.items())
def test_depths_have_the_parameters_of_the_independent_module(depth: int, parameters: int) -> None:
    """Description, our module and the other agree exactly with 0.27M, 0.46M, 0.66M, 0.85M and 1.7M of Table 6."""
    blocks = (depth - 2) // 6
    layers = Residual(blocks=blocks).layers(10)
    assert sum(one.parameters for one in trace(layers, SHAPE)) == parameters
    with torch.device("meta"):
        for module in (build(layers, SHAPE), TorchResidual(blocks, projected=False)):
            assert sum(one.numel() for one in module.parameters()) == parameters


def test_their_counts_can_be_a_suites_cells(residual: type[Residual]) -> None:
    """A suite's measurement counts parameters, scales, shifts, learned layers and sums of ResNet-56."""
    found = measured("network", net={"model": {"name": "residual", "blocks": 9}, "classes": 10, "input": [3, 32, 32]})
    assert {name: found[name] for name in ("parameters", "depth", "joins", "biases", "fc_parameters")} == {
        "parameters": 853_018,
        "depth": 56,
        "joins": 27,
        "biases": 10,
        "fc_parameters": 650,
    }
    assert found["scales"] == found["shifts"] == 16 * 19 + 32 * 18 + 64 * 18


@pytest.mark.parametrize("shortcuts", ["a", "b"])
@pytest.mark.parametrize("training", [True, False])
def test_forward_is_that_of_the_independent_module(shortcuts: str, training: bool) -> None:  # noqa: FBT001
    """Outputs agree with zero-padded and projected shortcuts, by the batch's statistics and by running ones."""
    ours, theirs = net(2, shortcuts).train(training), TorchResidual(2, projected=shortcuts == "b")
    same_tensors(copy.deepcopy(ours), theirs)
    theirs.train(training)
    views, _ = a_batch()
    torch.testing.assert_close(ours(views), theirs(views), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shortcuts", ["a", "b"])
def test_a_training_step_is_that_of_the_independent_module(shortcuts: str) -> None:
    """After three steps, every weight, scale, shift and running statistic agrees with torch's optimiser."""
    ours, theirs = net(1, shortcuts).train(), TorchResidual(1, projected=shortcuts == "b").train()
    same_tensors(copy.deepcopy(ours), theirs)
    step = Step(ours, make_optimiser(ours, RULE, 0.05), "fp32", None, ALONE, 8)
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9, weight_decay=0.0001)
    for _ in range(3):
        loss, _ = step(*a_batch())
        views, target = a_batch()
        optimiser.zero_grad()
        expected = F.cross_entropy(theirs(views), target)
        expected.backward()
        optimiser.step()
        torch.testing.assert_close(loss, expected.detach(), rtol=1e-4, atol=1e-5)
    for (name, own), other in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        torch.testing.assert_close(own, other, rtol=2e-3, atol=2e-5, msg=lambda said, name=name: f"{name}: {said}")
    assert int(ours.state_dict()["conv1_norm.num_batches_tracked"]) == 3


def test_a_dropped_shortcut_shows() -> None:
    """Identity shortcuts hold no parameter, so only the output and the number of sums reveal a missing one."""
    plain, residual_net = net(1, "none"), net(1, "a")
    views, _ = a_batch()
    assert not torch.allclose(plain.eval()(views), residual_net.eval()(views), atol=1e-2)
    traced = [list(trace(Residual(blocks=1, shortcuts=one).layers(10), SHAPE)) for one in ("none", "a")]  # type: ignore[arg-type]
    assert [sum(one.parameters for one in layers) for layers in traced] == [75_290, 75_290]
    assert [sum(one.layer.several for one in layers) for layers in traced] == [0, 3]


def test_what_comes_before_a_capture_leaves_no_running_statistic_behind() -> None:
    """The warm-up before a capture restores every buffer, also the one of whole numbers."""
    network = net().train()
    step = Step(network, make_optimiser(network, RULE, 0.05), "fp32", None, ALONE, 8)
    before = weights_sha256(network)
    places = {name: tensor.data_ptr() for name, tensor in network.state_dict().items()}
    with unchanged(network, step.optimiser, torch.device("cpu")):
        for _ in range(3):
            step(*a_batch())
        assert weights_sha256(network) != before
        assert int(network.get_buffer("conv1_norm.num_batches_tracked")) == 3
    assert weights_sha256(network) == before
    assert {name: tensor.data_ptr() for name, tensor in network.state_dict().items()} == places


def test_a_digest_tells_running_statistics_apart() -> None:
    """Nets that differ in one counted batch have different digests."""
    one, other = net(), net()
    other.get_buffer("conv1_norm.num_batches_tracked").add_(1)
    assert weights_sha256(one) != weights_sha256(other)


def test_first_weights_follow_the_rule_and_leave_normalisation_as_declared() -> None:
    """Every convolution follows Eq. 10; scales are one, shifts zero, and every value is finite."""
    layers = Residual(blocks=1, shortcuts="b").layers(10)
    network, traced = build(layers, SHAPE), list(trace(layers, SHAPE))
    initialise(network, traced, FanScaled(rule="he_forward"), torch.Generator().manual_seed(0))
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
    stds = standard_deviations(traced, FanScaled(rule="he_forward"))
    assert stds["stage2.block1.project"] == pytest.approx((2 / 16) ** 0.5)
    assert stds["stage3.block1.conv2"] == pytest.approx((2 / (9 * 64)) ** 0.5)
    assert [name for name, _, _ in drawn(traced)] == list(stds)
    assert {kind for kind, _, _ in network.kinds()} == {"weight", "bias", "scale", "shift"}
    for kind, _, parameter in network.kinds():
        if kind in ("scale", "shift", "bias"):
            assert parameter.detach().unique().tolist() == [1.0 if kind == "scale" else 0.0]


EVERY = ["weight", "bias", "scale", "shift"]


@pytest.mark.parametrize(
    ("decays", "expected"), [("weights", EVERY[:1]), ("all", EVERY), (["weight", "scale"], ["weight", "scale"])]
)
def test_decay_falls_on_the_kinds_that_are_named(decays: str | list[str], expected: list[str]) -> None:
    """Every parameter belongs to one group."""
    network = net()
    spec = Optimiser.parsed({"rule": "rate_outside_velocity", "momentum": 0.9, "weight_decay": 1e-4, "decays": decays})
    groups = make_optimiser(network, spec, 0.1).param_groups
    decay = {id(one): group["weight_decay"] for group in groups for one in group["params"]}
    assert len(decay) == len(list(network.parameters()))
    assert {kind for kind, _, one in network.kinds() if decay[id(one)]} == set(expected)
