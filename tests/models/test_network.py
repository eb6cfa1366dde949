"""Tests of torch modules built from layer descriptions."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from harness.models.alexnet import FULL_INPUT, AlexNet
from harness.models.geometry import Stem
from harness.models.layers import (
    Activation,
    AveragePool,
    Conv,
    Dropout,
    Linear,
    Local,
    MaxPool,
    PyramidPool,
    ResponseNorm,
    trace,
)
from harness.models.network import activations, build, child_name, decay_groups, weights_sha256

SHAPE = (4, 13, 11)
EVERY_LAYER = (
    Conv("conv1", 6, 3, stride=2, pad=(0, 3, 1, 2), groups=2),
    Activation("prelu_channel", "conv1.prelu", 0.25),
    ResponseNorm("conv1.norm", k=2.0, n=5, alpha=1e-4, beta=0.75, per_group=2),
    Conv("conv2", 8, 3, pad=(1, 1, 2, 2)),
    Activation("prelu_shared", "conv2.prelu", 0.1),
    MaxPool("conv2.pool", 3, 2),
    Local("local", 4, 3, pad=(2, 1, 1, 1)),
    AveragePool("local.pool", 2, 1, cover=True),
    Activation("leaky", "leaky", 0.01),
    PyramidPool("spp", (2, 1)),
    Linear("fc1", 12),
    Activation("tanh", "fc1.tanh"),
    Dropout("fc1.dropout", 0.5),
    Linear("fc2", 9),
    Activation("logistic", "fc2.logistic"),
    Activation("relu", "fc2.relu"),
    Linear("fc3", 5),
)


def filled(layers, shape, seed=0):
    """Return a net in test mode with small normal numbers everywhere but in its slopes."""
    network = build(layers, shape).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for kind, _, parameter in network.kinds():
            if kind in ("weight", "bias"):
                parameter.normal_(0, 0.2, generator=generator)
    return network


def test_every_layer_gives_the_shape_and_parameters_of_its_trace():
    """Every layer of the module has the shape and parameters of its trace."""
    network = filled(EVERY_LAYER, SHAPE)
    out = activations(network, torch.randn(2, *SHAPE), [layer.name for layer in EVERY_LAYER])
    for traced in trace(EVERY_LAYER, SHAPE):
        module = network.get_submodule(child_name(traced.layer.name))
        assert tuple(out[traced.layer.name].shape) == (2, *traced.output)
        assert sum(parameter.numel() for parameter in module.parameters()) == traced.parameters


def test_alexnet_in_torch_has_60965224_parameters_and_a_thousand_logits():
    """AlexNet in torch has 60,965,224 parameters and a thousand logits, checked without allocating its weights."""
    with torch.device("meta"):
        network = build(AlexNet().layers(1000), FULL_INPUT)
        logits = network(torch.empty(1, *FULL_INPUT))
    assert sum(parameter.numel() for parameter in network.parameters()) == 60_965_224
    assert logits.shape == (1, 1000)


def test_padding_that_differs_by_side_adds_zeros_on_those_sides():
    """Padding that differs by side adds zeros on those sides, such as three on the right and below for conv1."""
    layer = Conv("conv1", 2, 3, stride=2, pad=(0, 3, 1, 0))
    network = filled((layer,), (3, 8, 7))
    x = torch.randn(2, 3, 8, 7)
    conv = network.get_submodule("conv1")
    padded = torch.zeros(2, 3, 9, 10)
    padded[:, :, 1:, :7] = x
    torch.testing.assert_close(network(x), F.conv2d(padded, conv.weight, conv.bias, stride=2))


def test_padding_that_is_the_same_on_opposite_sides_is_the_convolutions_own():
    """Padding equal on opposite sides is done by the convolution, without a copy of the images."""
    network = filled((Conv("conv1", 2, 3, pad=(2, 2, 1, 1)),), (3, 8, 7))
    x = torch.randn(2, 3, 8, 7)
    conv = network.get_submodule("conv1")
    assert [name for name, _ in network.named_children()] == ["conv1"]
    torch.testing.assert_close(network(x), F.conv2d(F.pad(x, (2, 2, 1, 1)), conv.weight, conv.bias))


@pytest.mark.parametrize(("side", "size", "stride"), [(7, 3, 2), (8, 3, 2), (3, 2, 2), (5, 3, 3), (2, 3, 2)])
@pytest.mark.parametrize(("pool", "of"), [(MaxPool, torch.amax), (AveragePool, torch.mean)])
def test_covering_windows_see_what_there_is_of_the_map(pool, of, side, size, stride):
    """Covering windows over the edge give the maximum, or the mean, of their positions within the map."""
    layers = (pool("pool", size, stride, cover=True),)
    x = torch.randn(2, 3, side, side)
    y = build(layers, (3, side, side))(x)
    (traced,) = trace(layers, (3, side, side))
    assert tuple(y.shape[1:]) == traced.output
    for row in range(y.shape[2]):
        for column in range(y.shape[3]):
            top, left = row * stride, column * stride
            torch.testing.assert_close(y[:, :, row, column], of(x[:, :, top : top + size, left : left + size], (2, 3)))


@pytest.mark.parametrize(
    ("kind", "slope", "formula"),
    [
        ("relu", 0.0, lambda x: x.clamp_min(0)),
        ("tanh", 0.0, lambda x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())),
        ("logistic", 0.0, lambda x: 1 / (1 + (-x).exp())),
        ("leaky", 0.3, lambda x: torch.where(x > 0, x, 0.3 * x)),
        ("prelu_shared", 0.25, lambda x: torch.where(x > 0, x, 0.25 * x)),
        ("prelu_channel", 0.4, lambda x: torch.where(x > 0, x, 0.4 * x)),
    ],
)
def test_an_activation_is_its_formula(kind, slope, formula):
    """An activation equals its formula with the declared slope."""
    x = torch.linspace(-3, 3, 24).view(1, 2, 3, 4)
    layer = build((Activation(kind, "activation", slope),), (2, 3, 4))
    torch.testing.assert_close(layer(x), formula(x))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_maps_are_flattened_as_maps_rows_columns(layout):
    """Maps are flattened in the order channels, rows, columns, in either memory layout."""
    network = filled((Linear("fc", 3),), (2, 4, 5))
    x = torch.randn(6, 2, 4, 5)
    fc = network.get_submodule("fc")
    torch.testing.assert_close(network(x.to(memory_format=layout)), F.linear(x.reshape(6, 40), fc.weight, fc.bias))


def test_nothing_is_learned_or_guessed_before_initialisation():
    """Before initialisation weights and biases are NaN, slopes are as declared, and nothing was drawn."""
    state = torch.get_rng_state()
    network = build(EVERY_LAYER, SHAPE)
    assert torch.equal(torch.get_rng_state(), state)
    drawn = [parameter for kind, _, parameter in network.kinds() if kind in ("weight", "bias")]
    assert len(drawn) == 12
    assert all(parameter.isnan().all() for parameter in drawn)
    assert network.get_submodule("conv1_prelu").weight.tolist() == [0.25] * 6
    assert network.get_submodule("conv2_prelu").weight.tolist() == pytest.approx([0.1])


def test_activations_are_those_on_the_way_to_the_logits():
    """Activations are those on the way to the logits: run on from the last, the net gives its output."""
    network = filled(EVERY_LAYER, SHAPE)
    x = torch.randn(3, *SHAPE)
    found = activations(network, x, ["fc2.relu", "conv1"])
    assert list(found) == ["conv1", "fc2.relu"]
    torch.testing.assert_close(network.get_submodule("fc3")(found["fc2.relu"]), network(x))
    torch.testing.assert_close(found["conv1"], network.cut("conv1")[0](x))


def test_activations_stop_at_the_last_layer_asked_for():
    """Activations stop at the last layer asked for, so later NaN weights and shapes do not matter."""
    network = filled(EVERY_LAYER, SHAPE)
    network.get_submodule("fc3").forward = lambda _: pytest.fail("ran on to fc3")
    assert activations(network, torch.randn(1, *SHAPE), ["fc2"])["fc2"].shape == (1, 9)


def test_activations_of_an_unknown_layer_are_an_error():
    """The error for activations of an unknown layer lists the layers."""
    with pytest.raises(ValueError, match=r"no layer conv9\.relu; there are conv1_pad, conv1, "):
        activations(filled(EVERY_LAYER, SHAPE), torch.randn(1, *SHAPE), ["conv1", "conv9.relu"])


def test_weight_decay_falls_on_weights_and_on_nothing_else():
    """By default only weights decay (PReLU section 2.1), and every parameter is in one group."""
    network = build(EVERY_LAYER, SHAPE)
    decay = {id(p): group["weight_decay"] for group in decay_groups(network, 5e-4) for p in group["params"]}
    assert len(decay) == len(list(network.parameters()))
    for name, parameter in network.named_parameters():
        weight = name.startswith(("conv1.", "conv2.", "local.", "fc")) and name.endswith(".weight")
        assert decay[id(parameter)] == (5e-4 if weight else 0.0), name


def test_all_parameters_decay_when_asked_for():
    """With `all`, every parameter decays."""
    groups = decay_groups(build(EVERY_LAYER, SHAPE), 5e-4, "all")
    assert {group["weight_decay"] for group in groups} == {5e-4}


def test_the_digest_is_of_the_values_and_not_of_how_they_are_held():
    """A channels-last copy has the same digest."""
    network = filled(EVERY_LAYER, SHAPE)
    other = copy.deepcopy(network).to(memory_format=torch.channels_last)
    assert weights_sha256(other) == weights_sha256(network)


def test_the_digest_does_not_depend_on_the_order_of_the_layers():
    """The digest does not depend on the order of layers."""
    one, two = nn.Linear(3, 2), nn.PReLU()
    assert weights_sha256(nn.ModuleDict({"a": one, "b": two})) == weights_sha256(nn.ModuleDict({"b": two, "a": one}))


@pytest.mark.parametrize("change", ["value", "shape", "dtype", "name", "slope"])
def test_the_digest_sees_every_change(change):
    """The digest changes with one bit of a weight, a shape, a type, a name or a slope."""
    network = nn.Sequential()
    network.add_module("fc", nn.Linear(4, 6, bias=False))
    network.add_module("prelu", nn.PReLU(1))
    before = weights_sha256(network)
    with torch.no_grad():
        match change:
            case "value":
                network.fc.weight.view(torch.int32)[0, 0] ^= 1
            case "shape":
                network.fc.weight.data = network.fc.weight.data.view(4, 6)
            case "dtype":
                network.fc.weight.data = network.fc.weight.data.view(torch.int32).view(torch.float32).double()
            case "name":
                network.add_module("fd", network.fc)
                del network.fc
            case "slope":
                network.prelu.weight.zero_()
    assert weights_sha256(network) != before


def test_a_small_alexnet_trains_a_step_in_bfloat16_and_channels_last():
    """A small AlexNet trains a step in bfloat16 and channels-last order, with a gradient for every parameter."""
    model = AlexNet(width=0.05, stem=Stem(kernel=5, stride=1, pad=(2, 2, 2, 2)))
    network = filled(model.layers(10), (3, 32, 32)).train().to(memory_format=torch.channels_last)
    x = torch.randn(4, 3, 32, 32).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = F.cross_entropy(network(x), torch.arange(4))
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in network.parameters())
