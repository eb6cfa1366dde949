"""Power of declared seeds, shown before anything runs, in points where their spread is declared."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import TABLE1, loaded

from harness.judge.power import detectable
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

CI = "    seeds: 3\n    data: digits\n"


def scaling(**changes: object):
    """Return the suite of larger nets with another small scale."""
    suite = load_suite(shipped_suites() / "scaling.yaml")
    small = suite.file.scales["small"].model_copy(update=changes)
    suite.file.scales["small"] = small
    return suite


def test_difference_is_that_of_the_power_of_a_paired_t_test() -> None:
    """Six seeds find 1.435 spreads: noncentral t with five degrees of freedom at 5% two-sided, 80% power (G*Power)."""
    found = detectable(scaling(seeds=6, paired_spread=None), "small")
    assert found is not None
    assert found["difference"] == pytest.approx(1.435, abs=0.001)
    assert "1.4 times the spread of paired differences" in found["says"]


def test_declared_spread_gives_points() -> None:
    """The effect that matters to the suite is shown beside it."""
    found = detectable(scaling(seeds=6, paired_spread=0.4, smallest_effect=0.5), "small")
    assert found is not None
    assert found["difference"] == pytest.approx(0.4 * 1.435, abs=0.001)
    assert found["says"].endswith("; the suite cares about 0.5 or more")


def test_too_few_seeds_are_called_so() -> None:
    """Two seeds can reject nothing."""
    found = detectable(scaling(seeds=2), "small")
    assert found is not None
    assert found["says"].endswith("over 2 seeds, too few to reject anything")


def test_only_claims_about_trained_nets_count(tmp_path: Path) -> None:
    """Quoted numbers have no seeds, and exact ones need none."""
    assert detectable(loaded(tmp_path), "small") is None
    assert detectable(load_suite(TABLE1), "small") is None
    assert detectable(load_suite(shipped_suites() / "prelu_table3.yaml"), "ci") is None
