"""Tests of properties of networks as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.models.layers import Activation, AveragePool, Conv, Linear, Local, MaxPool, PyramidPool, trace


def only(layer, shape):
    """Return the only traced layer of a chain of one."""
    (traced,) = trace((layer,), shape)
    return traced


def test_a_convolution_counts_by_hand():
    """Four 3x3 kernels over 2 of 6 maps each have 72 weights, used at each of 3 x 4 positions."""
    traced = only(Conv("c", 4, 3, stride=2, pad=(1, 0, 0, 0), groups=2), (4, 7, 8))
    assert traced.output == (4, 3, 4)
    assert (traced.weights, traced.biases, traced.multiply_adds) == (72, 4, 72 * 12)
    assert traced.weighted[0].fan_in == 18


def test_a_fully_connected_layer_sees_every_number_of_a_map():
    """A fully connected layer has inputs times units weights, each used once."""
    traced = only(Linear("fc", 10), (3, 5, 7))
    assert (traced.weights, traced.biases, traced.multiply_adds) == (1050, 10, 1050)
    assert traced.parameters == 1060


@pytest.mark.parametrize(("kind", "slopes"), [("prelu_channel", 6), ("prelu_shared", 1), ("leaky", 0), ("relu", 0)])
def test_only_prelu_learns_slopes(kind, slopes):
    """Only PReLU learns slopes: one for each map, or one for the layer."""
    assert only(Activation(kind, "a", 0.25), (6, 4, 4)).parameters == slopes


def test_a_local_layer_has_its_own_kernels_and_biases_at_every_position():
    """Four 3x3 kernels over 2 maps at each of 3 x 4 positions have 864 weights, each used once, and 48 biases."""
    traced = only(Local("l", 4, 3, stride=2, pad=(1, 0, 0, 0)), (2, 7, 8))
    assert traced.output == (4, 3, 4)
    assert (traced.weights, traced.biases, traced.multiply_adds) == (864, 48, 864)
    assert traced.weighted[0].fan_in == 18


def test_shapes_run_through_the_chain():
    """Every layer's input is the output of the one before."""
    layers = (
        Conv("c", 8, 3, stride=2),
        Activation("relu", "a"),
        MaxPool("p", 3, 2),
        Local("l", 4, 2),
        PyramidPool("spp", (2, 1)),
        Linear("fc", 3),
    )
    traced = list(trace(layers, (3, 24, 22)))
    assert [one.output for one in traced[:-1]] == [one.input for one in traced[1:]]
    assert [one.output for one in traced] == [(8, 11, 10), (8, 11, 10), (8, 5, 4), (4, 4, 3), (20,), (3,)]


def test_a_map_that_shrinks_to_nothing_is_named():
    """A map that shrinks to nothing is an error that names the layer and the shape."""
    with pytest.raises(ValueError, match=r"layer conv2: an input of \(4, 2, 2\)"):
        list(trace((Conv("conv1", 4, 3), Conv("conv2", 4, 3)), (1, 4, 4)))


@pytest.mark.parametrize(("filters", "maps"), [(4, 3), (3, 4)])
def test_groups_must_divide_maps_and_filters(filters, maps):
    """Groups that do not divide maps and filters are an error that names the layer and both counts."""
    with pytest.raises(ValueError, match=f"layer c: 2 groups do not divide {maps} input maps and {filters} filters"):
        only(Conv("c", filters, 1, groups=2), (maps, 4, 4))


@given(side=st.integers(3, 40), size=st.integers(1, 3), stride=st.integers(1, 3))
def test_pooling_windows_fit_and_the_next_would_not(side, size, stride):
    """By the floor rule the last window ends within the map, and another would not."""
    _, rows, _ = only(MaxPool("p", size, stride), (1, side, side)).output
    assert (rows - 1) * stride + size <= side < rows * stride + size


@pytest.mark.parametrize("pool", [MaxPool, AveragePool])
@given(side=st.integers(3, 40), size=st.integers(1, 3), stride=st.integers(1, 3))
def test_covering_windows_leave_no_position_out_and_none_lies_outside(pool, side, size, stride):
    """Covering windows leave no position out, and the last begins within the map."""
    stride = min(stride, size)
    _, rows, _ = only(pool("p", size, stride, cover=True), (1, side, side)).output
    assert (rows - 1) * stride < side <= (rows - 1) * stride + size
    assert (rows - 2) * stride + size < side or rows == 1
