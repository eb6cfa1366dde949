"""Says in words, by rule, what published reports reproduced of a paper, at which level, and what it takes for more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.report.changed_verdicts import Reports
from harness.report.coverage import Coverage
from harness.report.ledger_counts import TRAINED, TRAINED_NUMBERS, counted_apart, kind_of
from harness.report.ledger_records import Count, Place
from harness.report.reproduced import reproduced
from harness.report.what_was_run import data_used


def numbers_in_words(places: Sequence[Place], reports: Reports) -> str:
    """How many of the printed numbers of trained systems are reproduced; empty where the paper's list has none."""
    printed = _of_training(places)
    matched = sum(place.outcome == "MATCH" for place in printed)
    if not reports:
        return "No report is published."
    return f"{reproduced(matched, len(printed), of_nets=True)}." if printed else ""


def missing(covered: Sequence[Coverage], places: Sequence[Place], reports: Reports) -> str:
    """What it takes to test the printed numbers of trained systems that no run at paper scale has; empty for none."""
    waiting = [place for place in _of_training(places) if place.outcome in ("NOT RUN", "NOT COMPARABLE")]
    if not waiting:
        return ""
    at = {(place.suite, place.where) for place in waiting}
    needed = list(dict.fromkeys(title for row in covered if (row.suite, row.where) in at for title in row.data))
    seen = {title for results in reports.values() for title in data_used(results)}
    takes = f"For more it takes runs at paper scale{f', on {listed(needed)}' if needed else ''}"
    unseen = "" if not needed or seen & {*needed} else f"; no published run had {'it' if len(needed) == 1 else 'them'}"
    some = "" if len(waiting) == len(_of_training(places)) else f" {len(waiting)} of these numbers wait for it."
    return f"{takes}{unseen}.{some}"


def _of_training(places: Sequence[Place]) -> list[Place]:
    return [place for place in places if kind_of(place) == TRAINED_NUMBERS]


def claims_in_words(places: Sequence[Place], claims: Sequence[Count], reports: Reports) -> str:
    """How many claims are confirmed, at which level, how many are not, and how the tests came out.

    `claims` counts each claim of the paper once, by all of its places.
    """
    total = sum(one.count for one in claims)
    if not total or not reports:
        return ""
    data = listed(list(dict.fromkeys(title for results in reports.values() for title in data_used(results))))
    levels, outcomes = Counter[str](), Counter[str]()
    for one in sorted(claims, key=lambda one: not one.level.startswith("at ")):
        outcomes[one.outcome] += one.count
        levels[_in_short(one.level, data or "no data")] += one.count * (one.outcome == "CONFIRMED")
    confirmed = ", ".join(f"{count} {at}" for at, count in levels.items() if count) or "none"
    undecided = outcomes["MIXED"] + outcomes["INCONCLUSIVE"]
    rest = total - sum(levels.values()) - undecided - outcomes["CONTRADICTED"]
    return (
        f"Confirmed of its {_plural(total, 'claim')}, each by all its tests together: {confirmed}; "
        f"{_plural(outcomes['CONTRADICTED'], 'claim')} contradicted, {undecided} mixed or inconclusive, "
        f"{rest} by construction, quoted or not tested.{_tests(places)}"
    )


def _in_short(level: str, data: str) -> str:
    """The strongest part of a level of evidence: training before all else, arithmetic where there is nothing else."""
    parts = level.split(" and ")
    trained = [part for part in parts if part.startswith("at ")]
    if trained:
        below = "" if "at paper scale" in trained else f" (a direction, on {data})"
        return f"{listed(trained)}{below}"
    return "by arithmetic on printed numbers alone" if parts == ["by arithmetic"] else "without training"


def _tests(places: Sequence[Place]) -> str:
    """How the tests on trained nets came out, and how many confirmations remain when all tests are taken together."""
    trained = next((one for one in counted_apart(places) if one.kind == TRAINED), None)
    if trained is None:
        return ""
    outcomes = Counter[str]()
    for one in trained.counts:
        outcomes[one.outcome] += one.count
    undecided = outcomes["MIXED"] + outcomes["INCONCLUSIVE"]
    confirm, contradict = outcomes["CONFIRMED"], outcomes["CONTRADICTED"]
    holm = f" ({trained.survive} of {trained.tested} with a p value survive Holm)" if trained.tested else ""
    return (
        f" Its {_plural(outcomes.total(), 'test')} on trained nets, one by one: "
        f"{confirm} {_does('confirm', confirm)}{holm}, {contradict} {_does('contradict', contradict)}, "
        f"{undecided} mixed or inconclusive."
    )


def _does(verb: str, count: int) -> str:
    return f"{verb}s" if count == 1 else verb


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
