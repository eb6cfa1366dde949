"""An inspection gives a value, or a reason why there is none, for every number that its spec names."""

import hashlib
import json

import numpy as np
import pytest
from inspected_nets import InspectedNet, certain

from harness.jobs.inspections import parsed
from harness.store.store import JobFolder

SPECS = {
    "kernels": {"what": "kernels"},
    "neighbours": {"what": "neighbours", "queries": 5},
    "panel": {"what": "panel", "evaluation": "test"},
    "per_class": {"what": "per_class", "evaluation": "test"},
    "gradients": {"what": "gradients"},
}


@pytest.fixture
def net(tmp_path):
    """A net with a test."""
    net = InspectedNet(tmp_path)
    net.tested(certain(net.split("test").labels, 10))
    return net


@pytest.mark.parametrize("what", SPECS)
def test_every_number_is_there_or_absent_with_a_reason(net, what):
    """No other, and none twice; all are finite, so that a result can be written as JSON."""
    result, _ = net.inspected(SPECS[what], "test")

    named = set(parsed(SPECS[what]).quantities(net.traced, 10))
    assert named == {*result["values"], *result["absent"]}
    assert not {*result["values"]} & {*result["absent"]}
    assert json.loads(json.dumps(result["values"], allow_nan=False)) == result["values"]


@pytest.mark.parametrize("what", SPECS)
@pytest.mark.parametrize("diverged", ["network", "test"])
def test_of_a_net_that_diverged_nothing_is_told(net, what, diverged):
    """Every number is absent and says so; no array is left, and nothing crashes for want of weights or predictions."""
    net.finish("network", "diverged")
    net.finish(diverged, "diverged")
    net.inputs("network").weights.unlink()
    net.inputs("test").predictions.unlink()

    result, arrays = net.inspected(SPECS[what], "test")

    assert (result["outcome"], result["values"], arrays) == ("diverged", {}, {})
    assert set(result["absent"]) == set(parsed(SPECS[what]).quantities(net.traced, 10))
    assert all("diverged" in reason for reason in result["absent"].values())


def test_a_net_that_is_no_longer_finite_counts_as_diverged(net):
    """Its training ended before anyone looked; a number that is none is not written."""
    net.network.get_parameter("fc8.weight").data.fill_(float("inf"))
    net.keep_weights()

    result, arrays = net.inspected({"what": "gradients"})

    assert (result["outcome"], result["values"], arrays) == ("diverged", {}, {})


def test_marks_of_the_training_are_handed_on(net):
    """What a reader has to know of the net, a reader of its kernels has to know."""
    assert net.inspected({"what": "kernels"})[0]["marks"] == ["a mark"]


def test_data_are_those_of_the_training_and_what_was_looked_at(net):
    """Weights alone show nothing beside what they were trained on; a panel sees the split that was tested."""
    net.seen = net.inspected(SPECS["gradients"])[0]["data"]
    assert [record["split"] for record in net.seen] == ["train"]
    net.finish("network", "done")

    seen = {what: net.inspected(SPECS[what], "test")[0]["data"] for what in ("kernels", "panel", "gradients")}

    assert seen["kernels"] == seen["gradients"] == net.seen
    assert [record["split"] for record in seen["panel"]] == ["train", "test"]


def test_arrays_are_an_output_of_the_job(net):
    """Their digest stands in the sealed result, as that of weights and predictions does."""
    result, _ = net.inspected({"what": "kernels"})
    folder = JobFolder(net.root / "inspected")
    folder.write_result(result)

    digest = hashlib.sha256(folder.inspection.read_bytes()).hexdigest()
    assert (folder.read_result() or {})["outputs"] == {"inspection.npz": digest}


@pytest.mark.parametrize("what", ["neighbours", "panel"])
def test_same_net_same_bytes(net, what):
    """Nothing depends on the moment: numbers and arrays come out alike."""
    (first, arrays), (again, others) = (net.inspected(SPECS[what], "test") for _ in range(2))

    assert first["values"] == again["values"]
    assert all(np.array_equal(arrays[name], others[name]) for name in arrays)
