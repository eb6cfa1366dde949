"""What a report says of prepared copies."""

from __future__ import annotations

from types import SimpleNamespace

from harness.copied import copy_deviations
from harness.status import Status


def seen(copy):
    """The status of a job whose data were a copy, or not."""
    record = {"name": "ilsvrc2012"} | ({"prepared": copy} if copy else {})
    return Status("done", "", {"data": [record]})


COPY = {"says": "a copy of 256 pixels", "differs": "1.9 grey levels", "manifest_sha256": "1" * 64}


def plan(**trainings):
    """A plan of trainings by experiment."""
    keys = {(name, 0): key for name, key in trainings.items()}
    return SimpleNamespace(trainings=keys, evaluations={}, inspections={})


def test_a_copy_is_a_deviation_of_the_experiments_that_used_it():
    """With what was measured of it."""
    (deviation,) = copy_deviations(
        plan(one="a", two="b", three="c"), {"a": seen(COPY), "b": seen(None), "c": seen(COPY)}
    )
    assert deviation["id"] == "prepared_copy"
    assert deviation["affects"] == ["one", "three"]
    assert deviation["ours"] == "ILSVRC-2012 from a copy of 256 pixels"
    assert deviation["expected"] == "1.9 grey levels"


def test_two_copies_are_two_deviations():
    """They may differ in how they were made."""
    other = COPY | {"manifest_sha256": "2" * 64}
    found = copy_deviations(plan(one="a", two="b"), {"a": seen(COPY), "b": seen(other)})
    assert [(one["id"], one["affects"]) for one in found] == [
        ("prepared_copy_1", ["one"]),
        ("prepared_copy_2", ["two"]),
    ]


def test_originals_are_no_deviation():
    """Nor is what has no result yet."""
    assert copy_deviations(plan(one="a", two="b"), {"a": seen(None), "b": Status("to do")}) == []
