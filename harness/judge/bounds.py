"""Judgement of numbers against a bound or a printed number: by arithmetic, by an interval, or in every seed."""

from __future__ import annotations

from dataclasses import replace

from harness.judge.cells import Measured
from harness.judge.counts import seeds_said
from harness.judge.evidence import ClaimVerdict
from harness.judge.outcomes import ClaimOutcome
from harness.judge.statistics import MIN_SEEDS, t_interval
from harness.suite.claims import Exact
from harness.suite.printed import half_last_digit, printed_number
from harness.vocabulary import ScaleName


def printed_elsewhere(verdict: ClaimVerdict, printed: str, scale: ScaleName) -> ClaimVerdict:
    """Return NOT COMPARABLE for a printed size below paper scale; its direction is a claim of its own."""
    reason = (
        f"the printed {printed} is of the paper's own data, not of the {scale} scale; its direction is judged apart"
    )
    return replace(verdict, outcome="NOT COMPARABLE", reason=reason, p=None, companion=None, seeds_to_settle=None)


def bounded(verdict: ClaimVerdict, said: Exact, name: str, measured: Measured) -> ClaimVerdict:
    """Judge a number against its bound: a timing by its interval, other numbers in every seed."""
    values = list(measured.values.values())
    shown = ", ".join(f"{value:,.6g}" for value in values)
    verdict = replace(verdict, reason=f"{name} is {shown}; wanted {_wanted(said)}", n=len(values))
    if measured.how == "timed":
        return _by_interval(verdict, said, values)
    held = sum(_satisfies(said, value) for value in values)
    if held == len(values):
        return _only_a_bound(replace(verdict, outcome="CONFIRMED"), said, values)
    if held:
        reason = f"{held} of {seeds_said(len(values))} hold; {verdict.reason}"
        return replace(verdict, outcome="MIXED", reason=reason)
    verdict = _only_a_bound(replace(verdict, outcome="CONTRADICTED"), said, values)
    return _beyond(verdict, said, values) if measured.how in ("trained", "drawn") else verdict


def _by_interval(verdict: ClaimVerdict, said: Exact, values: list[float]) -> ClaimVerdict:
    """Judge a timing by the interval of its mean, because other programs may share the device during a repetition."""
    if len(values) < MIN_SEEDS:
        return replace(verdict, outcome="INCONCLUSIVE", reason=f"{verdict.reason}; too few repetitions")
    found = t_interval(values)
    low, high = _limits(said)
    outcome: ClaimOutcome = "INCONCLUSIVE"
    if low <= found.low and found.high <= high:
        outcome = "CONFIRMED"
    elif found.high < low or found.low > high:
        outcome = "CONTRADICTED"
    said_of = f"the mean of {len(values)} repetitions lies within {found.low:.4g} to {found.high:.4g}"
    mean = sum(values) / len(values)
    return replace(verdict, outcome=outcome, reason=f"{verdict.reason}; {said_of}", effect=mean, interval=found)


def _only_a_bound(verdict: ClaimVerdict, said: Exact, values: list[float]) -> ClaimVerdict:
    """Withdraw an outcome that a bound cannot prove.

    A lower bound shows that a number is large, never that it is small; an upper bound the reverse.
    """
    low, high = _limits(said)
    proves = {
        "lower": {"CONFIRMED": said.at_most is None and said.at_least is not None, "CONTRADICTED": min(values) > high},
        "upper": {"CONFIRMED": said.at_least is None and said.at_most is not None, "CONTRADICTED": max(values) < low},
    }
    if said.bound is None or proves[said.bound][verdict.outcome]:
        return verdict
    only = f"it is only a {said.bound} bound, which tells nothing here"
    return replace(verdict, outcome="INCONCLUSIVE", reason=f"{verdict.reason}; {only}")


def _beyond(verdict: ClaimVerdict, said: Exact, values: list[float]) -> ClaimVerdict:
    """Withdraw a contradiction of a threshold of ours by sampled values that miss it by the smallest effect or less."""
    if verdict.outcome != "CONTRADICTED" or said.printed is not None:
        return verdict
    if said.smallest_effect is None:
        why = "a threshold of ours, for which the suite declares no smallest effect that could contradict"
        return replace(verdict, outcome="INCONCLUSIVE", reason=f"{verdict.reason}; {why}")
    low, high = _limits(said)
    if all(value < low - said.smallest_effect or value > high + said.smallest_effect for value in values):
        return verdict
    why = f"no more than the smallest effect, {said.smallest_effect:g}, beyond it"
    return replace(verdict, outcome="INCONCLUSIVE", reason=f"{verdict.reason}; {why}")


def _limits(said: Exact) -> tuple[float, float]:
    """Return the lowest and highest value that satisfies the claim."""
    if said.printed is not None:
        half, printed = half_last_digit(said.printed), float(printed_number(said.printed))
        return printed - half, printed + half
    if said.equals is not None:
        slack = abs(said.equals) * said.within_percent / 100
        return said.equals - slack, said.equals + slack
    infinite = float("inf")
    return (
        -infinite if said.at_least is None else said.at_least,
        infinite if said.at_most is None else said.at_most,
    )


def _satisfies(said: Exact, value: float) -> bool:
    low, high = _limits(said)
    slack = 0.0 if said.equals is None and said.printed is None else 1e-12  # allows for the last bit of an equality
    return low - slack <= value <= high + slack


def _wanted(said: Exact) -> str:
    if said.printed is not None:
        return f"{said.printed}, as printed, to half its last digit"
    if said.equals is not None:
        within = f" within {said.within_percent:g}%" if said.within_percent else ""
        return f"{said.equals:,.10g}{within}"
    bounds = [(said.at_least, "at least"), (said.at_most, "at most")]
    return " and ".join(f"{word} {bound:,.10g}" for bound, word in bounds if bound is not None)
