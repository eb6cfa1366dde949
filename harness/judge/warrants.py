"""Warrants: rules, the same for every claim, that a decided outcome has to pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.judge.counts import seeds_said
from harness.judge.evidence import ClaimVerdict, Evidence, Side, shared_seeds
from harness.judge.outcomes import ClaimOutcome
from harness.judge.statistics import compare_paired
from harness.judge.threshold_sweep import at_thresholds, signs
from harness.suite.known_metrics import metric_of

Rule = Callable[[ClaimVerdict, Sequence[Side], Evidence], ClaimVerdict]
RULES = 2
"""Version of these rules; a report that was judged by other rules says so."""
DECIDED: tuple[ClaimOutcome, ...] = ("CONFIRMED", "CONTRADICTED")


def warranted(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Apply every rule to a verdict, and add the differences between its arms."""
    verdict = replace(verdict, differs_in=_differences(verdict, evidence))
    rules: tuple[Rule, ...] = (_construction, _test_error, _smallest_effect, _every_threshold)
    for rule in rules:
        verdict = rule(verdict, sides, evidence)
    return verdict


def _differences(verdict: ClaimVerdict, evidence: Evidence) -> tuple[str, ...]:
    """Return the differences between the arms where there is more than the one under test."""
    found = evidence.differs.get(verdict.id, ())
    said = (verdict.claim.confounders,) if verdict.claim.confounders else ()
    return (*found, *said) if len(found) > 1 or said else ()


def _construction(verdict: ClaimVerdict, sides: Sequence[Side], _: Evidence) -> ClaimVerdict:
    """Turn CONFIRMED into BY CONSTRUCTION where no other outcome was possible; a contradiction stands."""
    why = verdict.claim.by_construction or _repeats(verdict, sides)
    if verdict.outcome != "CONFIRMED" or not why:
        return verdict
    return replace(verdict, outcome="BY CONSTRUCTION", reason=f"{why}; {verdict.reason}")


def _repeats(verdict: ClaimVerdict, sides: Sequence[Side]) -> str:
    """Return why a claim about numbers in the suite's own files cannot fail; empty where something is measured.

    Arithmetic compared with a number that the paper also prints is no repetition, because the two may disagree.
    """
    stated = {side.measured.stated for side in sides if side.measured is not None}
    claim = verdict.claim
    printed = claim.cells is not None or (claim.exact is not None and claim.exact.printed is not None)
    if not stated or "" in stated or (stated == {"arithmetic"} and printed):
        return ""
    if "configuration" in stated:
        return "a setting that the suite's own recipe states, read back"
    return "worked out from numbers that the suite itself states"


def _smallest_effect(verdict: ClaimVerdict, sides: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Withdraw a contradiction by a difference of errors below the smallest that matters to the scale, and say so."""
    smallest, effect = evidence.smallest_effect, verdict.effect
    errors = all(metric_of(side.name.rpartition(".")[2]) is not None for side in _places(sides, evidence))
    of_errors = verdict.claim.operator in ("less", "equal", "gap", "equal_gaps") and errors
    if verdict.outcome not in DECIDED or smallest is None or effect is None or not of_errors:
        return verdict
    if abs(effect) >= smallest or (verdict.outcome == "CONFIRMED" and verdict.claim.operator != "less"):
        return verdict
    beside = f"the difference is below the smallest that this scale cares about, {smallest:g}"
    if verdict.outcome == "CONFIRMED":
        return replace(verdict, reason=f"{verdict.reason}; {beside}: a direction and no more")
    return replace(verdict, outcome="INCONCLUSIVE", reason=f"{verdict.reason}; against the claim, but {beside}")


def _places(sides: Sequence[Side], evidence: Evidence) -> list[Side]:
    """Return the operands, with each cell under the place that reproduces it."""
    cells = evidence.cells
    return [replace(side, name=cells[side.name].cell.value or "") if side.name in cells else side for side in sides]


def _test_error(verdict: ClaimVerdict, sides: Sequence[Side], _: Evidence) -> ClaimVerdict:
    """Withdraw a wider gap of an arm whose test error is the lower one; describe how the gap came about."""
    if verdict.claim.gap is None or verdict.outcome != "CONFIRMED":
        return verdict
    seeds = shared_seeds(sides)
    wide_train, wide_test, narrow_train, narrow_test = (side.runs(seeds) for side in sides)
    tests, trains = compare_paired(wide_test, narrow_test), compare_paired(wide_train, narrow_train)
    wide, narrow = (side.name.partition(".")[0] for side in (sides[1], sides[3]))
    said = verdict.reason
    if trains.direction == "less" and trains.difference is not None:
        said += f"; the training error of {narrow} is {-trains.difference:.2f} points higher, which narrows its gap"
    if tests.direction != "less" or tests.difference is None:
        return replace(verdict, reason=said)
    lower = sum(a is not None and b is not None and a < b for a, b in zip(wide_test, narrow_test, strict=True))
    against = f"the gap of {wide} is wider, but its test error is {-tests.difference:.2f} points lower"
    return replace(verdict, outcome="MIXED", reason=f"{against}, in {lower} of {seeds_said(len(seeds))}; {said}")


def _every_threshold(verdict: ClaimVerdict, _: Sequence[Side], evidence: Evidence) -> ClaimVerdict:
    """Require a claim about convergence to hold at every training error that all runs reach, not only at a chosen one.

    At paper scale the training error is the paper's own and decides alone.
    """
    said = verdict.claim.faster
    if said is None or verdict.outcome in ("NOT RUN", "FAILED"):
        return verdict
    found = at_thresholds(evidence.training_errors(said.slow), evidence.training_errors(said.fast))
    verdict = replace(verdict, thresholds=found)
    if evidence.scale == "paper" or verdict.outcome not in DECIDED:
        return verdict
    if not found:
        return replace(verdict, reason=f"{verdict.reason}; no other training error is reached by every run")
    wanted = 1 if verdict.outcome == "CONFIRMED" else -1
    others = [one for one, sign in zip(found, signs(found), strict=True) if sign == -wanted]
    ends = dict.fromkeys(f"{one.train_error:g}%" for one in (found[0], found[-1]))
    span = " to ".join(ends)
    if not others:
        return replace(verdict, reason=f"{verdict.reason}; the same sign at every training error looked at, {span}")
    turned = ", ".join(f"{one.train_error:g}%" for one in others)
    reason = f"the other arm is the faster at {turned} of the training errors looked at, {span}; {verdict.reason}"
    return replace(verdict, outcome="MIXED", reason=reason)
