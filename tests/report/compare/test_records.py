"""Records of two runs: every path that differs, and none that does not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from result_documents import blank_results, blank_withdrawn, typed

from harness.report.compare.comparison import Row
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
    there = {(row.what, row.a, row.b) for row in records(a, b)}
    back = {(row.what, row.b, row.a) for row in records(b, a)}
    assert there == back


def test_a_missing_entry_is_none() -> None:
    """Which is not the same as null."""
    assert records({"a": None, "b": {"c": 1}}, {"b": {"c": 2}}) == [
        Row(what="a", a="null", b=None),
        Row(what="b.c", a="1", b="2"),
    ]


def test_runs_made_in_several_places_have_every_fact() -> None:
    """A fact that varied stands with all its values, and what is alike in both runs is silent."""
    one = {"cores": 2, "python": "3.12"}
    several = {"place 1": {"cores": 2, "python": "3.11"}, "place 2": {"cores": 2, "python": "3.12"}}
    a, b = (typed(blank_results(environment=one)) for one in (several, one))
    assert environments(a, b) == [Row(what="python", a="3.11 or 3.12", b="3.12")]
    assert environments(typed(blank_results()), typed(blank_results())) == []


def test_an_experiment_of_one_run_is_one_line() -> None:
    """Not a line for each of its hundred entries."""
    spec = {"says": "", "spec": {"train": {"rate": 0.1, "batch": 8}}, "jobs": []}
    a = typed(blank_results(experiments={"cnn": spec}))
    b = typed(blank_results(measurements={"count": spec | {"quantities": []}}))
    assert specs(a, b) == [Row(what="cnn", a="declared", b=None), Row(what="count", a=None, b="declared")]


def test_a_deviation_of_one_run_says_what_it_does() -> None:
    """In the words of the suite."""
    does = {"id": "filter", "paper": "", "ours": "bilinear", "why": "", "expected": "", "affects": [], "scales": None}
    found = deviations(typed(blank_results(deviations=[does])), typed(blank_results()))
    assert found == [Row(what="filter", a="bilinear", b=None)]


def test_what_a_run_judges_no_more_is_told() -> None:
    """Of either run; what both say alike is no difference."""
    both = blank_withdrawn(kind="cell", id="cnn.top1", why="taken out")
    claim = blank_withdrawn(kind="claim", id="less", why="declared impossible")
    a, b = typed(blank_results(withdrawn=[both])), typed(blank_results(withdrawn=[both, claim]))
    assert withdrawn(a, b) == [Row(what="withdrawn claim less", a=None, b="declared impossible")]


def test_a_report_of_before_says_nothing_of_it() -> None:
    """It has no such list."""
    assert withdrawn(typed(blank_results()), typed(blank_results(withdrawn=[]))) == []
