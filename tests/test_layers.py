"""Properties of networks as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.models.layers import Activation, Conv, Linear, MaxPool, PyramidPool, trace

MODEL_E = (
    Conv("conv1", 64, 7, stride=2),
    MaxPool("pool1", 3, 3),
    Conv("conv2_1", 128, 2, pad=(0, 1, 0, 1)),
    Conv("conv2_2", 128, 2, pad=(0, 1, 0, 1)),
    Conv("conv2_3", 128, 2, pad=(0, 1, 0, 1)),
    Conv("conv2_4", 128, 2, pad=(0, 1, 0, 1)),
    MaxPool("pool2", 2, 2),
    *(Conv(f"conv3_{i}", 256, 2, pad=(0, 1, 0, 1)) for i in range(1, 7)),
    PyramidPool("spp", (6, 3, 2, 1)),
    Linear("fc1", 4096),
    Linear("fc2", 4096),
    Linear("fc3", 1000),
)
"""The small model of PReLU's Table 1, without activations."""


def only(layer, shape):
    """The one traced layer of a chain of one."""
    (traced,) = trace((layer,), shape)
    return traced


def test_a_convolution_counts_by_hand():
    """Four 3x3 kernels over 2 of 6 maps each: 72 weights, used at each of 3 x 4 places."""
    traced = only(Conv("c", 4, 3, stride=2, pad=(1, 0, 0, 0), groups=2), (4, 7, 8))
    assert traced.output == (4, 3, 4)
    assert (traced.weights, traced.biases, traced.multiply_adds) == (72, 4, 72 * 12)
    assert traced.layer.fan_in(traced.input) == 18


def test_a_fully_connected_layer_sees_every_number_of_a_map():
    """Weights are inputs times units, each used once."""
    traced = only(Linear("fc", 10), (3, 5, 7))
    assert (traced.weights, traced.biases, traced.multiply_adds) == (1050, 10, 1050)
    assert traced.parameters == 1060


@pytest.mark.parametrize(("kind", "slopes"), [("prelu_channel", 6), ("prelu_shared", 1), ("leaky", 0), ("relu", 0)])
def test_only_prelu_learns_slopes(kind, slopes):
    """One slope for each map, one for the layer, or none."""
    assert only(Activation(kind, "a", 0.25), (6, 4, 4)).parameters == slopes


def test_shapes_run_through_the_chain():
    """Every layer's input is the output of the one before."""
    traced = list(trace(MODEL_E, (3, 224, 224)))
    assert [one.output for one in traced[:-1]] == [one.input for one in traced[1:]]


def test_model_e_of_prelu_has_its_sizes_and_counts():
    """Maps of 36 and 18, 12,800 inputs to fc1, and the weights and multiply-adds counted from Table 1."""
    traced = {one.layer.name: one for one in trace(MODEL_E, (3, 224, 224))}
    assert [traced[name].output[1] for name in ("conv1", "pool1", "conv2_4", "pool2", "conv3_6")] == [
        109,
        36,
        36,
        18,
        18,
    ]
    assert traced["spp"].output == (12800,)
    assert sum(one.parameters for one in traced.values()) == 74_993_896
    assert sum(one.multiply_adds for one in traced.values()) == 876_188_352 + 73_302_016


def test_a_map_that_shrinks_to_nothing_is_named():
    """The error says which layer, from what shape."""
    with pytest.raises(ValueError, match=r"layer conv2: an input of \(4, 2, 2\)"):
        list(trace((Conv("conv1", 4, 3), Conv("conv2", 4, 3)), (1, 4, 4)))


@pytest.mark.parametrize(("filters", "maps"), [(4, 3), (3, 4)])
def test_groups_must_divide_maps_and_filters(filters, maps):
    """The error names the layer and both counts."""
    with pytest.raises(ValueError, match=f"layer c: 2 groups do not divide {maps} input maps and {filters} filters"):
        only(Conv("c", filters, 1, groups=2), (maps, 4, 4))


@given(side=st.integers(3, 40), size=st.integers(1, 3), stride=st.integers(1, 3))
def test_pooling_windows_fit_and_the_next_would_not(side, size, stride):
    """The floor rule: the last window ends within the map, one more would not."""
    _, rows, _ = only(MaxPool("p", size, stride), (1, side, side)).output
    assert (rows - 1) * stride + size <= side < rows * stride + size
