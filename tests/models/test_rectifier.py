"""Tests of the nets of the PReLU paper against its tables and counts by hand."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from harness.models.geometry import Stem
from harness.models.layers import Activation, Conv, Linear, trace
from harness.models.rectifier import FULL_INPUT, PreluLarge, PreluSmall, Vgg

COUNTS = {
    # net: parameters, multiply-adds of convolutions, of fully connected layers
    "E": (PreluSmall(padding="one_side"), 74_993_896, 876_188_352, 73_302_016),
    "E, 30 layers": (PreluSmall(padding="one_side", extra=16), 79_192_296, 2_235_142_848, 73_302_016),
    "A": (PreluLarge(variant="a"), 178_017_384, 18_905_112_576, 152_993_792),
    "B": (PreluLarge(variant="b"), 183_327_080, 23_066_910_720, 152_993_792),
    "C": (PreluLarge(variant="c"), 330_603_368, 53_211_045_888, 252_084_224),
    "VGG-19": (Vgg(variant="vgg19"), 143_667_240, 19_508_428_800, 123_633_664),
}

DEPTHS = {
    # net: convolutions, fully connected layers
    "E": (PreluSmall(), 11, 3),
    "E, 30 layers": (PreluSmall(extra=16), 27, 3),
    "E, 6 layers": (PreluSmall(stage2=1, stage3=1), 3, 3),
    "A": (PreluLarge(variant="a"), 16, 3),
    "B": (PreluLarge(variant="b"), 19, 3),
    "B, 9 more": (PreluLarge(variant="b", extra=9), 28, 3),
    "C": (PreluLarge(variant="c"), 19, 3),
    "VGG-19": (Vgg(variant="vgg19"), 16, 3),
    "VGG-B": (Vgg(variant="vgg_b"), 10, 3),
}


STAGES = ((2, 4, 128), (3, 6, 256))
"""Stages of model E as (stage, layers, filters) (Table 1)."""


def traced(model, shape=FULL_INPUT):
    """Return every layer by name, for a thousand classes."""
    return {one.layer.name: one for one in trace(model.layers(1000), shape)}


def slopes(model):
    """Return the slopes that PReLU adds: (of convolutions, of fully connected layers)."""
    activations = {name: one.slopes for name, one in traced(model).items() if isinstance(one.layer, Activation)}
    fc = sum(count for name, count in activations.items() if name.startswith("fc"))
    return sum(activations.values()) - fc, fc


@pytest.mark.parametrize("net", COUNTS)
def test_a_net_has_the_parameters_and_multiply_adds_counted_from_its_table(net):
    """A net has the parameters and multiply-adds counted from Tables 1 and 3, model E with maps of constant size."""
    model, parameters, conv, fc = COUNTS[net]
    layers = traced(model).values()
    assert sum(one.parameters for one in layers) == parameters
    assert sum(one.multiply_adds for one in layers if isinstance(one.layer, Conv)) == conv
    assert sum(one.multiply_adds for one in layers if isinstance(one.layer, Linear)) == fc


@pytest.mark.parametrize("net", DEPTHS)
def test_a_net_is_as_deep_as_the_paper_says(net):
    """Nets have 14, 30, 19, 22, 22 and 19 layers with weights, and VGG-B 10 convolutions (section 2.2)."""
    model, conv, fc = DEPTHS[net]
    kinds = [type(one.layer) for one in traced(model).values()]
    assert (kinds.count(Conv), kinds.count(Linear)) == (conv, fc)


def test_model_e_has_the_layers_of_table_1():
    """Model E has the layers of Table 1, maps of 36 and 18, and 50 bins for 12,800 inputs to fc1."""
    layers = traced(PreluSmall())
    table = [(f"conv{stage}_{i}", 2, filters) for stage, count, filters in STAGES for i in range(1, count + 1)]
    found = [one.layer for one in layers.values() if isinstance(one.layer, Conv)]
    assert [(layer.name, layer.kernel, layer.filters) for layer in found] == [("conv1", 7, 64), *table]
    assert [layers[name].output[1] for name in ("conv1", "pool1", "pool2")] == [109, 36, 18]
    assert layers["spp"].output == (12_800,)
    assert [layers[f"fc{i}"].output for i in (1, 2, 3)] == [(4096,), (4096,), (1000,)]


def test_2x2_layers_alternate_between_one_zero_around_and_none():
    """2x2 layers have zeros on every side or none in turn, so maps vary by one; one-sided zeros keep them constant."""
    layers = traced(PreluSmall())
    assert [layers[f"conv2_{i}"].output[1] for i in range(1, 5)] == [37, 36, 37, 36]
    assert [layers[f"conv3_{i}"].output[1] for i in range(1, 7)] == [19, 18, 19, 18, 19, 18]
    constant = traced(PreluSmall(padding="one_side"))
    assert {constant[f"conv2_{i}"].output[1] for i in range(1, 5)} == {36}
    parameters = [sum(one.parameters for one in net.values()) for net in (layers, constant)]
    assert parameters[0] == parameters[1]


def test_extra_layers_follow_conv3_6_and_are_like_it():
    """Sixteen extra layers follow conv3_6 and make the net of Figure 3; the rest stays."""
    plain, deep = traced(PreluSmall()), traced(PreluSmall(extra=16))
    kept = {name: one for name, one in deep.items() if name in plain}
    assert kept | {"spp": replace(kept["spp"], inputs=("conv3_6.activation",))} == plain
    assert [name for name in deep if name not in plain and not name.endswith("activation")] == [
        f"conv3_{i}" for i in range(7, 23)
    ]
    assert {deep[f"conv3_{i}"].weights for i in range(6, 23)} == {4 * 256 * 256}


def test_extra_layers_of_model_b_are_spread_over_its_three_stages():
    """Extra layers of model B are spread evenly over its three stages, which the paper leaves open."""
    plain, deep = traced(PreluLarge(variant="b")), traced(PreluLarge(variant="b", extra=6))
    added = [name for name in deep if name not in plain and not name.endswith("activation")]
    assert added == [f"conv{stage}_{i}" for stage in (2, 3, 4) for i in (7, 8)]


@pytest.mark.parametrize(
    ("variant", "filters"), [("a", (256, 512, 512)), ("b", (256, 512, 512)), ("c", (384, 768, 896))]
)
def test_large_models_have_the_maps_of_table_3(variant, filters):
    """Large models have maps of 112, 56, 28 and 14, then 63 bins of every map (Table 3)."""
    layers = traced(PreluLarge(variant=variant))
    assert layers["conv1"].output == (96, 112, 112)
    for stage, side in ((2, 56), (3, 28), (4, 14)):
        assert layers[f"conv{stage}_1"].output == (filters[stage - 2], side, side)
    assert layers["spp"].output == (63 * filters[-1],)


def test_vgg_19_may_have_a_pyramid_in_the_place_of_its_last_pooling():
    """VGG-19 may have a pyramid on 14 x 14 maps instead of its last pooling; its convolutions stay."""
    plain, pyramid = traced(Vgg(variant="vgg19")), traced(Vgg(variant="vgg19", levels=(7, 3, 2, 1)))
    assert plain["pool5"].output == (512, 7, 7)
    assert "pool5" not in pyramid
    assert pyramid["spp"].input == (512, 14, 14)
    assert pyramid["spp"].output == (63 * 512,)
    assert [one for one in plain.values() if isinstance(one.layer, Conv)] == [
        one for one in pyramid.values() if isinstance(one.layer, Conv)
    ]


def test_prelu_adds_one_slope_for_each_layer_or_each_channel():
    """PReLU adds 13 shared slopes or 2112 + 8192 in model E, and 6496, 7776 or 12384 + 8192 in A, B and C."""
    assert sum(slopes(PreluSmall(activation="prelu_shared"))) == 13
    assert slopes(PreluSmall(activation="prelu_channel")) == (2112, 8192)
    large = {one: slopes(PreluLarge(variant=one, activation="prelu_channel")) for one in ("a", "b", "c")}
    assert large == {"a": (6496, 8192), "b": (7776, 8192), "c": (12_384, 8192)}
    for kind in ("relu", "leaky"):
        assert slopes(PreluSmall(activation=kind)) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "given", "slope"),
    [
        ("relu", None, 0),
        ("leaky", None, 0.01),
        ("leaky", 0.3, 0.3),
        ("prelu_shared", None, 0.25),
        ("prelu_channel", 0, 0),
    ],
)
def test_slopes_are_the_papers_unless_given(kind, given, slope):
    """Slopes are 0.01 for leaky and initially 0.25 for PReLU (section 2.1), unless given."""
    layers = traced(PreluSmall(activation=kind, slope=given))
    found = [one.layer for one in layers.values() if isinstance(one.layer, Activation)]
    assert {(layer.kind, layer.slope) for layer in found} == {(kind, slope)}
    assert len(found) == 13


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (PreluSmall, {"slope": 0.1}, "relu has no slope"),
        (PreluSmall, {"stage3": 2, "extra": 1}, "leave stage3 at 6"),
        (PreluSmall, {"extra": 17}, "extra"),
        (PreluLarge, {"variant": "a", "extra": 3}, "model b only"),
        (PreluLarge, {"variant": "b", "extra": 4}, "extra"),
        (PreluLarge, {}, "variant"),
        (Vgg, {"variant": "vgg19", "levels": ()}, "levels"),
    ],
)
def test_what_the_paper_has_no_net_for_is_refused(kind, parameters, message):
    """Combinations that are no net of the paper are refused."""
    with pytest.raises(ValidationError, match=message):
        kind(**parameters)


def test_dropout_follows_the_two_hidden_layers_only():
    """Dropout follows fc1 and fc2 only (section 3), or is absent."""
    names = list(traced(PreluSmall()))
    assert names[-8:] == [
        "spp",
        "fc1",
        "fc1.activation",
        "fc1.dropout",
        "fc2",
        "fc2.activation",
        "fc2.dropout",
        "fc3",
    ]
    assert not [name for name in traced(PreluSmall(dropout=0)) if name.endswith("dropout")]


@pytest.mark.parametrize("net", DEPTHS)
def test_windows_slide_over_what_the_pyramid_sees(net):
    """`last_map` is the layer just before the pyramid, and None without one."""
    model = DEPTHS[net][0]
    names = list(traced(model))
    assert model.last_map == (names[names.index("spp") - 1] if "spp" in names else None)


def test_a_pooling_layer_can_be_left_out_by_its_name():
    """Pooling layers can be left out by name, so that VGG's maps survive on 28 pixels."""
    layers = traced(Vgg(variant="vgg19", without_pools=("pool4",)), (1, 28, 28))
    assert layers["conv5_1"].output[1:] == (3, 3)
    with pytest.raises(ValueError, match="layer pool5: an input of"):
        traced(Vgg(variant="vgg19"), (1, 28, 28))


def test_an_unknown_pooling_layer_is_named():
    """The error for an unknown pooling layer lists the known ones."""
    with pytest.raises(ValueError, match="without_pools: no pooling layer pool3; there are pool1, pool2"):
        PreluSmall(without_pools=("pool3",)).layers(10)


@pytest.mark.parametrize(
    ("full", "changes"),
    [
        (PreluSmall(extra=2), {"stem": Stem(kernel=3, stride=1, pad=(1, 1, 1, 1)), "levels": (2, 1)}),
        (PreluLarge(variant="c"), {"stem": Stem(kernel=3, stride=1, pad=(1, 1, 1, 1)), "levels": (2, 1)}),
        (Vgg(variant="vgg19"), {}),
        (Vgg(variant="vgg19", levels=(7, 3, 2, 1)), {"levels": (2, 1)}),
    ],
)
def test_the_full_size_net_keeps_everything_but_its_size(full, changes):
    """The full-size net has the paper's width, geometry and pooling, and keeps the rest."""
    small = full.model_copy(update={"width": 0.1, "without_pools": ("pool1",), **changes})
    assert small.full_size(1000) == tuple(traced(full).values())


@pytest.mark.parametrize(("padding", "count"), [("alternate", 907_612_864), ("one_side", 876_188_352)])
def test_both_paddings_of_model_e_have_the_multiply_adds_that_the_suites_name(padding, count):
    """Both paddings of model E have the multiply-adds that the suites name, on a view of 224 pixels."""
    layers = traced(PreluSmall(padding=padding)).values()
    assert sum(one.multiply_adds for one in layers if one.kernels) == count


def test_the_form_of_dropout_is_a_switch():
    """The form of dropout is AlexNet's by default, and then appears in no spec."""
    assert "dropout_form" not in PreluSmall().model_dump()
    forms = [
        [layer.rescaled for layer in net.layers(10) if layer.noise]
        for net in (PreluSmall(), PreluSmall(dropout_form="rescaled"))
    ]
    assert forms == [[False, False], [True, True]]


def test_coefficients_start_at_a_quarter():
    """Coefficients start at 0.25 (PReLU section 2.1)."""
    net = PreluSmall(activation="prelu_channel")
    assert {one.layer.activation.slope for one in traced(net).values() if one.layer.activation} == {0.25}
