"""Declarations that alone show that a claim cannot fail, or cannot be decided, are refused where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path


def faults(tmp_path: Path, suite: str, *changes: tuple[str, str]) -> str:
    """What is wrong with a shipped suite after changes of its text."""
    text = suite_path(suite).read_text("utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    path = tmp_path / f"{suite}.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load_suite(path)
    except SuiteError as error:
        return "\n".join(error.faults)
    return ""


def test_neighbours_in_pixels_are_nearest_by_definition(tmp_path: Path) -> None:
    """As the claim was first declared."""
    why = "    by_construction: The neighbours in pixels are the nearest in pixels, so that no others can be nearer\n"
    found = faults(tmp_path, "figure4", (why, ""))
    assert "claims.far_in_pixels.less: cannot fail" in found
    assert "give `by_construction` with why" in found


def test_memory_that_is_a_lower_bound_is_said_to_be_one(tmp_path: Path) -> None:
    """Without the word a count of the least memory would contradict that more is needed."""
    counted = "net.training_bytes, at_least: 3.0e+9"
    found = faults(tmp_path, "architecture", (f"{counted}, bound: lower", counted))
    assert "claims.memory_least.exact: net.training_bytes is only a lower bound" in found


@pytest.mark.parametrize("bounds", ["at_least: 0", "at_most: 100", "at_least: 0, at_most: 100"])
def test_an_error_lies_between_0_and_100_percent_anyway(tmp_path: Path, bounds: str) -> None:
    """A bound that every net satisfies tests none."""
    least = "less: [cnn.neighbours.pixel_same_class_percent, cnn.neighbours.feature_same_class_percent]"
    found = faults(tmp_path, "figure4", (least, f"exact: {{value: cnn.ten_crop.top1_error, {bounds}}}"))
    assert "claims.same_kind_in_features.exact: cannot fail" in found


def test_a_margin_within_the_rounding_can_never_match(tmp_path: Path) -> None:
    """13% is known to half a point, so that no interval fits within half a point of it."""
    found = faults(tmp_path, "cifar_lrn", ("margin: 1}", "margin: 0.5}"))
    assert "table.rows.without: cannot match: the margin 0.5 is no wider than the rounding of 13" in found


@pytest.mark.parametrize("suite", ["figure4", "architecture", "cifar_lrn"])
def test_the_suites_as_they_are_pass(tmp_path: Path, suite: str) -> None:
    """So that a refusal above is of the change alone."""
    assert faults(tmp_path, suite) == ""
