"""Tests of the inspection of PReLU coefficients: statistics by layer, by sign and by size."""

import numpy as np
import pytest
from inspected_nets import InspectedNet

from harness.jobs.inspections import parsed
from harness.jobs.inspections.on_device.coefficients import summary
from harness.models.alexnet import AlexNet

PRELU = {
    "name": "prelu_small",
    "width": 0.04,
    "stem": {"kernel": 3, "stride": 1, "pad": [1, 1, 1, 1]},
    "stage2": 1,
    "stage3": 1,
    "levels": [2, 1],
}
"""A net with two layers in each stage, for views of 28 pixels."""


def test_known_coefficients():
    """Known coefficients give known statistics; shares are over coefficients, not over layers."""
    found = summary({"conv1": np.array([1.0, -1.5, 0.5]), "fc1": np.array([0.25])})

    assert found.values == {
        "conv1_mean": 0.0,
        "fc1_mean": 0.25,
        "mean_magnitude": 3.25 / 4,
        "smallest": -1.5,
        "largest": 1.0,
        "beyond_one_percent": 25.0,
        "negative_percent": 25.0,
        "negative": 1.0,
        "count": 4.0,
    }
    assert found.arrays["layers"].tolist() == ["conv1", "fc1"]
    assert found.arrays["lowest"].tolist() == [-1.5, 0.25]


def test_exactly_one_is_not_beyond_one():
    """A coefficient of exactly 1 does not count as larger than 1."""
    assert summary({"conv1": np.array([1.0, -1.0])}).values["beyond_one_percent"] == 0


@pytest.mark.parametrize(("activation", "count"), [("prelu_channel", 2 + 6 + 10 + 164 + 164), ("prelu_shared", 5)])
def test_every_prelu_of_a_net_is_read(tmp_path, activation, count):
    """Every PReLU of an untrained net is read: coefficients by channel, unit or layer have their first value."""
    net = InspectedNet(tmp_path, {**PRELU, "activation": activation})

    result, arrays = net.inspected({"what": "coefficients"})

    names = ["conv1", "conv2_1", "conv3_1", "fc1", "fc2"]
    assert result["values"]["count"] == count
    assert {result["values"][f"{name}_mean"] for name in names} == {0.25}
    assert arrays["layers"].tolist() == names


def test_mean_of_the_one_layer_that_changed(tmp_path):
    """Changing one layer's coefficients changes the number named after that layer."""
    net = InspectedNet(tmp_path, {**PRELU, "activation": "prelu_channel"})
    net.network.get_parameter("conv2_1_activation.weight").data.fill_(-2)
    net.keep_weights()

    values = net.inspected({"what": "coefficients"})[0]["values"]

    assert (values["conv2_1_mean"], values["conv1_mean"], values["negative"]) == (-2.0, 0.25, 6)


def test_a_net_without_prelu_is_refused_before_it_is_trained():
    """A suite that inspects a net without PReLU has a fault before any training."""
    with pytest.raises(ValueError, match="no PReLU"):
        parsed({"what": "coefficients"}).quantities(AlexNet().full_size(10), 10)
