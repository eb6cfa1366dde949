"""Tests that an inspection gives a value, or the reason for its absence, for every number of its spec."""

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
    """Return a trained and tested net."""
    net = InspectedNet(tmp_path)
    net.tested(certain(net.split("test").labels, 10))
    return net


@pytest.mark.parametrize("what", SPECS)
def test_every_number_is_there_or_absent_with_a_reason(net, what):
    """Every number is either finite or absent with a reason, and there are no others."""
    result, _ = net.inspected(SPECS[what], "test")

    named = set(parsed(SPECS[what]).quantities(net.traced, 10))
    assert named == {*result["values"], *result["absent"]}
    assert not {*result["values"]} & {*result["absent"]}
    assert json.loads(json.dumps(result["values"], allow_nan=False)) == result["values"]


@pytest.mark.parametrize("what", SPECS)
@pytest.mark.parametrize("diverged", ["network", "test"])
def test_of_a_net_that_diverged_nothing_is_told(net, what, diverged):
    """For a net that diverged every number is absent with a reason, and no arrays are stored."""
    net.finish("network", "diverged")
    net.finish(diverged, "diverged")
    net.inputs("network").weights.unlink()
    net.inputs("test").predictions.unlink()

    result, arrays = net.inspected(SPECS[what], "test")

    assert (result["outcome"], result["values"], arrays) == ("diverged", {}, {})
    assert set(result["absent"]) == set(parsed(SPECS[what]).quantities(net.traced, 10))
    assert all("diverged" in reason for reason in result["absent"].values())


def test_a_net_that_is_no_longer_finite_counts_as_diverged(net):
    """A net whose outputs are not finite counts as diverged, and no such number is written."""
    net.network.get_parameter("fc8.weight").data.fill_(float("inf"))
    net.keep_weights()

    result, arrays = net.inspected({"what": "gradients"})

    assert (result["outcome"], result["values"], arrays) == ("diverged", {}, {})


def test_marks_of_the_training_are_handed_on(net):
    """The marks of the training are passed on to the inspection."""
    assert net.inspected({"what": "kernels"})[0]["marks"] == ["a mark"]


def test_data_are_those_of_the_training_and_what_was_looked_at(net):
    """The result lists the data of the training and the split that was inspected."""
    net.seen = net.inspected(SPECS["gradients"])[0]["data"]
    assert [record["split"] for record in net.seen] == ["train"]
    net.finish("network", "done")

    seen = {what: net.inspected(SPECS[what], "test")[0]["data"] for what in ("kernels", "panel", "gradients")}

    assert seen["kernels"] == seen["gradients"] == net.seen
    assert [record["split"] for record in seen["panel"]] == ["train", "test"]


def test_arrays_are_an_output_of_the_job(net):
    """The digest of the arrays is part of the sealed result."""
    result, _ = net.inspected({"what": "kernels"})
    folder = JobFolder(net.root / "inspected")
    folder.write_result(result)

    digest = hashlib.sha256(folder.inspection.read_bytes()).hexdigest()
    assert (folder.read_result() or {})["outputs"] == {"inspection.npz": digest}


@pytest.mark.parametrize("what", ["neighbours", "panel"])
def test_same_net_same_bytes(net, what):
    """Two inspections of the same net give the same bytes."""
    (first, arrays), (again, others) = (net.inspected(SPECS[what], "test") for _ in range(2))

    assert first["values"] == again["values"]
    assert all(np.array_equal(arrays[name], others[name]) for name in arrays)
