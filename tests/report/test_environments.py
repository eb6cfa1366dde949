"""Where results were made: one place as it is, several with what ran at each."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricated import silent
from filled_store import filled, table1

from harness.data.locate import Locations
from harness.plan.graph import Plan
from harness.plan.status import statuses
from harness.report.environments import by_seeds, environment_of
from harness.store.merge import merge
from harness.store.store import Store, write_json


@pytest.fixture
def plan() -> Plan:
    """Table 1 on the digits."""
    return table1()


def told(plan: Plan, store: Store) -> dict[str, object]:
    """What a report says of places."""
    return environment_of(plan, store, statuses(plan, store, Locations()))


def test_one_place_is_told_as_it_is(plan: Plan, tmp_path: Path) -> None:
    """However many jobs ran there."""
    assert told(plan, filled(tmp_path / "runs", plan)) == {"python": "3.11.7", "cores": 2}


def test_no_result_has_no_place(plan: Plan, tmp_path: Path) -> None:
    """Nothing has run."""
    assert told(plan, Store(tmp_path / "runs")) == {}


def test_results_of_two_machines_say_what_ran_where(plan: Plan, tmp_path: Path) -> None:
    """After a merge, by the environment that came with each result."""
    ours, theirs = (filled(tmp_path / name, plan) for name in ("ours", "theirs"))
    for kind, key in (("train", plan.trainings["cnn", 2]), ("evaluate", plan.evaluations["cnn", "ten_crop", 2])):
        folder = theirs.folder(kind, key)
        result = folder.read_result()
        assert result is not None
        write_json(folder.environment, {"python": "3.12.0", "cores": 64})
        folder.write_result(result)
        for path in ours.folder(kind, key).path.iterdir():
            path.unlink()
        ours.folder(kind, key).path.rmdir()
    merge(ours, [theirs.root], silent())
    assert told(plan, ours) == {
        "place 1": {"python": "3.11.7", "cores": 2, "ran": ["train cnn, seeds 0 1", "test cnn.ten_crop, seeds 0 1"]},
        "place 2": {"python": "3.12.0", "cores": 64, "ran": ["train cnn, seed 2", "test cnn.ten_crop, seed 2"]},
    }


def test_labels_that_differ_in_their_seed_are_one() -> None:
    """In the order they come, those without a seed as they are."""
    assert by_seeds(["train a, seed 0", "measure b", "train a, seed 10", "train c, seed 1"]) == [
        "train a, seeds 0 10",
        "measure b",
        "train c, seed 1",
    ]
