"""Tests of the registry of measurements: names, types, and counting without torch."""

import json
import re
import subprocess
import sys
from typing import get_args

import pytest
from measure_specs import ALEXNET, CHAIN, EQ14, RECIPE, SHARED, SMALL, SPECS, parsed
from pydantic import ValidationError

from harness.jobs.measures import MEASURES, MeasureSpec
from harness.models import ScaledModel


def test_every_name_of_the_registry_is_the_name_that_its_spec_answers_to():
    """The registry and the union of specs hold the same measurements."""
    members = get_args(get_args(MeasureSpec)[0])
    assert {name: one.spec for name, one in MEASURES.items()} == {
        get_args(member.model_fields["what"].annotation)[0]: member for member in members
    }


@pytest.mark.parametrize("what", sorted(MEASURES.keys() - SHARED))
def test_a_measurement_yields_exactly_the_numbers_it_announced(what):
    """A measurement yields exactly the numbers that its spec announces."""
    spec = parsed(what)
    values = MEASURES[what].load()(spec, 0, "cpu")
    assert list(values) == list(spec.quantities())
    assert all(isinstance(value, float) for value in values.values())


@pytest.mark.parametrize("what", MEASURES)
def test_names_of_numbers_are_flat_and_have_labels(what):
    """Numbers have flat names and labels."""
    for name, quantity in parsed(what).quantities().items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert quantity.label


def test_specs_are_read_and_counted_without_torch():
    """Reading and counting specs imports no torch."""
    code = f"""
import sys, json
from harness.jobs.measures import MEASURES
specs = json.loads({json.dumps(json.dumps(SPECS))})
for what, fields in specs.items():
    spec = MEASURES[what].spec.parsed({{"what": what, **fields}})
    assert spec.quantities()
    if not MEASURES[what].needs_torch:
        MEASURES[what].load()(spec, None, "cpu")
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_needs_a_seed_or_a_device_runs_on_torch():
    """Random and timed measurements need torch, and only speed-ups and timings are timed."""
    assert all(one.needs_torch for one in MEASURES.values() if one.random or one.timed)
    assert [name for name, one in MEASURES.items() if one.timed] == ["speedup", "timing"]


@pytest.mark.parametrize("what", ["network", "stds", "first_step"])
def test_a_scale_narrows_the_networks_of_a_spec(what):
    """A scale changes the networks of a spec wherever they occur."""
    narrow = parsed(what).with_models(ScaledModel(width=0.25).applied_to)
    assert narrow.net.model.width == 0.25


def test_a_scale_narrows_every_arm_of_a_timing_and_the_network_of_a_configuration():
    """A scale changes every arm of a timing, and the network of a configuration."""
    change = ScaledModel(width=0.25).applied_to
    assert {arm.net.model.width for arm in parsed("timing").with_models(change).arms.values()} == {0.25}
    assert parsed("configuration").with_models(change).model.width == 0.25


def test_a_scale_leaves_alone_what_has_no_network_of_the_registry():
    """A scale leaves chains and recipes without a network unchanged."""
    change = ScaledModel(width=0.25).applied_to
    plain = parsed("configuration", recipe=RECIPE)
    assert parsed("propagation").with_models(change) == parsed("propagation")
    assert plain.with_models(change) == plain


@pytest.mark.parametrize(
    ("what", "fields", "message"),
    [
        ("network", {"net": {**ALEXNET, "input": [3, 8, 8]}}, "leaves an output"),
        ("stds", {"net": CHAIN, "initialisation": {"rule": "xavier", "fc_std": [0.1, 0.1, 0.1]}}, "fully connected"),
        ("propagation", {"net": SMALL, "initialisation": EQ14, "batch": 1}, "response_norm: false"),
        (
            "propagation",
            {"net": CHAIN, "initialisation": {"rule": "gaussian", "bias_one": ["conv1"]}, "batch": 1},
            "bias",
        ),
        ("first_step", {"net": CHAIN, "initialisation": EQ14, "batch": 1}, "ends in maps, not in logits"),
        ("units", {"of": "pooling"}, "Input should be"),
        ("timing", {"arms": {}, "batch": 1}, "at least 1"),
        ("timing", {"arms": {"a": {"net": SMALL}, "b": {"net": SMALL}}, "batch": 1}, "`against`, the one of a, b"),
        ("timing", {"arms": {"a": {"net": SMALL}}, "against": "b", "batch": 1}, "needs `against`, the one of a "),
        ("timing", {"arms": {"a": {"net": SMALL, "stored_side": 64}}, "batch": 1}, "give both or neither"),
        ("spp", {"levels": [], "channels": 1, "side": 1}, "at least 1"),
        ("filter_stds", {"kernel": 3, "filters": [64], "filtres": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_be_measured_is_refused_when_it_is_read(what, fields, message):
    """A measurement that is impossible is refused when its spec is read, with a remedy."""
    with pytest.raises(ValidationError, match=message):
        parsed(what, **fields)


FORWARD = sum(one.multiply_adds for one in parsed("network", net=SMALL).net.traced())
"""Multiply-adds of the small AlexNet for one image."""


@pytest.mark.parametrize(
    ("what", "changes", "passes"),
    [
        ("timing", {"warm_up": 3, "rounds": 10, "steps": 2}, 2 * 3 * 2 * 13 * 2),  # two arms, three passes a step
        ("speedup", {"warm_up": 0, "rounds": 4}, 4 * 3 * 4 * 1.5),  # the whole batch on one, half on each of two
        ("first_step", {}, 3 * 2),
    ],
)
def test_what_runs_nets_says_how_much_it_computes(what, changes, passes):
    """A measurement that runs nets reports its multiply-adds, with a step counted as three forward passes."""
    assert parsed(what, **SPECS[what] | changes).multiply_adds() == pytest.approx(FORWARD * passes)


def test_what_is_counted_computes_nothing_worth_telling():
    """A measurement by counting reports no multiply-adds."""
    assert {parsed(what).multiply_adds() for what in ("arithmetic", "network", "spp", "stds")} == {0.0}
