"""Tests of the library's example nets against counts by hand from their files."""

import pytest
from pydantic import ValidationError

from harness.models.cifar import CifarConv, CifarLocal
from harness.models.layers import Activation, ResponseNorm, trace


def traced(model, shape):
    """Return every layer by name, for ten classes."""
    return {one.layer.name: one for one in trace(model.layers(10), shape)}


def test_the_net_of_figure_1_is_that_of_layers_19pct():
    """The net of Figure 1 has 32, 32 and 64 5x5 kernels on maps of 32, 16 and 8, and 10 units over 64 maps of 4 x 4."""
    layers = traced(CifarConv(), (3, 32, 32))
    assert [layers[f"conv{i}"].output for i in (1, 2, 3)] == [(32, 32, 32), (32, 16, 16), (64, 8, 8)]
    assert layers["pool3"].output == (64, 4, 4)
    assert [layers[name].weights for name in ("conv1", "conv2", "conv3", "fc10")] == [2400, 25_600, 51_200, 10_240]
    assert [type(layers[f"pool{i}"].layer).__name__ for i in (1, 2, 3)] == ["MaxPool", "AveragePool", "AveragePool"]


def test_with_a_hidden_layer_it_is_that_of_layers_80sec():
    """With a hidden layer it is layers-80sec: 64 units before the last ten, which are the feature vector."""
    layers = traced(CifarConv(hidden=64), (3, 32, 32))
    assert (layers["fc64"].weights, layers["fc10"].weights) == (64 * 1024, 640)
    assert CifarConv(hidden=64).hidden_feature == "fc64.activation"
    assert CifarConv().hidden_feature == "pool3"


@pytest.mark.parametrize("model", [CifarConv(hidden=64), CifarLocal()])
@pytest.mark.parametrize("unit", ["relu", "tanh", "logistic"])
def test_every_unit_of_a_net_is_of_the_one_kind(model, unit):
    """All units of a net are of one kind."""
    model, shape = model.model_copy(update={"activation": unit}), (3, 32, 32)
    layers, others = traced(model, shape), traced(type(model)(**{**dict(model), "activation": "relu"}), shape)
    assert {one.layer.kind for one in layers.values() if isinstance(one.layer, Activation)} == {unit}
    assert [(name, one.output, one.parameters) for name, one in layers.items()] == [
        (name, one.output, one.parameters) for name, one in others.items()
    ]


def test_the_net_of_the_normalisation_check_is_that_of_layers_conv_local():
    """The net of section 3.3 is layers-conv-local: maps of 12 and 6, local layers of 64 and 32 at 36 positions."""
    layers = traced(CifarLocal(), (3, 24, 24))
    assert [layers[name].output for name in ("pool1", "pool2", "local3", "local4")] == [
        (64, 12, 12),
        (64, 6, 6),
        (64, 6, 6),
        (32, 6, 6),
    ]
    learned = [layers[name].weights for name in ("conv1", "conv2", "local3", "local4", "fc10")]
    assert learned == [4800, 102_400, 36 * 64 * 576, 36 * 32 * 576, 11_520]


def test_the_plain_net_of_the_pair_has_fewer_local_kernels():
    """The net without normalisation has 32 kernels in local3, as in layers-conv-local-13pct.cfg."""
    layers = traced(CifarLocal(response_norm=False, local3=32), (3, 24, 24))
    assert (layers["local3"].weights, layers["local4"].weights) == (36 * 32 * 576, 36 * 32 * 288)
    assert not [one for one in layers.values() if isinstance(one.layer, ResponseNorm)]


def test_normalisation_follows_the_first_pooling_and_precedes_the_second():
    """Normalisation follows the first pooling and precedes the second, as in layers-conv-local-11pct.cfg."""
    layers = traced(CifarLocal(), (3, 24, 24))
    assert list(layers)[1:8] == [
        "conv1.activation",
        "pool1",
        "norm1",
        "conv2",
        "conv2.activation",
        "norm2",
        "pool2",
    ]
    plain = traced(CifarLocal(response_norm=False), (3, 24, 24))
    assert list(plain) == [name for name in layers if not name.startswith("norm")]


@pytest.mark.parametrize(
    ("constants", "expected"), [("library", (1.0, 9, 0.001 / 9, 0.75)), ("printed", (2.0, 5, 1e-4, 0.75))]
)
def test_the_constants_are_the_files_or_the_papers(constants, expected):
    """The constants are the library's, scale 0.001 over 9 maps, or those of section 3.3."""
    norm = traced(CifarLocal(norm_constants=constants), (3, 24, 24))["norm1"].layer
    assert (norm.k, norm.n, norm.alpha, norm.beta) == expected


@pytest.mark.parametrize("model", [CifarConv(width=0.25), CifarLocal(width=0.25)])
def test_the_full_size_net_is_as_wide_as_the_librarys(model):
    """The full-size net has the library's width."""
    side = 32 if isinstance(model, CifarConv) else 24
    full = type(model)()
    assert model.full_size(10) == tuple(traced(full, (3, side, side)).values())


def test_unknown_units_are_refused():
    """A kind of unit that the paper does not compare is refused."""
    with pytest.raises(ValidationError, match="'relu', 'tanh' or 'logistic'"):
        CifarConv(activation="softplus")
