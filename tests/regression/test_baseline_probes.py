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
    ("path", "value"),
    [
        ("cnn.ten_crop/found", {"probabilities": "0.5 0.5", "classes": 0.5}),
        ("cnn.ten_crop/found", {"probabilities": "0.5 0.5", "classes": 2, "amplified": "0.5 0.5"}),
        *(
            ("cnn.ten_crop/found", {"probabilities": "0.5 0.5", "classes": 2, "amplified": "0.5 0.5", "rounding": far})
            for far in ("", "nan", "inf", "-1", "1 2")
        ),
        ("cnn/found/decays", {"weights": "0.1 x"}),
        ("cnn/found/responses", {"pool1": ""}),
        ("cnn/found/updates", {"weights": "1 2 3"}),
    ],
)
def test_a_part_that_could_not_be_compared_is_refused(path: str, value: Any) -> None:
    """Also one that only tells how far others may lie apart."""
    assert len(edited(path, value)) == 1


def test_a_first_loss_is_never_chaotic() -> None:
    """No step was taken that rounding could have grown in; a baseline that says so would compare no loss at all."""
    (fault,) = edited("cnn/disturbed/losses", "1 0 0")
    assert fault.endswith("calls the loss of its first step chaotic, before any step was taken")


@pytest.mark.parametrize("snapshot", [{}, {"probes": None, "experiments": {}}, {"probes": {}, "experiments": [1]}])
def test_what_is_no_snapshot_is_refused_in_words(snapshot: Any) -> None:
    """There is no traceback."""
    assert list(faults("table1", snapshot)) == ["table1: the snapshot is malformed"]


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
