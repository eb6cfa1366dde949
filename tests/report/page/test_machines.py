"""Several machines in one report: what is alike stands once, what differs beside each other."""

from __future__ import annotations

from typing import Any

import pytest

from harness.report.page.machines import Places, places

HERE: dict[str, Any] = {"python": "3.11", "job": {"device": "cpu", "threads": 1}, "ran": ["train a, seed 0"]}
THERE: dict[str, Any] = {
    "python": "3.11",
    "job": {"device": "cuda", "threads": 1},
    "gpu": "H200",
    "ran": ["train a, seed 1"],
}


def test_a_single_place_is_shared_whole() -> None:
    """As it always was."""
    assert places({"python": "3.11", "job": {"threads": 1}}) == Places(
        [], {"python": "3.11", "job.threads": "1"}, [], []
    )


def test_what_differs_stands_beside_each_other() -> None:
    """With a gap where a place has no such fact."""
    assert places({"place 1": HERE, "place 2": THERE}) == Places(
        ["place 1", "place 2"],
        {"python": "3.11", "job.threads": "1"},
        [("job.device", ["cpu", "cuda"]), ("gpu", [None, "H200"])],
        [["train a, seed 0"], ["train a, seed 1"]],
    )


def test_the_tenth_place_comes_after_the_ninth() -> None:
    """JSON sorts them as words."""
    found = places({f"place {number}": {"cores": number} for number in (1, 10, 2, 9)})
    assert found.names == ["place 1", "place 2", "place 9", "place 10"]
    assert found.differing == [("cores", ["1", "2", "9", "10"])]


@pytest.mark.parametrize("environment", [{}, {"place 1": None, "place 2": HERE}, {"place x": HERE, "place 2": HERE}])
def test_odd_documents_are_shown_as_one_place(environment: dict[str, Any]) -> None:
    """Reports of other versions can be read."""
    assert places(environment).names == []


def test_a_place_that_says_nothing_of_what_ran() -> None:
    """As reports before this version."""
    assert places({"place 1": {"cores": 1}, "place 2": {"cores": 2, "ran": None}}).ran == [[], []]
