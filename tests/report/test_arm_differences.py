"""In what two arms differ is read off their resolved specs."""

from __future__ import annotations

from typing import Any

import pytest

from harness.plan.graph import make_plan
from harness.report.arm_differences import arm_differences
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path


def differences(suite: str, claim: str) -> str:
    """What is said of a claim of a shipped suite at small scale."""
    return "; ".join(arm_differences(make_plan(load_suite(suite_path(suite)), "small"))[claim])


@pytest.mark.parametrize(
    ("suite", "claim", "says"),
    [
        ("table2", "pretrained_gain_top1.direction", "model.sixth_conv (True against False)"),
        ("table2", "pretrained_gain_top1.direction", "2.3 times"),
        ("regularisation", "views_prevent_overfitting", "is the one that fixed_views alone was trained on"),
        ("scaling", "faster_gpus", "recipe.epochs (12 against 3)"),
        ("table1", "beats_sift_fv", "each reduced by hand; the images that each is given"),
    ],
)
def test_a_confounder_is_named(suite: str, claim: str, says: str) -> None:
    """A layer more, more steps, a view that one arm knows."""
    assert says in differences(suite, claim)


def test_a_control_arm_differs_in_one_thing() -> None:
    """The factor alone against the printed normalisation: its constants and nothing else."""
    assert differences("cifar_lrn", "printed_beyond_scale") == "model.norm_constants (printed against scale_only)"
    assert differences("figure1", "five_layers_25").startswith("model.activation")


def test_as_many_steps_are_no_difference() -> None:
    """The control of pre-training takes as many as pre-training and tuning."""
    assert "training steps" not in differences("equal_steps", "beyond_its_steps")
    assert "training steps" in differences("equal_steps", "steps_alone")


@pytest.mark.parametrize(("scale", "differ"), [("paper", False), ("subset", False), ("small", True), ("ci", True)])
def test_a_net_and_a_system_without_one_differ_where_a_scale_reduces_them_apart(scale: Any, differ: bool) -> None:  # noqa: FBT001 - pytest's way
    """At other scales each has the sizes of its paper."""
    plan = make_plan(load_suite(suite_path("table1")), scale)
    assert ("beats_sparse_coding" in arm_differences(plan)) == differ
