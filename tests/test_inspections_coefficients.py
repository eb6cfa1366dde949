"""PReLU's coefficients are summed up layer by layer, by their sign and by their size."""

import numpy as np
import pytest
from inspected_nets import InspectedNet

from harness.inspections import parsed
from harness.jobs.inspections.coefficients import summary
from harness.models.alexnet import AlexNet

PRELU = {"name": "prelu_small", "activation": "prelu_channel"}


def test_known_coefficients():
    """Means by layer; over all, the shares beyond one and below zero are of coefficients, not of layers."""
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
    """The paper speaks of coefficients larger than 1."""
    assert summary({"conv1": np.array([1.0, -1.0])}).values["beyond_one_percent"] == 0


@pytest.fixture
def net(tmp_path):
    """A small net with PReLU."""
    model = {
        "name": "alexnet",
        "width": 0.05,
        "stem": {"kernel": 5, "stride": 1, "pad": [2, 2, 2, 2]},
        "activation": "prelu_channel",
    }
    try:
        return InspectedNet(tmp_path, model)
    except ValueError:
        pytest.skip("no AlexNet with PReLU")


def test_a_net_without_prelu_is_refused_before_it_is_trained():
    """Its suite has a fault: there would be nothing to read."""
    with pytest.raises(ValueError, match="no PReLU"):
        parsed({"what": "coefficients"}).quantities(AlexNet().full_size(10), 10)
