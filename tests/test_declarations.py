"""Declarations: seeds and margins as they stood before the first result, so that a later change shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricated import finish, finish_all
from suite_files import loaded

from harness.declarations import declare, extended_cells
from harness.errors import HarnessError
from harness.plan import Plan, make_plan
from harness.store import Store

CI = "    seeds: 3\n    data: digits\n"
OTHER_SEEDS = {number: (CI, CI.replace("3", str(number))) for number in (2, 4)}
OTHER_MARGIN = (
    'label: Top-1, metric: top1_error, unit: "%", margin: 0.5',
    'label: Top-1, metric: top1_error, unit: "%", margin: 5',
)


def planned(folder: Path, *replaced: tuple[str, str], scale: str = "ci") -> Plan:
    """Table 1 with something replaced, planned."""
    return make_plan(loaded(folder, *replaced), scale)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store where the suite was declared and has its first result."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path)
    declare(plan, store)
    finish_all(store, plan)
    return store


def test_what_was_declared_is_not_extended(store: Store, tmp_path: Path) -> None:
    """However often the suite runs."""
    plan = planned(tmp_path)
    declare(plan, store)
    assert extended_cells(plan, store) == set()


def test_without_a_declaration_nothing_is_extended(tmp_path: Path) -> None:
    """There was no first result."""
    assert extended_cells(planned(tmp_path), Store(tmp_path / "runs")) == set()


@pytest.mark.parametrize("seeds", OTHER_SEEDS)
def test_other_seeds_extend_every_cell_of_ours(store: Store, tmp_path: Path, seeds: int) -> None:
    """More of them, or fewer."""
    plan = planned(tmp_path, OTHER_SEEDS[seeds])
    declare(plan, store)
    assert extended_cells(plan, store) == {"cnn.top1", "cnn.top5"}


def test_another_margin_extends_its_cells(store: Store, tmp_path: Path) -> None:
    """And no others; quoted ones are judged by nothing."""
    plan = planned(tmp_path, OTHER_MARGIN)
    declare(plan, store)
    assert extended_cells(plan, store) == {"cnn.top1"}


def test_before_the_first_result_everything_may_change(tmp_path: Path) -> None:
    """The last word before it counts."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path, OTHER_MARGIN, OTHER_SEEDS[4])
    declare(planned(tmp_path), store)
    declare(plan, store)
    finish_all(store, plan)
    assert extended_cells(plan, store) == set()


def test_a_training_alone_is_no_result_yet(tmp_path: Path) -> None:
    """Nobody has seen a test error."""
    store, plan = Store(tmp_path / "runs"), planned(tmp_path)
    declare(plan, store)
    for key in (next(iter(plan.jobs)), plan.trainings["cnn", 0]):
        finish(store, plan.jobs[key])
    more = planned(tmp_path, OTHER_SEEDS[4])
    declare(more, store)
    assert extended_cells(more, store) == set()


def test_scales_are_declared_apart(store: Store, tmp_path: Path) -> None:
    """Five seeds at paper scale extend nothing at the scale of three."""
    declare(planned(tmp_path, scale="paper"), store)
    assert extended_cells(planned(tmp_path), store) == set()


@pytest.mark.parametrize(
    "damage", [lambda text: text.replace("3", "4"), lambda text: text[:-20]], ids=["edited", "cut"]
)
def test_a_declaration_edited_or_damaged_is_told(store: Store, tmp_path: Path, damage) -> None:
    """It is what makes a margin one that was declared beforehand."""
    path = next(store.declarations.iterdir())
    path.write_text(damage(path.read_text()))
    with pytest.raises(HarnessError, match="is damaged or was edited; without it nobody can say what was declared"):
        extended_cells(planned(tmp_path), store)
