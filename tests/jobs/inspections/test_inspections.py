"""Tests that every kind of inspection can be read from a suite and names its numbers without torch."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.jobs.inspections import INSPECTIONS, parsed
from harness.jobs.inspections.layer_lookup import convolution, groups_after, slope_owners
from harness.models.alexnet import AlexNet
from harness.models.layers import Activation, Conv, Linear, trace

LEAST = {
    "coefficients": {},
    "kernels": {},
    "neighbours": {},
    "panel": {"evaluation": "single"},
    "per_class": {"evaluation": "single"},
    "gradients": {},
}
CHAIN = (
    Conv("conv1", 4, 3),
    Activation("prelu_channel", "conv1.activation", 0.25),
    Conv("conv2", 4, 3, groups=2),
    Activation("relu", "conv2.activation"),
    Linear("fc1", 5),
    Activation("prelu_shared", "fc1.activation", 0.25),
    Linear("fc2", 7),
)
TRACED = tuple(trace(CHAIN, (3, 8, 8)))


@pytest.mark.parametrize("what", INSPECTIONS)
def test_kind_is_told_apart_by_what(what):
    """The smallest valid data give a spec of the registered type, which survives conversion to JSON."""
    spec = parsed({"what": what, **LEAST[what]})

    assert type(spec) is INSPECTIONS[what].spec
    assert spec == parsed(spec.model_dump(mode="json"))


@pytest.mark.parametrize("what", INSPECTIONS)
def test_what_carries_it_out_is_there(what):
    """The function named by each kind exists."""
    assert callable(INSPECTIONS[what].load())


@pytest.mark.parametrize("what", INSPECTIONS)
def test_numbers_have_flat_names_and_labels(what):
    """Numbers have flat names of small letters, digits and underscores, and labels."""
    quantities = parsed({"what": what, **LEAST[what]}).quantities(TRACED, 7)

    assert quantities
    assert all(name.replace("_", "").isalnum() and name == name.lower() for name in quantities)
    assert all(quantity.label for quantity in quantities.values())


@pytest.mark.parametrize("what", INSPECTIONS)
def test_unknown_keys_are_faults(what):
    """A misspelt parameter is a fault."""
    with pytest.raises(ValidationError, match="qeries"):
        parsed({"what": what, **LEAST[what], "qeries": 3})


def test_specs_do_without_torch_and_numpy():
    """Specs import neither torch nor numpy."""
    code = (
        "import sys; from harness.jobs.inspections import parsed; from harness.models.alexnet import AlexNet;"
        "parsed({'what': 'kernels'}).quantities(AlexNet().full_size(10), 10);"
        "assert not {'torch', 'numpy', 'matplotlib'} & set(sys.modules)"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parent.parent.parent.parent)}

    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_names_of_a_suite_are_no_part_of_an_address():
    """Suites that name experiments and tests differently share a job's key."""
    mine = parsed({"what": "per_class", "evaluation": "ten_crop", "against": "old_net"})
    yours = parsed({"what": "per_class", "evaluation": "views", "against": "entry_2014"})

    assert mine.in_roles() == yours.in_roles()
    assert mine.in_roles() != parsed({"what": "per_class", "evaluation": "views"}).in_roles()


def test_tests_and_splits_are_asked_for_by_role():
    """Inspections of predictions name their tests, and inspections of images name their splits."""
    both = parsed({"what": "per_class", "evaluation": "ten_crop", "against": "other"})
    near = parsed({"what": "neighbours", "split": "val"})

    assert both.tests("cnn") == {"test": ("cnn", "ten_crop"), "against": ("other", "ten_crop")}
    assert both.splits("val") == ("val",)
    assert (near.tests("cnn"), near.splits(None)) == ({}, ("train", "val"))
    assert parsed({"what": "kernels"}).splits(None) == ()


def test_slopes_belong_to_the_layer_before_them():
    """Only learned slopes belong to a layer: not those of ReLU and leaky ReLU."""
    assert slope_owners(TRACED) == {"conv1.activation": "conv1", "fc1.activation": "fc1"}


def test_groups_are_those_of_the_next_convolution():
    """Groups of kernels are those of the next convolution: two for AlexNet's conv1, one for conv5."""
    layers = AlexNet().full_size(10)
    counted = {name: groups_after(layers, convolution(layers, name)) for name in ("conv1", "conv2", "conv5")}

    assert counted == {"conv1": 2, "conv2": 1, "conv5": 1}


def test_a_layer_that_is_no_convolution_is_named():
    """The error for a layer that is no convolution lists the convolutions."""
    with pytest.raises(ValueError, match="no convolution 'fc1'; there are conv1, conv2"):
        convolution(TRACED, "fc1")
