"""Records of two runs: every path that differs, and none that does not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.report.compare.records import deviations, environments, records, specs, withdrawn

leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
trees = st.dictionaries(
    st.text("abc", min_size=1, max_size=2), st.recursive(leaves, lambda inner: st.lists(inner, max_size=3)), max_size=4
)


@given(trees)
def test_a_record_does_not_differ_from_itself(tree: dict[str, Any]) -> None:
    """Whatever it holds."""
    assert records(tree, tree) == []


@given(trees, trees)
def test_differences_turned_round_are_the_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    """With A and B exchanged."""
    there = {(row["what"], row["a"], row["b"]) for row in records(a, b)}
    back = {(row["what"], row["b"], row["a"]) for row in records(b, a)}
    assert there == back


def test_a_missing_entry_is_none() -> None:
    """Which is not the same as null."""
    assert records({"a": None, "b": {"c": 1}}, {"b": {"c": 2}}) == [
        {"what": "a", "a": "null", "b": None},
        {"what": "b.c", "a": "1", "b": "2"},
    ]


def test_runs_made_in_several_places_have_every_fact() -> None:
    """A fact that varied stands with all its values, and what is alike in both runs is silent."""
    one = {"cores": 2, "python": "3.12"}
    several = {"place 1": {"cores": 2, "python": "3.11"}, "place 2": {"cores": 2, "python": "3.12"}}
    assert environments({"environment": several}, {"environment": one}) == [
        {"what": "python", "a": "3.11 or 3.12", "b": "3.12"}
    ]
    assert environments({}, {}) == []


def test_an_experiment_of_one_run_is_one_line() -> None:
    """Not a line for each of its hundred entries."""
    spec = {"spec": {"train": {"rate": 0.1, "batch": 8}}}
    found = specs({"experiments": {"cnn": spec}}, {"experiments": {}, "measurements": {"count": spec}})
    assert found == [{"what": "cnn", "a": "declared", "b": None}, {"what": "count", "a": None, "b": "declared"}]


def test_a_deviation_of_one_run_says_what_it_does() -> None:
    """In the words of the suite."""
    found = deviations({"deviations": [{"id": "filter", "ours": "bilinear"}]}, {"deviations": None})
    assert found == [{"what": "filter", "a": "bilinear", "b": None}]


def test_what_a_run_judges_no_more_is_told() -> None:
    """Of either run; what both say alike is no difference."""
    both = {"kind": "cell", "id": "cnn.top1", "why": "taken out"}
    claim = {"kind": "claim", "id": "less", "why": "declared impossible"}
    assert withdrawn({"withdrawn": [both]}, {"withdrawn": [both, claim]}) == [
        {"what": "withdrawn claim less", "a": None, "b": "declared impossible"}
    ]


def test_a_report_of_before_says_nothing_of_it() -> None:
    """It has no such list."""
    assert withdrawn({}, {"withdrawn": []}) == []
