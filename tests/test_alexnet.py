"""AlexNet's arithmetic against the paper and counts made from it by hand."""

import pytest
from pydantic import ValidationError

from harness.models.alexnet import FULL_INPUT, AlexNet, Stem
from harness.models.layers import Conv, Linear, trace

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
    """Every layer by name."""
    return {one.layer.name: one for one in trace((model or AlexNet()).layers(classes), shape)}


@pytest.mark.parametrize("name", TABLE)
def test_each_layer_has_the_size_parameters_and_multiply_adds_of_the_paper(name):
    """Section 3.5, with conv1 at 55 x 55."""
    one = traced()[name]
    assert (one.output, one.parameters, one.multiply_adds) == TABLE[name]


def test_the_whole_net_has_sixty_million_parameters():
    """60,965,224 with two groups, 62,378,344 without."""
    assert sum(one.parameters for one in traced().values()) == 60_965_224
    assert sum(one.parameters for one in traced(AlexNet(groups=1)).values()) == 62_378_344


def test_the_whole_net_multiplies_and_adds_724_million_times():
    """One forward pass of one image."""
    assert sum(one.multiply_adds for one in traced().values()) == 724_406_816


def test_the_net_has_659272_neurons():
    """The printed list with conv1 at 55 x 55 x 96 = 290,400 in the place of 253,440."""
    layers = traced()
    assert sum(layers[name].units for name in TABLE) == 659_272


def test_pooling_leaves_the_sides_of_the_paper():
    """27, 13 and 6 for overlapping windows and for 2 x 2 ones."""
    for size in (2, 3):
        layers = traced(AlexNet(pool_size=size))
        assert [layers[f"{name}.pool"].output[1] for name in ("conv1", "conv2", "conv5")] == [27, 13, 6]


def test_the_order_in_a_block_is_conv_relu_norm_pool():
    """Normalisation follows the ReLU (section 3.3) and precedes pooling (section 3.5)."""
    names = list(traced())
    assert names[:8] == [f"conv{i}{part}" for i in (1, 2) for part in ("", ".relu", ".norm", ".pool")]
    assert not [name for name in names if name.endswith(".norm") and name[:5] not in {"conv1", "conv2"}]


def test_the_last_layer_feeds_the_softmax_directly():
    """No ReLU and no dropout after fc8."""
    assert list(traced())[-1] == "fc8"


def test_dropout_follows_the_two_hidden_layers_only():
    """Section 4.2."""
    assert [name for name in traced() if name.endswith("dropout")] == ["fc6.dropout", "fc7.dropout"]
    assert not [name for name in traced(AlexNet(dropout=0)) if name.endswith("dropout")]


@pytest.mark.parametrize("width", [0.01, 0.1, 1 / 3, 0.5, 2.0])
def test_any_width_divides_into_two_groups_and_keeps_the_classes(width):
    """Kernels are even in number, whatever the width; the output is not scaled."""
    layers = traced(AlexNet(width=width), classes=7)
    learned = [one.layer for one in layers.values() if isinstance(one.layer, Conv | Linear)]
    assert all(layer.filters % 2 == 0 for layer in learned if isinstance(layer, Conv))
    assert learned[-1].units == 7


def test_the_full_size_net_keeps_everything_but_width_and_stem():
    """What is ablated stays ablated."""
    small = AlexNet(width=0.25, stem=Stem(kernel=5, stride=1, pad=(2, 2, 2, 2)), groups=1, response_norm=False)
    full = AlexNet(groups=1, response_norm=False)
    assert small.full_size(classes=7) == tuple(traced(full, classes=7).values())


def test_unknown_parameters_are_refused():
    """A misspelt parameter is no default."""
    with pytest.raises(ValidationError, match="widht"):
        AlexNet(widht=0.5)
