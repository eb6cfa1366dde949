"""Counts the verdicts of a paper by kind, so that arithmetic never stands beside a training in one number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.report.ledger_records import Apart, ClaimEntry, Count, Place
from harness.report.page.verdicts import TESTED, Weighed, level, rank

LEVEL_OF_TESTS = 0.05

TRAINED_NUMBERS = "Printed numbers of trained systems"
OTHER_NUMBERS = "Printed numbers that need no training"
TRAINED = "Tests on trained nets"
UNTESTED = "Not tested here"
ARITHMETIC = "Arithmetic on printed numbers"
QUOTED = "Quoted from others, or settings"
KINDS = (
    TRAINED_NUMBERS,
    OTHER_NUMBERS,
    TRAINED,
    "Tests on random nets, without data",
    "Tests on a clock",
    "Tests by definition: counted or computed",
    ARITHMETIC,
    "By construction",
    QUOTED,
    UNTESTED,
)
"""The kinds of verdicts, in the order in which an index counts them; a claim of a paper may have several tests."""
_OF_BASIS = {"trained": TRAINED, "drawn": KINDS[3], "timed": KINDS[4], "exact": KINDS[5]}


def kind_of(place: Place) -> str:
    """The kind of a verdict on a cell or a claim."""
    if place.outcome in ("QUOTED", "CITED"):
        return QUOTED
    if place.outcome == "BY CONSTRUCTION":
        return "By construction"
    if place.basis == "arithmetic":
        return ARITHMETIC
    if place.kind == "cells":
        return TRAINED_NUMBERS if place.basis == "trained" else OTHER_NUMBERS
    return _OF_BASIS.get(place.basis, UNTESTED) if place.outcome in TESTED else UNTESTED


def counted_apart(places: Sequence[Place]) -> list[Apart]:
    """The verdicts on cells and claims by kind, in the order of `KINDS`; a kind without any is left out."""
    judged = [place for place in places if place.kind != "figures"]
    return [_apart(kind, found) for kind in KINDS if (found := [one for one in judged if kind_of(one) == kind])]


def _apart(kind: str, places: Sequence[Place]) -> Apart:
    adjusted = [one.p_holm_paper for one in places if one.outcome == "CONFIRMED" and one.p_holm_paper is not None]
    return Apart(
        kind=kind,
        counts=list(_counts((place.outcome, level(place)) for place in places)),
        tested=len(adjusted),
        survive=sum(p < LEVEL_OF_TESTS for p in adjusted),
    )


def _counts(verdicts: Iterable[tuple[str, str]]) -> Iterator[Count]:
    for (outcome, at), count in sorted(Counter(verdicts).items(), key=lambda one: (rank(one[0][0]), one[0])):
        yield Count(outcome=outcome, level=at, count=count)


def tally(claims: Iterable[ClaimEntry]) -> list[Count]:
    """How many claims have which outcome; one with several places counts once, by all that they say."""
    places = ([place for place in claim.places if place.kind == "claims"] for claim in claims)
    counts = Counter(summary(one) for one in places)
    return [Count(outcome=outcome, level=at, count=count) for (outcome, at), count in sorted(counts.items())]


def summary(places: Sequence[Weighed]) -> tuple[str, str]:
    """One outcome, and level of evidence, for a reference that stands in several places.

    What was tested speaks for what was not. Where tests disagree the outcome is MIXED, and where some could not decide
    it is INCONCLUSIVE; nobody picks the better half. What holds by construction speaks where nothing was tested.
    """
    tested = [place for place in places if place.outcome in TESTED]
    outcomes = {place.outcome for place in tested}
    levels = " and ".join(sorted({level(place) for place in tested} - {""}))
    if not tested:
        if any(place.outcome == "BY CONSTRUCTION" for place in places):
            return "BY CONSTRUCTION", ""
        others = Counter(place.outcome for place in places)
        return (others.most_common(1)[0][0] if others else "NOT RUN"), ""
    if "MIXED" in outcomes or outcomes >= {"CONFIRMED", "CONTRADICTED"}:
        return "MIXED", levels
    return ("INCONCLUSIVE" if "INCONCLUSIVE" in outcomes else outcomes.pop()), levels
