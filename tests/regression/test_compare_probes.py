"""Comparison of probes: bits on the same machine, rounding elsewhere, and no dropout on other devices."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from snapshots import TEST, TRAINING

from harness.regression.compare_probes import Places, compare_probe
from harness.regression.finding import Finding

HERE, ELSEWHERE = Places(same=True, same_kind=True), Places(same=False, same_kind=True)
OTHER_KIND = Places(same=False, same_kind=False)


def compared(places: Places, probe: dict[str, Any] = TRAINING, **changed: Any) -> Finding:
    """Compare a probe with a changed copy of itself."""
    now = copy.deepcopy(probe)
    now["found"] |= changed
    return compare_probe("table1", "cnn", probe, now, places)


@pytest.mark.parametrize("places", [HERE, ELSEWHERE, OTHER_KIND])
@pytest.mark.parametrize("probe", [TRAINING, TEST])
def test_the_same_bits_are_sound_anywhere(places: Places, probe: dict[str, Any]) -> None:
    """The finding says that the bits are the same."""
    found = compared(places, probe)
    assert (found.severity, found.said) == ("ok", "bit for bit as in the baseline")


def test_rounding_is_a_regression_only_where_nothing_should_round_otherwise() -> None:
    """On the same machine with the same versions, only code can have changed."""
    assert compared(HERE, losses="2.3 2.2000003 2.1").severity == "regression"
    assert compared(ELSEWHERE, losses="2.3 2.2000003 2.1").severity == "ok"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"logits": "0.1 -0.2 0.3 -0.41"}, "logits at first weights: off by"),
        ({"losses": "2.3 2.3 2.1"}, "loss of step 2: off by"),
        ({"after_drop": "2.05 2.14"}, "loss after the rate dropped, step 2: off by"),
        ({"updates": {"biases": "0.002 0.01", "weights": "-0.001 0.02"}}, "what training moves biases by: off by"),
        ({"decays": {"biases": "0.0005", "weights": "0.0005"}}, "weight decay of biases: off by"),
        ({"losses": "2.3 nan", "after_drop": ""}, "loss of step 2 and 1 more: missing or not a number"),
        ({"losses": "2.3 2.2 nan"}, "loss of step 3: missing or not a number"),
    ],
)
def test_more_than_rounding_is_a_regression_anywhere(changed: dict[str, Any], said: str) -> None:
    """The departing part is named."""
    for places in (HERE, ELSEWHERE):
        found = compared(places, **changed)
        assert found.severity == "regression"
        assert said in found.said
        assert found.before != found.now


def wild(losses: str) -> dict[str, Any]:
    """Return a probe with these distances of disturbed runs, loss by loss."""
    probe = copy.deepcopy(TRAINING)
    probe["disturbed"]["losses"] = losses
    return probe


def test_what_disturbed_runs_move_a_training_by_it_may_move() -> None:
    """From that step on, a multiple of the distance is allowed."""
    assert compared(ELSEWHERE, losses="2.3 2.21 2.1").severity == "regression"
    assert compared(ELSEWHERE, wild("0 0.001 0.001"), losses="2.3 2.21 2.1").severity == "ok"
    assert compared(ELSEWHERE, wild("0 0.001 0.001"), losses="2.31 2.2 2.1").severity == "regression"


def test_a_step_that_rounding_carries_anywhere_is_not_compared_and_that_is_said() -> None:
    """Earlier steps are compared."""
    found = compared(ELSEWHERE, wild("0 0.1 0.1"), losses="2.3 2.9 nan", after_drop="")
    assert found.severity == "ok"
    assert "chaotic, and not compared: loss of step 2 and later, loss after the rate dropped" in found.said
    assert compared(ELSEWHERE, wild("0 0.1 0.1"), losses="2.31 2.9 2.1").severity == "regression"


def test_runs_disturbed_here_count_beside_those_of_the_baseline() -> None:
    """A training may be unstable on one of two machines only."""
    now = copy.deepcopy(TRAINING)
    now["found"]["losses"] = "2.3 2.21 2.1"
    assert compare_probe("table1", "cnn", TRAINING, now, ELSEWHERE).severity == "regression"
    now["disturbed"]["losses"] = "0 0.001 0.001"
    assert compare_probe("table1", "cnn", TRAINING, now, ELSEWHERE).severity == "ok"
    assert compare_probe("table1", "cnn", TRAINING, now, HERE).severity == "regression"


def test_on_another_kind_of_device_only_first_weights_are_compared() -> None:
    """Its dropout draws other numbers."""
    assert compared(OTHER_KIND, losses="9 9 9").severity == "ok"
    assert compared(OTHER_KIND, logits="0.1 -0.2 0.3 -0.5").severity == "regression"


def test_probabilities_are_compared_as_the_logits_behind_them() -> None:
    """A changed logit shows although softmax flattens it."""
    flat = {"asked": TEST["asked"], "found": {"classes": 2, "probabilities": "0.5001 0.4999"}}
    assert compared(ELSEWHERE, flat, probabilities="0.5001001 0.4998999").severity == "ok"
    found = compared(ELSEWHERE, flat, probabilities="0.50012 0.49988")
    assert (found.severity, found.before, found.now) == ("regression", "0.5001", "0.50012")


def test_the_size_of_amplified_logits_is_compared_too() -> None:
    """It gives the tolerance of the others, so a baseline that names a larger one would hide them."""
    found = {"classes": 2, "probabilities": "0.5 0.5", "amplified": "0.9 0.1", "rounding": "1e9"}
    said = compared(ELSEWHERE, {"asked": TEST["asked"], "found": found}, amplified="0.2 0.8", rounding="8").said
    assert said.startswith("largest amplified logit: off by")


def test_a_probe_that_asks_for_something_else_is_told() -> None:
    """Its numbers mean something else."""
    now = copy.deepcopy(TRAINING)
    now["asked"]["steps"] = 4
    found = compare_probe("table1", "cnn", TRAINING, now, HERE)
    assert (found.severity, "update the baseline" in found.said) == ("regression", True)


def test_a_kind_of_parameter_that_is_gone_is_no_rounding() -> None:
    """A new kind is no rounding either."""
    found = compared(ELSEWHERE, updates={"biases": "0.001 0.01"})
    assert found.severity == "regression"
