"""Tests of the released nets against counts of their definitions and a forward pass in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.models.alexnet import FULL_INPUT, AlexNet
from harness.models.alexnet_released import AlexNetReleased
from harness.models.geometry import Stem
from harness.models.layers import SpatialNorm, trace
from harness.models.network import Network, build

TINY = {"width": 1 / 24, "stem": Stem(kernel=5, stride=2, pad=(0, 1, 0, 1))}
SHAPE, CLASSES = (3, 30, 30), 7


def traced(run, classes=1000):
    """Return every layer of a net at full size, by name."""
    return {one.name: one for one in trace(AlexNetReleased(run=run).layers(classes), FULL_INPUT)}


@pytest.mark.parametrize(
    ("run", "classes", "count"),
    [
        ("145", 1000, 60_965_224),
        ("145-half", 1000, 59_798_312),
        ("147", 1000, 60_965_224),
        ("148", 1000, 60_965_224),
        ("146", 1000, 61_555_304),
        ("146", 10_184, 99_182_152),
        ("146-2011", 21_843, 110_605_267),
    ],
)
def test_a_net_has_the_parameters_of_its_definition(run, classes, count):
    """A net has the parameters counted from its layer files."""
    assert sum(one.parameters for one in traced(run, classes).values()) == count


@pytest.mark.parametrize(
    ("run", "sides"),
    [
        (
            "145",
            {"conv1": 55, "conv1.pool": 27, "conv2": 27, "conv2.pool": 13, "conv3": 13, "conv5": 13, "conv5.pool": 6},
        ),
        (
            "147",
            {"conv1": 55, "conv1.pool": 28, "conv2": 26, "conv2.pool": 13, "conv3": 13, "conv5": 11, "conv5.pool": 6},
        ),
        ("146", {"conv5.pool": 6, "conv6": 6}),
    ],
)
def test_maps_have_the_sides_of_the_release(run, sides):
    """Maps have sides of 55, 27, 13 and 6, and with plain pooling 55, 28, 26, 13, 13, 11 and 6."""
    layers = traced(run)
    assert {name: layers[name].output[1] for name in sides} == sides


def test_the_chain_of_145_is_that_of_the_release():
    """Net 145 normalises below the first ReLU and within maps, and has ReLU after pooling at conv1 and conv5."""
    assert list(traced("145")) == [
        "conv1", "conv1.norm", "conv1.pool", "conv1.relu",
        "conv2", "conv2.relu", "conv2.norm", "conv2.spatial_norm", "conv2.pool",
        "conv3", "conv3.relu", "conv4", "conv4.relu", "conv5", "conv5.pool", "conv5.relu",
        "fc6", "fc6.relu", "fc6.dropout", "fc7", "fc7.relu", "fc7.dropout", "fc8",
    ]  # fmt: skip


def test_148_has_none_of_the_three_normalisations():
    """Net 148 is net 145 without its three normalisations."""
    assert [name for name in traced("145") if "norm" not in name] == list(traced("148"))


def test_the_sixth_convolution_sees_both_halves_and_the_factored_layer_has_no_unit():
    """In 146 and 146-2011 conv6 sees both halves, and the factored layer has no nonlinearity."""
    layers = traced("146-2011", 21_843)
    assert layers["conv6"].kernels.groups == 1
    assert list(layers)[-3:] == ["fc7.dropout", "fc8a", "fc8"]
    assert layers["fc8a"].output == (2048,)


def seeded(model, shape=SHAPE):
    """Return a net with fixed weights for every variant of one shape, in float64, and three images."""
    network = build(model.layers(CLASSES), shape).double().eval()
    draws = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws, dtype=torch.float64) * 0.3)
    return network, torch.randn(3, *shape, generator=draws, dtype=torch.float64) * 60


def logits(network: Network, images: torch.Tensor) -> np.ndarray:
    """Return the logits of the net."""
    with torch.no_grad():
        return network(images).numpy()


def convolved(x, weight, bias, *, stride=1, pad=(0, 0, 0, 0), groups=1):
    """Compute a convolution position by position; pad is left, right, top, bottom."""
    left, right, top, bottom = pad
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    kernel = weight.shape[-1]
    rows, columns = ((side - kernel) // stride + 1 for side in x.shape[2:])
    found = np.empty((len(x), len(weight), rows, columns))
    seen, made = x.shape[1] // groups, len(weight) // groups
    for group in range(groups):
        own, filters = x[:, group * seen : (group + 1) * seen], slice(group * made, (group + 1) * made)
        for row in range(rows):
            for column in range(columns):
                window = own[:, :, row * stride : row * stride + kernel, column * stride : column * stride + kernel]
                found[:, filters, row, column] = np.tensordot(window, weight[filters], ((1, 2, 3), (1, 2, 3)))
    return found + bias[:, None, None]


def pooled(x):
    """Compute maxima of windows of three, two apart, that cover the map; the last is cut at the border."""
    rows, columns = (1 + -(-(side - 3) // 2) for side in x.shape[2:])
    places = [[x[:, :, 2 * r : 2 * r + 3, 2 * c : 2 * c + 3].max((2, 3)) for c in range(columns)] for r in range(rows)]
    return np.stack([np.stack(line, -1) for line in places], -2)


def across(a, alpha, groups):
    """Compute a / (2 + alpha S)^0.75 with S over the maps i - 2 to i + 2 of the same half."""
    b = np.empty_like(a)
    half = a.shape[1] // groups
    for i in range(a.shape[1]):
        first = i // half * half
        low, high = max(first, i - 2), min(first + half, i + 3)
        b[:, i] = a[:, i] / (2 + alpha * (a[:, low:high] ** 2).sum(1)) ** 0.75
    return b


def within(a):
    """Compute a / (1 + 0.001 / 25 S)^0.75 with S over the surrounding 5 x 5 positions, cut at the borders."""
    b = np.empty_like(a)
    for row in range(a.shape[2]):
        for column in range(a.shape[3]):
            window = a[:, :, max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
            b[:, :, row, column] = a[:, :, row, column] / (1 + 0.001 / 25 * (window**2).sum((2, 3))) ** 0.75
    return b


def by_hand(network, images, alpha=0.0001 / 5):
    """Compute net 145 from its definition, with units multiplied by one half as in a test."""
    w = {name: tensor.detach().numpy() for name, tensor in network.named_parameters()}

    def conv(name, x, **how):
        return convolved(x, w[f"{name}.weight"], w[f"{name}.bias"], **how)

    def dense(name, x):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def relu(x):
        return np.maximum(x, 0)

    x = conv("conv1", images.numpy(), stride=2, pad=(0, 1, 0, 1))
    x = relu(pooled(across(x, alpha, 2)))
    x = relu(conv("conv2", x, pad=(2, 2, 2, 2), groups=2))
    x = pooled(within(across(x, alpha, 2)))
    x = relu(conv("conv3", x, pad=(1, 1, 1, 1)))
    x = relu(conv("conv4", x, pad=(1, 1, 1, 1), groups=2))
    x = relu(pooled(conv("conv5", x, pad=(1, 1, 1, 1), groups=2))).reshape(len(x), -1)
    for name in ("fc6", "fc7"):
        x = 0.5 * relu(dense(name, x))
    return dense("fc8", x)


def test_the_forward_pass_is_that_of_the_release_written_out():
    """The forward pass equals that written out to 1e-12 of the largest logit."""
    network, images = seeded(AlexNetReleased(**TINY))
    expected = by_hand(network, images)
    assert np.abs(logits(network, images) - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize(
    "switch", [{"alpha": "printed"}, {"norm_groups": 1}, {"first_norm": "after_relu"}, {"spatial_norm": False}]
)
def test_each_switch_of_the_normalisation_gives_other_logits(switch):
    """Each switch of the normalisation changes the logits far beyond rounding, so alphas cannot be confused."""
    (released, images), (other, _) = seeded(AlexNetReleased(**TINY)), seeded(AlexNetReleased(**TINY, **switch))
    found, changed = logits(released, images), logits(other, images)
    assert np.abs(found - changed).max() > 1e-4 * np.abs(found).max()


def test_the_printed_alpha_is_five_times_the_released_one():
    """The printed alpha is five times the released one, in the same forward pass by hand."""
    network, images = seeded(AlexNetReleased(**TINY, alpha="printed"))
    expected = by_hand(network, images, alpha=0.0001)
    assert np.abs(logits(network, images) - expected).max() < 1e-12 * np.abs(expected).max()


def test_all_switches_back_are_the_printed_net():
    """With all switches set back the net equals the printed one up to rounding, at sizes where no window overhangs."""
    back = {"alpha": "printed", "norm_groups": 1, "first_norm": "after_relu", "spatial_norm": False}
    whole = (3, 32, 32)
    (released, images), (printed, _) = seeded(AlexNetReleased(**TINY, **back), whole), seeded(AlexNet(**TINY), whole)
    expected = logits(printed, images)
    assert np.abs(logits(released, images) - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_spatial_normalisation_is_its_formula_place_by_place(size):
    """Spatial normalisation equals its formula; windows are cut at borders, even ones reach further up and left."""
    a = torch.randn(2, 3, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 10
    found = SpatialNorm("norm", k=1.5, size=size, alpha=0.01, beta=0.75).module((3, 6, 5))(a)
    x, before, after = a.numpy(), size // 2, (size - 1) // 2
    for row in range(6):
        for column in range(5):
            window = x[:, :, max(0, row - before) : row + after + 1, max(0, column - before) : column + after + 1]
            expected = x[:, :, row, column] * (1.5 + 0.01 * (window**2).sum((2, 3))) ** -0.75
            assert np.allclose(found[:, :, row, column], expected, rtol=1e-13)


def test_spatial_normalisation_has_the_gradient_of_its_formula():
    """Spatial normalisation has the gradient of its formula, by finite differences in float64."""
    a = torch.randn(1, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).requires_grad_()
    norm = SpatialNorm("norm", k=1.0, size=3, alpha=0.1, beta=0.75).module((2, 4, 4))
    assert torch.autograd.gradcheck(norm, (a,))
