"""Tests of auxiliary classifiers: their losses count in a step of training, and tests of a net know nothing of them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.jobs.training.step import gradients
from harness.models.layers import Activation, Auxiliary, Conv, Layer, Linear
from harness.models.network import Network, build

LAYERS: tuple[Layer, ...] = (
    Conv("conv1", 4, 3),
    Activation("relu", "relu1"),
    Linear("head", 3),
    Auxiliary("aux", 0.3),
    Conv("conv2", 4, 3, inputs=("relu1",)),
    Linear("fc", 3),
)


def network() -> Network:
    """Return the net with random weights."""
    built, draws = build(LAYERS, (2, 8, 8)), torch.Generator().manual_seed(0)
    for parameter in built.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=draws)
    return built


def batch() -> tuple[Tensor, Tensor]:
    """Return six images with their labels."""
    return torch.randn(6, 2, 8, 8, generator=torch.Generator().manual_seed(1)), torch.arange(6) % 3


def by_hand(net: Network, views: Tensor, labels: Tensor) -> Tensor:
    """Return the loss of both classifiers, written out."""
    first = net.relu1(net.conv1(views))
    aside = F.cross_entropy(net.head(first.flatten(1)), labels)
    return F.cross_entropy(net.fc(net.conv2(first).flatten(1)), labels) + 0.3 * aside


def test_a_step_adds_the_weighted_loss_of_an_auxiliary_classifier() -> None:
    """Loss and gradients are those of the sum written out; 0.3 is Szegedy et al.'s weight (section 5)."""
    net, other = network(), network()
    views, labels = batch()
    loss, _ = gradients(net, views, labels, "fp32", None)
    wanted = by_hand(other, views, labels)
    wanted.backward()
    torch.testing.assert_close(loss, wanted.detach())
    for (name, one), two in zip(net.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad, msg=name)


def test_parts_of_a_batch_sum_to_it_with_auxiliary_losses_too() -> None:
    """Parts of two images have the gradients of the batch of six."""
    net, other = network(), network()
    gradients(net, *batch(), "fp32", None)
    gradients(other, *batch(), "fp32", 2)
    for one, two in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad)


def test_a_test_does_not_compute_it() -> None:
    """The net's output is that of its last layer, and the layers that lead to the auxiliary classifier do not run."""
    net = network().eval()
    views, _ = batch()
    with torch.no_grad():
        before = net(views)
        net.head.weight.fill_(float("nan"))
        seen = []
        net.head.register_forward_hook(lambda *_: seen.append("head"))
        assert torch.equal(net(views), before)
    assert before.shape == (6, 3)
    assert not seen
