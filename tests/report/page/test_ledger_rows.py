"""Places that came out alike share a row, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report.ledger_records import Count, Place
from harness.report.page.ledger_rows import at_levels, in_numbers, rows_of


def place(name: str = "a", **fields: Any) -> Place:
    """A published place."""
    told = {"suite": "one", "scale": "small", "page": "one/small/index.html", "outcome": "CONFIRMED", "reason": "so"}
    return Place(**{**told, "where": f"claims.{name}", "name": name} | fields)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["CONFIRMED", "MATCH", "NOT RUN"]),
            st.sampled_from(["", "why", "x MATCH"]),
            st.sampled_from([[], ["EXTENDED"]]),
            st.sampled_from(["one", "two"]),
        ),
        max_size=6,
    )
)
@settings(max_examples=25)
def test_every_place_stands_in_one_row(kinds: list[tuple[str, str, list[str], str]]) -> None:
    """Beside places of the same suite, verdict and flags."""
    found = [
        place(str(number), outcome=outcome, reason=reason, flags=flags, suite=suite)
        for number, (outcome, reason, flags, suite) in enumerate(kinds)
    ]
    rows = rows_of(found)
    held = [one for row in rows for some in row.parts.values() for one in some]
    assert sorted(one.where for one in held) == sorted(one.where for one in found)
    for row in rows:
        for one in (one for some in row.parts.values() for one in some):
            assert (one.suite, one.outcome, one.flags) == (row.first.suite, row.first.outcome, row.first.flags)


@pytest.mark.parametrize("changed", [{"flags": ["EXTENDED"]}, {"diverged": ["cnn, seed 3"]}, {"evidence": "exact"}])
def test_what_a_reader_must_not_miss_has_a_row_of_its_own(changed: dict[str, Any]) -> None:
    """A flag, a seed that diverged, another level of evidence."""
    assert len(rows_of([place("a"), place("b", **changed)])) == 2


def test_reasons_are_said_once_where_places_share_them() -> None:
    """And each with its places."""
    (row,) = rows_of([place("a"), place("b", reason="else"), place("c")])
    assert {reason: [one.name for one in some] for reason, some in row.parts.items()} == {
        "so": ["a", "c"],
        "else": ["b"],
    }


def test_the_test_is_not_named_beside_its_p_value() -> None:
    """The report names it; what else the reason says stays."""
    (row,) = rows_of([place(p=0.01, reason="paired t over 6 seeds, differences taken as normal; against the claim")])
    assert list(row.parts) == ["against the claim"]


def test_numbers_that_are_just_those_wanted_share_a_reason() -> None:
    """One that is not, or that had a bound to keep, has its own."""
    (row,) = rows_of([place("a", outcome="CONFIRMED", reason="net.a is 5,243; wanted 5,243."),
                      place("b", outcome="CONFIRMED", reason="net.b is 3.8e+07; wanted 37,752,832."),
                      place("c", outcome="CONFIRMED", reason="net.c is 0.5; wanted at most 1.")])  # fmt: skip
    assert {reason: [one.name for one in some] for reason, some in row.parts.items()} == {
        "just the number wanted": ["a", "b"],
        "0.5; wanted at most 1": ["c"],
    }


def test_numbers_of_a_claim_and_of_a_cell() -> None:
    """The paper's, ours, the effect, the seeds and both p values; Holm's where it could change the reading."""
    claim = {"printed": "1.7", "effect_says": "1.91 points lower [0.70, 3.12]", "n": 6, "basis": "trained"}
    assert in_numbers(place(p=0.01, p_holm_paper=0.3, **claim)) == (
        "printed 1.7, 1.91 points lower [0.70, 3.12], n 6, p 0.01, Holm 0.30"
    )
    assert in_numbers(place(p=0.4, p_holm_paper=1.0, **claim)).endswith("p 0.40")
    cell = {"where": "cells.a", "printed": "60 million", "mean": 60965224.0, "basis": "exact", "outcome": "MATCH"}
    assert in_numbers(place(**cell)) == "60 million → 60,965,224"


def test_each_level_is_said_once_and_what_has_none_comes_last() -> None:
    """With its outcomes in their order."""
    found = [Count(outcome=outcome, level=at, count=1) for outcome, at in (("QUOTED", ""), ("A", "x"), ("B", "x"))]
    assert [(at, [one.outcome for one in some]) for at, some in at_levels(found)] == [
        ("x", ["A", "B"]),
        ("", ["QUOTED"]),
    ]


def test_a_reason_does_not_repeat_the_effect_beside_it() -> None:
    """Nor the runs that never arrive, by another name."""
    reason = "ratio at most 0.39; runs that never reach 60%: 3 of 6; censored runs: 3"
    (row,) = rows_of([place(reason=reason, effect_says="at most 0.39 times as fast")])
    assert list(row.parts) == ["runs that never reach 60%: 3 of 6"]
    (row,) = rows_of([place(reason=reason)])
    assert list(row.parts) == [reason]


def test_of_many_numbers_those_that_do_not_match_are_named() -> None:
    """The others are those that do."""
    (row,) = rows_of([place(reason="conv1 DIFFERS; conv2 MATCH; conv3 MATCH")])
    assert list(row.parts) == ["conv1 DIFFERS; others MATCH"]
