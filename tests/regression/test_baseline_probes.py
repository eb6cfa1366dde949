"""Baselines with edited and resealed probes are refused, with the suite, the probe and the fault."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from snapshots import SNAPSHOT

from harness.regression.baseline_probes import faults


def edited(path: str, value: Any) -> list[str]:
    """Return the faults of a snapshot with one value changed; slashes join the parts of its path."""
    snapshot = copy.deepcopy(SNAPSHOT)
    *above, last = path.split("/")
    place = snapshot["probes"]
    for part in above:
        place = place[part]
    place[last] = value
    return list(faults("table1", snapshot))


def test_what_an_update_writes_is_whole() -> None:
    """It has no fault."""
    assert list(faults("table1", SNAPSHOT)) == []


@pytest.mark.parametrize("name", ["cnn", "cnn.ten_crop"])
def test_a_probe_that_was_taken_out_is_missed(name: str) -> None:
    """Its experiment is still there."""
    snapshot = copy.deepcopy(SNAPSHOT)
    del snapshot["probes"][name]
    assert list(faults("table1", snapshot)) == [f"table1: the experiment {name} has no probe"]


@pytest.mark.parametrize("far", ["0 nan 0", "0 inf 0", "0 -1 0"])
def test_tolerances_without_end_are_refused(far: str) -> None:
    """They would let everything pass."""
    assert edited("cnn/disturbed/losses", far) == [
        "table1: the probe of cnn holds a negative or infinite distance of disturbed runs"
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cnn/found/losses", "2.3 x 2.1"),
        ("cnn/found/losses", 3),
        ("cnn/found", None),
        ("cnn/asked", "training"),
        ("cnn/disturbed", {}),
        ("cnn/disturbed/runs", "many"),
        ("cnn.ten_crop/found/probabilities", None),
        ("cnn", []),
    ],
)
def test_what_is_not_written_as_a_probe_is_refused_in_words(path: str, value: Any) -> None:
    """There is no traceback."""
    (fault,) = edited(path, value)
    assert fault.endswith("is malformed")


@pytest.mark.parametrize(
    ("path", "value"), [("cnn/disturbed/losses", "0 0"), ("cnn/disturbed/runs", 0), ("cnn/disturbed/after_drop", "")]
)
def test_a_number_of_which_nothing_is_known_is_missed(path: str, value: Any) -> None:
    """Each number needs the distance that it may move."""
    assert "lacks the distance of disturbed runs" in edited(path, value)[0]


@pytest.mark.parametrize("path", ["cnn/found/logits", "cnn/found/losses", "cnn.ten_crop/found/probabilities"])
def test_an_empty_probe_is_none(path: str) -> None:
    """It would compare nothing."""
    assert len(edited(path, "")) == 1
