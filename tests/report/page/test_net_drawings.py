"""Drawings of declared nets say what the layers say of themselves."""

import pytest
from drawn_pictures import strokes, words

from harness.models.alexnet import AlexNet
from harness.models.layers import Activation, Conv, trace
from harness.report.page import net_drawings

ALEXNET = AlexNet().full_size(1000)


def of(kind: str, slope: float = 0.0):
    """A net of one activation."""
    return tuple(trace((Conv("conv1", 2, 1), Activation(kind, "act", slope)), (1, 4, 4)))


def test_architecture_has_a_row_for_every_learned_layer():
    """AlexNet's eight layers with the numbers that the paper's figure has, or should have."""
    found = words(net_drawings.architecture(ALEXNET, "Figure 2").data_uri)

    assert [word for word in found if word.startswith(("conv", "fc"))] == [
        "conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8",
    ]  # fmt: skip
    times = "\N{MULTIPLICATION SIGN}"
    assert {f"96 of 11 {times} 11, stride 4", f"55 {times} 55 {times} 96", "290,400", "37,752,832", "150,528"} <= set(
        found
    )
    assert f"256 of 5 {times} 5, 2 groups" in found


@pytest.mark.parametrize(
    ("kind", "slope", "name"),
    [
        ("relu", 0.0, "ReLU"),
        ("leaky", 0.01, "leaky ReLU, slope 0.01"),
        ("prelu_channel", 0.25, "PReLU, slope 0.25 at first, learned"),
        ("tanh", 0.0, "tanh"),
        ("logistic", 0.0, "logistic"),
    ],
)
def test_activations_are_named_with_their_slope(kind, slope, name):
    """A learned slope is said to be one."""
    picture = net_drawings.activations({"net": of(kind, slope)}, "Figure 1")

    assert name in words(picture.data_uri)
    assert picture.alt == f"net: {name}"


def test_two_functions_part_below_zero_only():
    """PReLU's line and ReLU's lie on each other to the right of zero and apart to the left."""
    uri = net_drawings.activations({"a": of("relu"), "b": of("prelu_channel", 0.25)}, "").data_uri
    lines = [max(strokes(uri, name), key=len).replace("\n", " ").split() for name in ("series", "amber")]
    ends = [(line[2], line[-1]) for line in lines]

    assert ends[0][1] == ends[1][1]
    assert float(ends[0][0]) < float(ends[1][0])  # SVG counts downwards


def test_a_net_without_activation_is_named():
    """There is nothing to draw."""
    with pytest.raises(ValueError, match="no activation"):
        net_drawings.activations({"net": tuple(trace((Conv("conv1", 2, 1),), (1, 4, 4)))}, "")
