"""Verdicts are counted by kind, and a claim in several places by all of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.report.ledger_counts import (
    ARITHMETIC,
    OTHER_NUMBERS,
    TRAINED,
    TRAINED_NUMBERS,
    counted_apart,
    kind_of,
    summary,
)
from harness.report.ledger_records import Basis, Place


def place(outcome: str, basis: Basis = "trained", where: str = "claims.a", p: float | None = None) -> Place:
    """A verdict."""
    return Place(suite="one", where=where, outcome=outcome, reason="", basis=basis, p_holm_paper=p)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (place("CONFIRMED"), TRAINED),
        (place("CONFIRMED", "exact"), "Tests by definition: counted or computed"),
        (place("CONFIRMED", "arithmetic"), ARITHMETIC),
        (place("MATCH", "arithmetic", "cells.a"), ARITHMETIC),
        (place("BY CONSTRUCTION", "exact"), "By construction"),
        (place("NOT RUN", "trained", "cells.a"), TRAINED_NUMBERS),
        (place("MATCH", "exact", "cells.a"), OTHER_NUMBERS),
        (place("CITED", "trained", "cells.a"), "Quoted from others, or settings"),
        (place("NOT COMPARABLE"), "Not tested here"),
    ],
)
def test_a_kind_is_told_by_outcome_and_basis(found: Place, kind: str) -> None:
    """So that arithmetic never stands beside a training."""
    assert kind_of(found) == kind


def test_confirmations_that_survive_holm_are_counted_among_those_that_have_a_p_value() -> None:
    """Only confirmations; those at 0.05 do not survive."""
    found = [place("CONFIRMED", p=p) for p in (0.01, 0.05, 0.2, None)] + [place("CONTRADICTED", p=0.01)]
    (one,) = counted_apart(found)
    assert (one.tested, one.survive, sum(count.count for count in one.counts)) == (3, 1, 5)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["CONFIRMED", "CONFIRMED"], "CONFIRMED"),
        (["CONFIRMED", "NOT RUN"], "CONFIRMED"),
        (["CONFIRMED", "CONTRADICTED"], "MIXED"),
        (["CONFIRMED", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["CONTRADICTED", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["NOT RUN", "NOT RUN", "QUOTED"], "NOT RUN"),
        ([], "NOT RUN"),
    ],
)
def test_no_better_half_is_picked(outcomes: list[str], expected: str) -> None:
    """A reference in several places is summed up by all that were tested."""
    found = [SimpleNamespace(outcome=outcome, evidence="small scale") for outcome in outcomes]
    assert summary(found)[0] == expected


def test_levels_of_evidence_stand_with_a_summary() -> None:
    """All of them."""
    found = [SimpleNamespace(outcome="CONFIRMED", evidence=evidence) for evidence in ("small scale", "exact")]
    assert summary(found) == ("CONFIRMED", "at small scale and exactly")
