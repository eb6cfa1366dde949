"""Tests of the inspection of gradients: norms are those of autograd for the batch that the seed chooses."""

import math

import pytest
import torch
from inspected_nets import InspectedNet, recipe

from harness.jobs.inspections import parsed
from harness.jobs.inspections.on_device.gradients import summary
from harness.jobs.inspections.subject import seeded_order


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """Return a trained net."""
    return InspectedNet(tmp_path_factory.mktemp("net"))


def test_norms_are_those_of_backward(net):
    """The norms equal those of `backward` on the whole batch."""
    split = net.split("train")
    batch = seeded_order(split.ids, 3)[:40]
    views = split.images(batch)[:, :, 2:30, 2:30] - torch.from_numpy(_mean(net))[:, 2:30, 2:30]
    loss = torch.nn.functional.cross_entropy(net.network.eval()(views), split.labels[batch])
    torch.autograd.backward(loss)

    values = net.inspected({"what": "gradients", "batch": 40, "seed": 3})[0]["values"]

    assert values["loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    decay = recipe().optimiser.weight_decay
    for name in ("conv1", "conv2", "fc6", "fc8"):
        weight = net.network.get_parameter(f"{name}.weight")
        assert values[f"{name}_gradient"] == pytest.approx(float(weight.grad.norm()), rel=1e-4)
        assert values[f"{name}_decay"] == pytest.approx(decay * float(weight.detach().norm()), rel=1e-4)


def test_whole_norm_is_that_of_the_layers_together():
    """The total norm is the root of the sum of squares over layers, and the ratio uses the totals."""
    values = summary(1.0, ["conv1", "fc2"], [3.0, 4.0], [6.0, 8.0]).values

    assert (values["gradient"], values["decay"], values["decay_to_gradient"]) == (5, 10, 2)


def test_no_gradient_at_all_has_no_ratio():
    """A net whose gradient is zero has no ratio, with a reason."""
    found = summary(1.0, ["conv1"], [0.0], [1.0])

    assert found.absent == {"decay_to_gradient": "the gradient of the loss is zero"}
    assert "decay_to_gradient" not in found.values


def test_a_dead_layer_stops_the_gradient_below_it(tmp_path):
    """With fc8 at zero no gradient reaches the layers before it, and the ratio still exists."""
    net = InspectedNet(tmp_path)
    net.network.get_parameter("fc8.weight").data.zero_()
    net.keep_weights()

    values = net.inspected({"what": "gradients"})[0]["values"]

    assert [values[f"{name}_gradient"] for name in ("conv1", "conv5", "fc7")] == [0, 0, 0]
    assert values["fc8_gradient"] > 0
    assert math.isfinite(values["decay_to_gradient"])


def test_same_seed_same_bits(net):
    """The same seed gives the same numbers, and another batch gives others."""
    first, again, other = (net.inspected({"what": "gradients", "seed": seed})[0]["values"] for seed in (0, 0, 1))

    assert first == again
    assert first["loss"] != other["loss"]


def test_every_layer_with_weights_is_named(net):
    """Each of the eight layers with weights has two norms."""
    quantities = parsed({"what": "gradients"}).quantities(net.traced, 10)

    assert sum(name.endswith("_gradient") for name in quantities) == 8 + 1
    assert {"conv1_decay", "fc8_gradient", "gradient", "decay", "decay_to_gradient", "loss"} <= set(quantities)


def _mean(net: InspectedNet):
    import numpy as np

    with np.load(net.inputs("pixel_statistics").pixels) as stored:
        return stored["mean"]
