"""Accuracies against a baseline: judged as cells are, paired by seed, by margin and direction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.regression.accuracies import MARGINS, compare_accuracy, judged_against
from harness.regression.finding import Finding

PLACE = "cnn.ten_crop.top1_error"
BEFORE = [10.0, 14.0, 12.0, 11.0, 13.0]


def accuracy(values: list[float], diverged: list[int] | None = None) -> dict[str, Any]:
    """Return one metric by seed, on ten thousand images."""
    return {"values": {str(s): v for s, v in enumerate(values)}, "images": 10_000, "diverged": diverged or []}


def compared(now: list[float], before: list[float] = BEFORE, *, gates: bool = True, **more: Any) -> Finding:
    """Return the finding on one metric."""
    return compare_accuracy("table1", PLACE, accuracy(before), accuracy(now, **more), gates=gates)


@pytest.mark.parametrize(
    ("shift", "severity"), [(0.0, "ok"), (0.3, "ok"), (-0.3, "ok"), (3.0, "regression"), (-3.0, "advisory")]
)
def test_worse_gates_better_is_told_and_the_same_is_sound(shift: float, severity: str) -> None:
    """Values are paired by seed, so that the spread of seeds hides no change."""
    assert compared([value + shift for value in BEFORE]).severity == severity


def test_where_nothing_gates_worse_is_told() -> None:
    """At ci nothing gates."""
    assert compared([value + 3 for value in BEFORE], gates=False).severity == "advisory"


def test_what_cannot_be_told_is_not_judged() -> None:
    """The shift is about the margin, and the spread is larger."""
    assert compared([11.0, 16.5, 11.5, 13.0, 13.5]).severity == "not judged"


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_too_few_seeds_are_not_judged(seeds: int) -> None:
    """No test is made that cannot reject, however far the values lie apart."""
    if seeds == 0:
        assert judged_against(PLACE, accuracy([]), accuracy([1.0])) is None
    else:
        assert compared([90.0] * seeds, BEFORE[:seeds]).severity == "not judged"


def test_a_seed_that_diverges_now_is_a_regression() -> None:
    """A single one would widen every interval and leave the outcome undecided."""
    found = compared([*BEFORE[:4], 90.0], diverged=[4])
    assert (found.severity, "seed 4 diverged" in found.said) == ("regression", True)


def test_direction_is_the_metrics() -> None:
    """All metrics are declared as better when lower."""
    lower = {**accuracy([1.0, 1.1, 1.2]), "images": 0}
    higher = {**accuracy([2.0, 2.1, 2.2]), "images": 0}
    place = "cnn.ten_crop.cross_entropy"
    assert compare_accuracy("s", place, lower, higher, gates=True).severity == "regression"
    assert compare_accuracy("s", place, higher, lower, gates=True).severity == "advisory"


@given(st.lists(st.floats(5, 95), min_size=3, max_size=8), st.floats(-0.4, 0.4))
def test_a_shift_within_the_margin_is_never_a_regression(values: list[float], shift: float) -> None:
    """The spread of seeds is in both and cancels."""
    assert compared([value + shift * MARGINS["top1_error"] for value in values], values).severity != "regression"
