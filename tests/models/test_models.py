"""Tests of what all registered nets share, and that each learns when small."""

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from harness.models import MODELS, ScaledModel, parse_model
from harness.models.initialisation import FanScaled
from harness.models.initialisers import initialise
from harness.models.layers import trace
from harness.models.network import activations, build

STEM_3 = {"kernel": 3, "stride": 1, "pad": [1, 1, 1, 1]}
STEM_5 = {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]}

SMALL = {
    # net as in a suite, what a scale changes for images of 28 pixels
    "alexnet": ({}, {"width": 0.125, "stem": STEM_5}),
    "alexnet, half": ({"half": True, "groups": 1}, {"width": 0.125, "stem": STEM_5}),
    "alexnet, six": ({"sixth_conv": True, "norm_groups": 2, "pool_size": 2}, {"width": 0.125, "stem": STEM_5}),
    "alexnet, less": ({"without": ["conv2", "conv5", "fc6"]}, {"width": 0.125, "stem": STEM_5}),
    "alexnet_released": ({}, {"width": 0.125, "stem": STEM_5}),
    "cifar_conv": ({}, {"width": 0.25}),
    "cifar_conv, tanh": ({"activation": "tanh"}, {"width": 0.25}),
    "cifar_conv, logistic": ({"activation": "logistic", "hidden": 64}, {"width": 0.25}),
    "cifar_local": ({}, {"width": 0.125}),
    "prelu_small": ({}, {"width": 0.125, "stem": STEM_3, "levels": [3, 2, 1]}),
    "prelu_small, 30": (
        {"extra": 16, "activation": "prelu_channel"},
        {"width": 0.125, "stem": STEM_3, "levels": [2, 1]},
    ),
    "prelu_large, a": ({"variant": "a", "activation": "leaky"}, {"width": 0.0625, "stem": STEM_3, "levels": [3, 2, 1]}),
    "prelu_large, b": (
        {"variant": "b", "extra": 9, "activation": "prelu_shared"},
        {"width": 0.0625, "stem": STEM_3, "levels": [3, 2, 1]},
    ),
    "prelu_large, c": ({"variant": "c"}, {"width": 0.0625, "stem": STEM_3, "levels": [3, 2, 1]}),
    "vgg, 19": ({"variant": "vgg19"}, {"width": 0.125, "without_pools": ["pool4"]}),
    "vgg, spp": (
        {"variant": "vgg19", "levels": [7, 3, 2, 1]},
        {"width": 0.125, "without_pools": ["pool4"], "levels": [3, 2, 1]},
    ),
    "vgg, 16": ({"variant": "vgg16", "levels": [7]}, {"width": 0.125, "without_pools": ["pool4"], "levels": [2, 1]}),
    "googlenet": ({}, {"width": 0.125, "stem": STEM_5, "without_pools": ["pool1"]}),
    "googlenet_torchvision": (
        {"pixels": "levels"},
        {"width": 0.125, "stem": STEM_5, "without_pools": ["pool1", "pool4"]},
    ),
    "googlenet, bare": ({"auxiliary": False}, {"width": 0.125, "stem": STEM_5, "without_pools": ["pool1", "pool4"]}),
    "spp_zf5": ({}, {"width": 0.125, "stem": STEM_5, "levels": [3, 2, 1]}),
    "spp_overfeat7": ({}, {"width": 0.125, "stem": STEM_5, "without_pools": ["pool2"], "levels": [3, 2, 1]}),
    "vgg, b": ({"variant": "vgg_b"}, {"width": 0.125, "without_pools": ["pool4"]}),
}

SHAPE, CLASSES = (1, 28, 28), 4


def small(name):
    """Return one of the nets above."""
    given, changes = SMALL[name]
    return ScaledModel.parsed(changes).applied_to(parse_model({"name": name.split(",")[0], **given}))


def test_every_net_of_the_registry_is_tried_here():
    """Every registered net is tested here, and its name is that of its description."""
    assert {small(name).name for name in SMALL} == set(MODELS)
    assert all(kind.model_fields["name"].default == name for name, kind in MODELS.items())


def images():
    """Return twice four images that are bright in one half, with their classes."""
    halves = torch.zeros(CLASSES, *SHAPE)
    halves[0, :, :14], halves[1, :, 14:], halves[2, ..., :14], halves[3, ..., 14:] = 1, 1, 1, 1
    return (4 * halves - 2).repeat(2, 1, 1, 1), torch.arange(2 * CLASSES) % CLASSES


@pytest.mark.parametrize("name", SMALL)
def test_a_small_net_learns_a_handful_of_images(name):
    """A small net learns: every parameter has a gradient, and a few steps lower the loss by at least a fifth."""
    model = small(name)
    layers, draws = model.layers(CLASSES), torch.Generator().manual_seed(0)
    network, traced = build(layers, SHAPE), tuple(trace(layers, SHAPE))
    initialise(network, traced, FanScaled(rule="prelu_forward"), draws, model.full_size(CLASSES), model.left_out)
    optimiser, (x, y) = torch.optim.Adam(network.parameters(), lr=0.001), images()
    before = F.cross_entropy(network.eval()(x), y).item()
    torch.manual_seed(0)
    network.train()
    for step in range(40):
        optimiser.zero_grad()
        found, asides = network.with_asides(x)
        (F.cross_entropy(found, y) + sum(weight * F.cross_entropy(aside, y) for weight, aside in asides)).backward()
        if step == 0:
            assert all(p.grad.isfinite().all() and p.grad.any() for p in network.parameters())
        optimiser.step()
        if step % 5 == 4 and F.cross_entropy(network.eval()(x), y).item() < 0.8 * before:
            return
        network.train()
    pytest.fail(f"after 40 steps the loss is not a fifth below {before}")


@pytest.mark.parametrize("name", SMALL)
def test_the_named_layers_are_there(name):
    """`hidden_feature` and `last_map` name existing layers, and `left_out` names missing ones."""
    model = small(name)
    layers = model.layers(CLASSES)
    wanted = [layer for layer in (model.hidden_feature, model.last_map) if layer is not None]
    found = activations(build(layers, SHAPE), torch.zeros(2, *SHAPE), wanted)
    outputs = {one.layer.name: one.output for one in trace(layers, SHAPE)}
    assert {name: tuple(value.shape[1:]) for name, value in found.items()} == {name: outputs[name] for name in wanted}
    assert model.last_map is None or len(outputs[model.last_map]) == 3
    assert not set(model.left_out) & outputs.keys()


@pytest.mark.parametrize("name", SMALL)
def test_a_description_survives_json(name):
    """A description survives JSON."""
    model = small(name)
    assert parse_model(model.model_dump(mode="json")) == model


@pytest.mark.parametrize("name", SMALL)
def test_the_full_size_net_has_the_layers_of_the_small_one(name):
    """The full-size net has the layers with weights of the small one, so that each finds its fan-in."""
    model = small(name)
    learned = [one.layer.name for one in trace(model.layers(CLASSES), SHAPE) if one.weights]
    assert learned == [one.layer.name for one in model.full_size(CLASSES) if one.weights]


def test_an_unknown_net_is_refused():
    """An unknown net, and one without a name, are refused."""
    for wrong in ({"name": "alexnt"}, {}, {"width": 0.5}):
        with pytest.raises(ValidationError):
            parse_model(wrong)


@pytest.mark.parametrize(
    ("net", "changes", "message"),
    [
        ({"name": "cifar_conv"}, {"width": 0.5, "stem": STEM_5}, "cifar_conv has no stem that a scale could change"),
        ({"name": "alexnet"}, {"levels": [2, 1], "without_pools": []}, "alexnet has no levels, without_pools"),
        ({"name": "vgg", "variant": "vgg19"}, {"levels": [2, 1]}, "vgg has no levels"),
    ],
)
def test_a_scale_cannot_change_what_a_net_does_not_have(net, changes, message):
    """A scale that changes a parameter the net lacks is an error that names both."""
    with pytest.raises(ValueError, match=message):
        ScaledModel.parsed(changes).applied_to(parse_model(net))


def test_a_scale_without_changes_changes_nothing():
    """A scale without changes changes no net."""
    for name in SMALL:
        assert ScaledModel().applied_to(small(name)) == small(name)


def test_registry_and_descriptions_need_no_torch():
    """Registry and descriptions import no torch."""
    import subprocess
    import sys

    code = "import sys, harness.models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
