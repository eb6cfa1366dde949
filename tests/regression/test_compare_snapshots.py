"""Comparison of snapshots: changes that gate, changes that are only reported, and items not judged."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import MADE_WITH, SNAPSHOT, findings, severities, snapshot

from harness.regression.compare_snapshots import changes

ELSEWHERE = {**MADE_WITH, "processor": "another"}


def test_a_suite_that_is_as_it_was_has_nothing_to_tell() -> None:
    """Every finding is ok or not judged."""
    assert severities(SNAPSHOT, snapshot()) == {}


def test_everything_that_a_snapshot_holds_is_looked_at() -> None:
    """Each item has one finding."""
    found = findings(SNAPSHOT, snapshot())
    for kind, group in (("experiment", "experiments"), ("probe", "probes"), ("cell", "cells"), ("claim", "claims")):
        assert {f"{kind} {name}" for name in SNAPSHOT[group]} <= found.keys()


@pytest.mark.parametrize(
    ("changed", "subject", "severity"),
    [
        ({"seeds": 4}, "suite", "regression"),
        ({"experiments__cnn__spec__recipe__rate": 0.02}, "experiment cnn", "regression"),
        ({"experiments__cnn__spec__recipe__optimiser": {"momentum": 0.8}}, "experiment cnn", "regression"),
        ({"experiments__net__kind": "train"}, "experiment net", "regression"),
        ({"measurements__net__values": {"0": {"parameters": 60_000_001.0}}}, "measurement net", "regression"),
        ({"measurements__net__values": {"0": {"weights": 60_000_000.0}}}, "measurement net", "regression"),
        ({"measurements__clock__values": {"0": {"seconds": 2.0}}}, "measurement clock", "advisory"),
        ({"cells__parameters__outcome": "DIFFERS"}, "cell parameters", "regression"),
        ({"cells__parameters__declared__margin": 9e6}, "cell parameters", "regression"),
        ({"claims__a02__outcome": "CONTRADICTED"}, "claim a02", "regression"),
        ({"claims__a10__outcome": "INCONCLUSIVE"}, "claim a10", "advisory"),
        ({"claims__a10__declared": {"less": ["other.top1", "cnn.top1"]}}, "claim a10", "regression"),
        ({"suite_sha256": "0" * 40}, "suite", "advisory"),
        ({"made_with": ELSEWHERE}, "suite", "advisory"),
    ],
)
def test_what_follows_from_a_change(changed: dict[str, Any], subject: str, severity: str) -> None:
    """A change has this finding and no other."""
    assert severities(SNAPSHOT, snapshot(**changed)) == {subject: severity}


@pytest.mark.parametrize("group", ["experiments", "cells", "claims"])
def test_what_has_vanished_is_a_regression_and_what_is_new_is_told(group: str) -> None:
    """Lost coverage would otherwise go unnoticed."""
    fewer = copy.deepcopy(SNAPSHOT)
    name = next(reversed(fewer[group]))
    del fewer[group][name]
    if group == "experiments":  # its measurement goes with it
        fewer["measurements"].pop(name)
    assert set(severities(SNAPSHOT, fewer).values()) == {"regression"}
    assert set(severities(fewer, SNAPSHOT).values()) == {"advisory"}


def test_a_measurement_without_a_result_is_not_judged() -> None:
    """Its job has failed, which is an error of its own, or it is a timing."""
    fewer = copy.deepcopy(SNAPSHOT)
    del fewer["measurements"]["net"]
    assert findings(SNAPSHOT, fewer)["measurement net"].severity == "not judged"


@pytest.mark.parametrize("path", ["measurements__clock__values", "claims__a10__outcome"])
def test_strict_makes_clocks_and_statistics_gate(path: str) -> None:
    """Both vary without a cause."""
    now = snapshot(**{path: {"0": {"seconds": 2.0}} if "clock" in path else "CONTRADICTED"})
    assert set(severities(SNAPSHOT, now).values()) == {"advisory"}
    assert set(severities(SNAPSHOT, now, strict=True).values()) == {"regression"}


def test_numbers_of_random_nets_are_the_same_bits_only_on_the_same_machine() -> None:
    """Elsewhere they may differ by rounding only."""
    moved = {"measurements__noise__values": {"0": {"gradient": 4.001}, "1": {"gradient": 5.0}}}
    assert severities(SNAPSHOT, snapshot(**moved)) == {"measurement noise": "regression"}
    assert severities(SNAPSHOT, snapshot(made_with=ELSEWHERE, **moved)) == {"suite": "advisory"}
    moved["measurements__noise__values"]["0"]["gradient"] = 4.1
    found = severities(SNAPSHOT, snapshot(made_with=ELSEWHERE, **moved))
    assert found == {"suite": "advisory", "measurement noise": "regression"}


def test_another_commit_alone_is_no_other_place() -> None:
    """A check exists to judge commits."""
    assert severities(SNAPSHOT, snapshot(made_with={**MADE_WITH, "commit": "beef", "harness": "1"})) == {}


def test_only_what_is_wanted_is_looked_at() -> None:
    """This covers experiments, probes, cells and claims."""
    found = findings(SNAPSHOT, snapshot(), wanted=lambda kind, name: kind == "cell" and name == "parameters")
    assert found.keys() == {"cell parameters"}


def test_a_finding_names_the_field_and_both_its_values() -> None:
    """Nobody has to search for it."""
    found = findings(SNAPSHOT, snapshot(experiments__cnn__spec__recipe__rate=0.02))["experiment cnn"]
    assert (found.before, found.now) == ("0.01", "0.02")
    assert "recipe.rate 0.01 -> 0.02" in found.said


DOCUMENTS = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS)
def test_a_document_has_not_changed_from_itself(document: Any) -> None:
    """The content does not matter."""
    assert list(changes(document, copy.deepcopy(document))) == []


def test_changes_are_the_innermost() -> None:
    """Lists are compared as wholes."""
    found = changes({"a": {"b": 1, "c": [1, 2]}, "d": 0}, {"a": {"b": 1, "c": [1]}, "e": 0})
    assert [(".".join(one.path), one.before, one.now) for one in found] == [
        ("a.c", [1, 2], [1]), ("d", 0, None), ("e", None, 0),
    ]  # fmt: skip


def test_worse_accuracy_gates_but_at_ci() -> None:
    """At ci the test split is too small."""
    worse = {"values": {"0": 15.0, "1": 16.0, "2": 17.0}, "images": 10_000, "diverged": []}
    now = snapshot(experiments__cnn__accuracies={"ten_crop.top1_error": worse})
    subject = "accuracy cnn.ten_crop.top1_error"
    assert severities(SNAPSHOT, now, scale="small") == {subject: "regression"}
    assert severities(SNAPSHOT, now, scale="ci") == {subject: "advisory"}


def test_an_accuracy_that_the_store_lacks_is_not_judged() -> None:
    """The finding gives the remedy."""
    found = findings(SNAPSHOT, snapshot(experiments__cnn__accuracies={}))["accuracy cnn.ten_crop.top1_error"]
    assert found.severity == "not judged"
    assert "--train" in found.said
