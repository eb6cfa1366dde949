"""Nominal levels of declared looks: known values, an independent simulation, and where runs end."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.judge.statistics import FIXED, Levels, crossing, declared_looks, levels_at, nominal_level
from harness.judge.statistics.stopping import stopping

KNOWN = {
    (3, 5, 8): (0.0213, 0.0100),
    (3, 5): (0.0294, 0.0140),
    (3, 5, 10): (0.0204, 0.0096),
}
"""One-sided levels for 0.05 within a margin and 0.025 beyond it, from a simulation that is none of this program's."""


@pytest.mark.parametrize("looks", KNOWN, ids=str)
def test_levels_are_those_known(looks) -> None:
    """To two ten-thousandths."""
    found = levels_at(looks)
    assert (found.within, found.beyond) == tuple(pytest.approx(level, abs=2e-4) for level in KNOWN[looks])


@pytest.mark.parametrize(
    ("looks", "overall"),
    [
        ((3, 5, 8), 0.05),
        pytest.param((3, 5, 8), 0.025, marks=pytest.mark.nightly),
        pytest.param((4, 6, 7, 12), 0.05, marks=pytest.mark.nightly),
        ((4, 6, 7, 12), 0.025),
    ],
    ids=str,
)
def test_t_tests_at_the_levels_err_as_often_as_one(looks, overall) -> None:
    """By scipy's t tests on 200,000 draws of normal values; three standard errors are granted."""
    level, draws = nominal_level(looks, overall), 200_000
    values = np.random.default_rng(7).standard_normal((draws, looks[-1]))
    crossed = np.zeros(draws, dtype=bool)
    for n in looks:
        crossed |= stats.ttest_1samp(values[:, :n], 0, axis=1, alternative="greater").pvalue < level

    assert crossed.mean() == pytest.approx(overall, abs=3 * np.sqrt(overall / draws))


def test_one_look_has_the_levels_of_fixed_seeds() -> None:
    """However many seeds it takes."""
    assert levels_at((5,)) == FIXED == Levels(0.05, 0.025)


def test_levels_lie_between_bonferronis_and_those_of_one_test() -> None:
    """More looks, lower levels."""
    for looks in ((3, 5), (3, 10), (3, 4, 5, 6, 7, 8)):
        assert 0.05 / len(looks) < nominal_level(looks, 0.05) < 0.05
    assert nominal_level((3, 5, 8), 0.05) < nominal_level((3, 5), 0.05)


def test_a_crossing_at_one_look_is_the_level_itself() -> None:
    """Student's distribution, by integration over angles."""
    for n in (3, 8, 20):
        assert crossing((n,), 0.03) == pytest.approx(0.03, abs=1e-6)


@pytest.mark.parametrize("looks", [(), (2, 5), (5, 5), (5, 3)], ids=str)
def test_looks_that_do_not_increase_from_three_are_refused(looks) -> None:
    """Two seeds are never judged."""
    with pytest.raises(ValueError, match="looks increase"):
        nominal_level(looks, 0.05)


def test_looks_are_numbered() -> None:
    """And know the last."""
    first, _, last = declared_looks((3, 5, 8))
    assert (first.number, first.of, first.seeds, first.last) == (1, 3, 3, False)
    assert (last.number, last.seeds, last.last) == (3, 8, True)
    assert first.levels == last.levels


def test_where_runs_end_is_told_beforehand() -> None:
    """A mean at its target with a spread of 0.6 of its margin: known from a simulation of no part of this program."""
    looks, fixed = stopping((3, 5, 8), 0.0, 0.5 / 0.3), stopping((5,), 0.0, 0.5 / 0.3)
    assert (looks.decided, looks.seeds) == (pytest.approx(0.95, abs=0.01), pytest.approx(5.8, abs=0.1))
    assert (fixed.decided, fixed.seeds) == (pytest.approx(0.84, abs=0.015), 5)
    assert stopping((3, 5, 8), 5.0).seeds < 4
    assert stopping((3, 5, 8), 0.0).decided <= 0.06
