"""Differences of two nets, seed by seed, as the number that a cell is judged by."""

from __future__ import annotations

import pytest

from harness.judge.cells import Measured, judge_cell
from harness.judge.differences import difference, differences
from harness.suite.cells import Cell

REDUCTION = Cell("norm", "norm", "", "Norm", "", "1.4", 1.4, "points", 0.5, ("without", "ten", "top1_error"),
                 minus=("cnn", "ten", "top1_error"))  # fmt: skip


def measured(*values: float, **more: object) -> Measured:
    """One value a seed, over 10,000 images."""
    return Measured(values=dict(enumerate(values)), declared_seeds=len(values), images=10_000, **more)  # type: ignore[arg-type]


def test_seeds_are_paired() -> None:
    """A spread that both nets of a seed share takes no part in the difference."""
    found = difference(measured(21.4, 31.5, 41.3), measured(20.0, 30.0, 40.0))
    assert found.values == pytest.approx({0: 1.4, 1: 1.5, 2: 1.3})
    verdict = judge_cell(REDUCTION, found, "paper")
    assert (verdict.outcome, verdict.wilson) == ("MATCH", None)


def test_beyond_the_margin_a_reduction_differs_and_is_neither_better_nor_worse() -> None:
    """A larger reduction is no better reproduction."""
    found = difference(measured(24.0, 34.1, 43.9), measured(20.0, 30.0, 40.0))
    assert judge_cell(REDUCTION, found, "paper").outcome == "DIFFERS"


def test_an_obstacle_of_either_net_stands() -> None:
    """A net that failed, is missing or diverged is told, whichever of the two it is."""
    sound = measured(20.0, 30.0, 40.0)
    assert difference(sound, measured(1.0, 2.0, 3.0, failed={1: "full disk"})).failed == {1: "full disk"}
    assert difference(measured(1.0, 2.0, 3.0, diverged=(2,)), sound).diverged == (2,)
    lacking = difference(sound, Measured(values={0: 1.0}, declared_seeds=3, blocked="no data"))
    assert judge_cell(REDUCTION, lacking, "paper").reason == "no data (1 of 3 seeds)"


def test_a_number_that_nothing_is_sampled_in_is_taken_from_every_seed() -> None:
    """Counts have one value, stored under the first seed."""
    count = Measured(values={0: 5.0}, declared_seeds=1, how="exact")
    assert difference(measured(7.0, 8.0), count).values == {0: 2.0, 1: 3.0}


def test_only_cells_that_are_differences_give_one() -> None:
    """By the name that the cell has for it."""
    numbers = {"without.ten.top1_error": measured(3.0), "cnn.ten.top1_error": measured(1.0)}
    assert list(differences([REDUCTION], numbers)) == ["without.ten.top1_error - cnn.ten.top1_error"]
