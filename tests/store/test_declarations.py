"""Files of declarations: read whole or not at all, and of two stores made one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from filled_store import filled, table1

from harness.errors import HarnessError
from harness.store.declarations import Declared, changes, moment, precedes, read_declaration, together
from harness.store.documents import seal
from harness.store.store import write_json

NINE, TEN, ELEVEN = (f"2026-01-05T{hour:02}:00:00+00:00" for hour in (9, 10, 11))
STRICT, LOOSE = {"margin": 0.5, "seeds": 5}, {"margin": 5.0, "seeds": 5}


def entry(form: dict[str, Any] = STRICT, *, seen: bool = False, late: str = "", **more: Any) -> dict[str, Any]:
    """How one cell was declared."""
    return {"form": form, "seen": seen, "late": late, **more}


def declared(one: dict[str, Any], *, finished: bool = False) -> Declared:
    """A store's declaration of one cell that rests on one job."""
    document = {"suite": "a", "scale": "ci", "jobs": ["k"], "cells": {"c": {"e": one}}, "claims": {}}
    return Declared(document, frozenset(["k"] if finished else []))


def joined(one: Declared, other: Declared) -> dict[str, Any]:
    """What both say of the cell."""
    both = together(one, other)
    assert both is not None
    return dict(both[0].document["cells"]["c"]["e"])


def test_one_form_was_declared_when_the_first_of_two_declared_it() -> None:
    """And had a result when either had one."""
    here = entry(declared_at=TEN)
    there = entry(declared_at=NINE, seen=True, first_result=ELEVEN)
    for pair in ((here, there), (there, here)):
        assert joined(*map(declared, pair)) == entry(declared_at=NINE, seen=True, first_result=ELEVEN)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_form_of_an_earlier_version_is_no_other_form(swapped: bool) -> None:  # noqa: FBT001 - parametrised
    """It speaks of less, and says the same of it; the form that speaks of more is kept."""
    later = {**STRICT, "post hoc": False}
    pair = [declared(entry(STRICT, seen=True, first_result=TEN)), declared(entry(later, seen=True, first_result=NINE))]
    found = joined(*(reversed(pair) if swapped else pair))
    assert found == entry(later, seen=True, first_result=NINE)


def test_a_time_that_one_store_does_not_know_is_unknown() -> None:
    """Its declaration is of an earlier version, and may be older."""
    assert joined(declared(entry(declared_at=TEN)), declared(entry())) == entry()


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_forms_the_one_with_a_result_stands(swapped: bool) -> None:  # noqa: FBT001 - parametrised
    """Whichever store is merged into; the other could still change, and is forgotten."""
    pair = [declared(entry(STRICT, seen=True, first_result=TEN)), declared(entry(LOOSE, declared_at=NINE))]
    assert joined(*(reversed(pair) if swapped else pair)) == entry(STRICT, seen=True, first_result=TEN)


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_forms_with_results_the_earlier_stands_beside_the_other(swapped: bool) -> None:  # noqa: FBT001
    """With when it had its result, and what it came to."""
    verdict = {"outcome": "MATCH", "reason": "", "extended": False}
    pair = [
        declared(entry(STRICT, seen=True, first_result=TEN)),
        declared(entry(LOOSE, seen=True, first_result=ELEVEN, came_to=[verdict])),
    ]
    found = joined(*(reversed(pair) if swapped else pair))
    assert (found["form"], found["first_result"]) == (STRICT, TEN)
    assert found["otherwise"] == [{"form": LOOSE, "first_result": ELEVEN, "came_to": [verdict]}]


def test_of_three_forms_every_other_is_kept() -> None:
    """In the order in which they came."""
    forms = [{"margin": margin, "seeds": 5} for margin in (1.0, 2.0, 3.0)]
    one, two, three = (
        declared(entry(form, seen=True, first_result=when))
        for form, when in zip(forms, (TEN, NINE, ELEVEN), strict=True)
    )
    both = together(one, two)
    assert both is not None
    found = joined(both[0], three)
    assert found["form"] == forms[1]
    assert [other["form"] for other in found["otherwise"]] == [forms[0], forms[2]]


def test_merging_again_changes_nothing() -> None:
    """Whatever was kept beside."""
    one = declared(entry(STRICT, seen=True, first_result=TEN))
    other = declared(entry(LOOSE, seen=True, first_result=ELEVEN))
    once = together(one, other)
    assert once is not None
    assert joined(once[0], other) == once[0].document["cells"]["c"]["e"]


def test_a_store_with_finished_jobs_had_a_result_whatever_its_entry_says() -> None:
    """A run that was killed did not note it; when it was nobody can tell."""
    killed, other = declared(entry(STRICT), finished=True), declared(entry(LOOSE, seen=True, first_result=TEN))
    assert joined(killed, other)["otherwise"] == [{"form": LOOSE, "first_result": TEN, "came_to": []}]


def test_what_was_declared_in_two_forms_is_named() -> None:
    """For the message."""
    both = together(declared(entry(STRICT)), declared(entry(LOOSE)))
    assert both is not None
    assert both[1] == ["c"]


def written(path: Path, one: dict[str, Any]) -> Path:
    """A sealed declaration."""
    write_json(path, seal(dict(declared(one).document)))
    return path


@pytest.mark.parametrize(
    "wrong",
    [{"declared_at": 5}, {"first_result": None}, {"otherwise": {}}, {"otherwise": [{}]}, {"came_to": ["MATCH"]},
     {"otherwise": [{"form": 5, "first_result": "", "came_to": []}]}, {"came_to": [{"outcome": 1}]}, {"came_to": 5}],
)  # fmt: skip
def test_a_malformed_entry_is_refused_though_it_is_sealed(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """As whatever else is no declaration."""
    assert read_declaration(written(tmp_path / "a.json", entry())) is not None
    with pytest.raises(HarnessError, match="is damaged or was edited"):
        read_declaration(written(tmp_path / "b.json", entry(**wrong)))


def test_a_declaration_of_after_its_first_result_is_refused(tmp_path: Path) -> None:
    """No run writes one; somebody loosened it later and sealed it anew."""
    sealed = entry(LOOSE, seen=True, declared_at=TEN, first_result=NINE)
    with pytest.raises(HarnessError, match="is damaged or was edited"):
        read_declaration(written(tmp_path / "a.json", sealed))
    assert read_declaration(written(tmp_path / "b.json", {**sealed, "late": "alexnet-other-ci"})) is not None


def test_what_a_run_writes_is_read(tmp_path: Path) -> None:
    """Every entry with the time at which it was declared."""
    (path,) = filled(tmp_path / "runs", table1()).declarations.glob("*.json")
    document = read_declaration(path)
    assert document is not None
    entries = [one for kind in ("cells", "claims") for kept in document[kind].values() for one in kept.values()]
    assert entries
    assert all(moment(one["declared_at"]) == one["declared_at"] != "" for one in entries)
    assert json.loads(path.read_text()) == document


def test_changes_name_each_field_that_both_forms_have() -> None:
    """What an earlier version did not keep cannot be compared."""
    assert changes(STRICT, LOOSE | {"value": "a.b"}) == "margin 0.5 -> 5.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-01-05T10:00:00+01:00", NINE), (TEN, TEN), ("2026-01-05T10:00:00", ""), ("yesterday", ""), (None, "")],
)
def test_a_moment_is_in_utc_or_nothing(text: Any, expected: str) -> None:
    """A time of no zone is no moment."""
    assert moment(text) == expected


@pytest.mark.parametrize(
    ("result", "declaration", "expected"),
    [(NINE, TEN, True), (TEN, NINE, False), ("2026-01-05T09:59:30+00:00", TEN, False), ("", TEN, False),
     (NINE, "", False)],
)  # fmt: skip
def test_a_result_precedes_by_more_than_clocks_differ(result: str, declaration: str, *, expected: bool) -> None:
    """And only where both times are known."""
    assert precedes(result, declaration) is expected
