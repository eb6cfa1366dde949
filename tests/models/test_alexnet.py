"""Tests of AlexNet's arithmetic against the paper and counts by hand."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from harness.models.alexnet import FULL_INPUT, AlexNet
from harness.models.geometry import Stem
from harness.models.layers import Conv, Linear, ResponseNorm, trace

TABLE = {
    # layer: output, parameters, multiply-adds
    "conv1": ((96, 55, 55), 34_944, 105_415_200),
    "conv2": ((256, 27, 27), 307_456, 223_948_800),
    "conv3": ((384, 13, 13), 885_120, 149_520_384),
    "conv4": ((384, 13, 13), 663_936, 112_140_288),
    "conv5": ((256, 13, 13), 442_624, 74_760_192),
    "fc6": ((4096,), 37_752_832, 37_748_736),
    "fc7": ((4096,), 16_781_312, 16_777_216),
    "fc8": ((1000,), 4_097_000, 4_096_000),
}


def traced(model=None, classes=1000, shape=FULL_INPUT):
    """Return every layer by name."""
    return {one.layer.name: one for one in trace((model or AlexNet()).layers(classes), shape)}


@pytest.mark.parametrize("name", TABLE)
def test_each_layer_has_the_size_parameters_and_multiply_adds_of_the_paper(name):
    """Each layer has the size, parameters and multiply-adds of section 3.5, with conv1 at 55 x 55."""
    one = traced()[name]
    assert (one.output, one.parameters, one.multiply_adds) == TABLE[name]


def test_the_whole_net_has_sixty_million_parameters():
    """The net has 60,965,224 parameters in two groups and 62,378,344 in one."""
    assert sum(one.parameters for one in traced().values()) == 60_965_224
    assert sum(one.parameters for one in traced(AlexNet(groups=1)).values()) == 62_378_344


def test_the_whole_net_multiplies_and_adds_724_million_times():
    """One forward pass of one image takes 724 million multiply-adds."""
    assert sum(one.multiply_adds for one in traced().values()) == 724_406_816


def test_the_net_has_659272_neurons():
    """The net has 659,272 neurons: the printed list with conv1 at 55 x 55 x 96 = 290,400 instead of 253,440."""
    layers = traced()
    assert sum(layers[name].units for name in TABLE) == 659_272


def test_pooling_leaves_the_sides_of_the_paper():
    """Pooling gives sides of 27, 13 and 6, with overlapping windows and with 2 x 2 ones."""
    for size in (2, 3):
        layers = traced(AlexNet(pool_size=size))
        assert [layers[f"{name}.pool"].output[1] for name in ("conv1", "conv2", "conv5")] == [27, 13, 6]


def test_the_order_in_a_block_is_conv_relu_norm_pool():
    """A block is convolution, ReLU (section 3.3), normalisation, pooling (section 3.5)."""
    names = list(traced())
    assert names[:8] == [f"conv{i}{part}" for i in (1, 2) for part in ("", ".relu", ".norm", ".pool")]
    assert not [name for name in names if name.endswith(".norm") and name[:5] not in {"conv1", "conv2"}]


def test_the_last_layer_feeds_the_softmax_directly():
    """Neither ReLU nor dropout follows fc8."""
    assert list(traced())[-1] == "fc8"


def test_dropout_follows_the_two_hidden_layers_only():
    """Dropout follows only fc6 and fc7 (section 4.2)."""
    assert [name for name in traced() if name.endswith("dropout")] == ["fc6.dropout", "fc7.dropout"]
    assert not [name for name in traced(AlexNet(dropout=0)) if name.endswith("dropout")]


@pytest.mark.parametrize("width", [0.01, 0.1, 1 / 3, 0.5, 2.0])
def test_any_width_divides_into_two_groups_and_keeps_the_classes(width):
    """At any width the kernels divide into two groups, and the number of classes stays."""
    layers = traced(AlexNet(width=width), classes=7)
    learned = [one.layer for one in layers.values() if isinstance(one.layer, Conv | Linear)]
    assert all(layer.filters % 2 == 0 for layer in learned if isinstance(layer, Conv))
    assert learned[-1].units == 7


def test_the_full_size_net_keeps_everything_but_width_and_stem():
    """The full-size net keeps its ablations."""
    ablated = {"groups": 1, "half": True, "response_norm": False, "without": ("conv3",), "sixth_conv": True}
    small = AlexNet(width=0.25, stem=Stem(kernel=5, stride=1, pad=(2, 2, 2, 2)), **ablated)
    assert small.full_size(classes=7) == tuple(traced(AlexNet(**ablated), classes=7).values())


def test_views_of_227_pixels_need_no_padding():
    """Views of 227 pixels without padding give the sizes and counts of 224 with three zeros on one side."""
    model = AlexNet(stem=Stem(kernel=11, stride=4, pad=(0, 0, 0, 0)))
    for name, one in traced(model, shape=(3, 227, 227)).items():
        ours = traced()[name]
        assert (one.output, one.parameters, one.multiply_adds) == (ours.output, ours.parameters, ours.multiply_adds)


def test_the_one_gpu_net_has_half_the_kernels_and_nearly_all_the_parameters():
    """The one-GPU net has 59,798,312 parameters with conv1 to conv4 halved (section 3.2), against 60,965,224."""
    layers = traced(AlexNet(half=True, groups=1))
    kernels = [layers[f"conv{i}"].layer.filters for i in range(1, 6)]
    assert kernels == [48, 128, 192, 192, 256]
    assert [layers[name].layer.units for name in ("fc6", "fc7", "fc8")] == [4096, 4096, 1000]
    assert sum(one.parameters for one in layers.values()) == 59_798_312


def test_the_one_gpu_net_cannot_be_grouped():
    """The one-GPU net in two groups is refused with a remedy."""
    with pytest.raises(ValidationError, match="not split over two; give groups: 1"):
        AlexNet(half=True)


@pytest.mark.parametrize(
    ("without", "after", "maps", "parameters"),
    [
        ("conv2", "conv3", 96, 96 * 9 * 384 - 256 * 9 * 384),
        ("conv3", "conv4", 256, (128 - 192) * 9 * 384),
        ("conv4", "conv5", 384, 0),
        ("conv5", "fc6", 384, (384 - 256) * 36 * 4096),
        ("fc6", "fc7", 256, (9216 - 4096) * 4096),
    ],
)
def test_a_removed_layer_leaves_its_pooling_and_the_next_takes_the_maps_before_it(without, after, maps, parameters):
    """Removing a layer keeps its pooling, and the next layer takes the maps before it."""
    whole, layers = traced(), traced(AlexNet(without=(without,)))
    gone = {without, f"{without}.relu", f"{without}.dropout"}
    assert list(layers) == [name for name in whole if name not in gone]
    inputs = layers[after].input if not without.startswith("fc") else layers["conv5.pool"].output
    assert inputs[0] == maps
    change = sum(one.parameters for one in layers.values()) - sum(one.parameters for one in whole.values())
    assert change == parameters - whole[without].parameters


def test_layers_are_removed_each_once_and_in_order():
    """Layers to remove are named once and in order; conv1 and fc7 cannot be removed."""
    assert AlexNet.parsed({"without": ["conv3", "conv4"]}).left_out == ("conv3", "conv4")
    for wrong in (["conv4", "conv3"], ["conv3", "conv3"], ["conv1"], ["fc7"]):
        with pytest.raises(ValidationError, match="without"):
            AlexNet.parsed({"without": wrong})


def test_the_sixth_convolution_stands_over_the_last_pooling_layer():
    """The sixth convolution follows the last pooling, like conv5 on 6 x 6 maps (section 6; its size is a guess)."""
    layers = traced(AlexNet(sixth_conv=True))
    names = list(layers)
    assert names[names.index("conv5.pool") :][:4] == ["conv5.pool", "conv6", "conv6.relu", "fc6"]
    assert layers["conv6"].output == layers["conv5.pool"].output == (256, 6, 6)
    assert layers["conv6"].parameters == 128 * 9 * 256 + 256
    assert layers["fc6"] == replace(traced()["fc6"], inputs=("conv6.relu",))


@pytest.mark.parametrize("groups", [1, 2])
def test_normalisation_may_stop_at_the_border_between_the_gpus(groups):
    """Normalisation can stop at the border between the GPUs, with the constants of section 3.3."""
    norms = [one.layer for one in traced(AlexNet(norm_groups=groups)).values() if isinstance(one.layer, ResponseNorm)]
    constants = [(norm.k, norm.n, norm.alpha, norm.beta, norm.per_group) for norm in norms]
    assert constants == [(2.0, 5, 1e-4, 0.75, groups)] * 2


@pytest.mark.parametrize("width", [1.0, 0.25])
def test_the_kernels_of_conv1_fall_into_two_halves(width):
    """The kernels of conv1 divide into two halves, 48 each of the paper's 96 (Figure 3)."""
    model = AlexNet(width=width)
    first, second = model.conv1_halves()
    filters = traced(model)["conv1"].layer.filters
    assert [*range(filters)[first], *range(filters)[second]] == list(range(filters))
    assert len(range(filters)[first]) == filters // 2 == 48 * width


def test_a_net_in_one_group_has_no_halves():
    """A net in one group has no halves, and the error says so."""
    with pytest.raises(ValueError, match="no halves in a net with groups: 1"):
        AlexNet(groups=1).conv1_halves()


def test_unknown_parameters_are_refused():
    """A misspelt parameter is refused."""
    with pytest.raises(ValidationError, match="widht"):
        AlexNet(widht=0.5)
