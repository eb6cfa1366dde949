"""Verdicts only where their evidence warrants them: each rule on numbers that show it alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judge.cells import Measured
from harness.judge.claims import judge_claims
from harness.judge.evidence import ClaimVerdict, Evidence
from harness.suite.claim_parts import with_directions
from harness.suite.claims import Claim

A, B = "a.t.top1_error", "b.t.top1_error"


def claim(**said: Any) -> Claim:
    """Return a claim with these parts."""
    return Claim.parsed({"ref": "A01", "says": "it is so", "source": "section 1", **said})


def measured(*values: float, how: Any = "trained", **more: Any) -> Measured:
    """Return values by seed."""
    return Measured(values=dict(enumerate(values)), declared_seeds=len(values), images=10_000, how=how, **more)


def judged(asked: Claim, values: dict[str, Measured], scale: Any = "small", **evidence: Any) -> ClaimVerdict:
    """Return the only verdict."""
    curves = evidence.pop("curves", {})
    (verdict,) = judge_claims({"it": asked}, Evidence({}, values, curves, scale, **evidence))
    return verdict


def test_what_holds_by_construction_is_no_confirmation() -> None:
    """The suite declares it; without the declaration the same numbers are confirmed."""
    said, why = {"less": [A, B]}, "nothing is nearer than the nearest"
    values = {A: measured(1.0, 1.1, 0.9), B: measured(5.0, 5.2, 4.9)}
    found = judged(claim(**said, by_construction=why), values)
    assert (found.outcome, found.reason.startswith(why)) == ("BY CONSTRUCTION", True)
    assert judged(claim(**said), values).outcome == "CONFIRMED"


def test_what_should_hold_by_construction_and_does_not_is_contradicted() -> None:
    """Something is then wrong, and nobody should overlook it."""
    values = {A: measured(5.0, 5.2, 4.9), B: measured(1.0, 1.1, 0.9)}
    assert judged(claim(less=[A, B], by_construction="by definition"), values).outcome == "CONTRADICTED"


@pytest.mark.parametrize(
    ("stated", "exact", "expected"),
    [
        ("arithmetic", {"at_least": 30}, "BY CONSTRUCTION"),
        ("arithmetic", {"equals": 30}, "BY CONSTRUCTION"),
        ("arithmetic", {"printed": "30"}, "CONFIRMED"),
        ("configuration", {"equals": 30}, "BY CONSTRUCTION"),
        ("", {"equals": 30}, "CONFIRMED"),
        ("arithmetic", {"at_least": 31}, "CONTRADICTED"),
    ],
)
def test_a_suite_cannot_confirm_what_it_states(stated: Any, exact: dict[str, Any], expected: str) -> None:
    """Numbers computed from its own or read back from its recipe confirm nothing; a printed number may differ."""
    value = measured(30.0, how="exact", stated=stated)
    assert judged(claim(exact={"value": "a.b", **exact}), {"a.b": value}).outcome == expected


@pytest.mark.parametrize(
    ("bound", "wanted", "expected"),
    [
        ("lower", {"at_least": 3}, "INCONCLUSIVE"),
        ("lower", {"at_least": 1}, "CONFIRMED"),
        ("lower", {"at_most": 1}, "CONTRADICTED"),
        ("lower", {"at_most": 3}, "INCONCLUSIVE"),
        ("upper", {"at_most": 3}, "CONFIRMED"),
        ("upper", {"at_most": 1}, "INCONCLUSIVE"),
        ("upper", {"at_least": 3}, "CONTRADICTED"),
        ("upper", {"at_least": 1}, "INCONCLUSIVE"),
        (None, {"at_least": 3}, "CONTRADICTED"),
    ],
)
def test_a_bound_tells_on_one_side_alone(bound: Any, wanted: dict[str, Any], expected: str) -> None:
    """At least 2 may be 5 and cannot be 1."""
    said = {"value": "a.b", **wanted} | ({"bound": bound} if bound else {})
    assert judged(claim(exact=said), {"a.b": measured(2.0, how="exact")}).outcome == expected


@given(st.floats(0.1, 100), st.floats(0.1, 100))
def test_a_lower_bound_never_contradicts_at_least(value: float, wanted: float) -> None:
    """The two numbers do not matter."""
    asked = claim(exact={"value": "a.b", "at_least": wanted, "bound": "lower"})
    assert judged(asked, {"a.b": measured(value, how="exact")}).outcome in {"CONFIRMED", "INCONCLUSIVE"}


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((1.08626, 1.02419, 1.00449), "INCONCLUSIVE"),
        ((1.01, 1.02, 1.015), "CONFIRMED"),
        ((1.2, 1.21, 1.22), "CONTRADICTED"),
        ((1.2, 1.21), "INCONCLUSIVE"),
    ],
)
def test_a_timing_is_judged_by_its_interval(times: tuple[float, ...], expected: str) -> None:
    """Its worst repetition does not decide; the first times are of views that cost nothing."""
    asked = claim(exact={"value": "a.b", "at_most": 1.05})
    found = judged(asked, {"a.b": measured(*times, how="timed", device="a clock")})
    assert found.outcome == expected
    assert found.interval is None or found.interval.low < sum(times) / len(times) < found.interval.high


@pytest.mark.parametrize(
    ("values", "more", "expected"),
    [
        ((0.2, 0.257, 0.16), {}, "MIXED"),
        ((0.239, 0.235, 0.243), {}, "INCONCLUSIVE"),
        ((0.239, 0.235, 0.243), {"smallest_effect": 0.05}, "INCONCLUSIVE"),
        ((0.139, 0.135, 0.143), {"smallest_effect": 0.05}, "CONTRADICTED"),
        ((0.3, 0.31, 0.32), {}, "CONFIRMED"),
    ],
)
def test_a_threshold_of_ours_contradicts_beyond_the_smallest_effect(
    values: tuple[float, ...], more: dict[str, float], expected: str
) -> None:
    """Disagreeing seeds are mixed; values below contradict only by more than the smallest effect."""
    asked = claim(exact={"value": "a.c.conv1_mean", "at_least": 0.25, **more})
    assert judged(asked, {"a.c.conv1_mean": measured(*values)}).outcome == expected


@pytest.mark.parametrize(
    ("first", "expected", "says"),
    [
        ((10.06, 10.05, 10.07), "INCONCLUSIVE", "below the smallest"),
        ((11.0, 11.1, 10.9), "CONTRADICTED", "paired t"),
        ((9.94, 9.97, 9.91), "CONFIRMED", "a direction and no more"),
        ((9.0, 9.1, 8.9), "CONFIRMED", "paired t"),
    ],
)
def test_a_contradiction_is_no_smaller_than_the_smallest_effect(
    first: tuple[float, ...], expected: str, says: str
) -> None:
    """A difference of hundredths may be certain and still not matter to the scale."""
    values = {A: measured(*first), B: measured(10.0, 10.01, 9.99)}
    found = judged(claim(less=[A, B]), values, smallest_effect=0.3)
    assert (found.outcome, says in found.reason) == (expected, True)


def test_the_smallest_effect_is_of_errors_alone() -> None:
    """A norm of gradients has no points."""
    values = {"a.g.gradient": measured(0.2, 0.21, 0.19), "b.g.gradient": measured(0.1, 0.1, 0.09)}
    found = judged(claim(less=["a.g.gradient", "b.g.gradient"]), values, smallest_effect=0.5)
    assert found.outcome == "CONTRADICTED"


GAP = {"wider": ["w.train.top1_error", "w.val.top1_error"], "narrower": ["n.train.top1_error", "n.val.top1_error"]}


@pytest.mark.parametrize(("narrow_test", "expected"), [(13.0, "MIXED"), (9.0, "CONFIRMED")])
def test_an_arm_with_the_lower_test_error_does_not_overfit_more(narrow_test: float, expected: str) -> None:
    """The other gap may be narrower because its training images are harder to fit; the reason says so either way."""
    jitter = (0.0, 0.1, -0.1, 0.05)
    means = {"w.train": 4.0, "w.val": 10.0, "n.train": narrow_test - 3, "n.val": narrow_test}
    factors = {"w.train": 1, "w.val": 2, "n.train": -1, "n.val": 3}
    values = {f"{name}.top1_error": measured(*(mean + factors[name] * one for one in jitter))
              for name, mean in means.items()}  # fmt: skip
    found = judged(claim(gap=GAP), values)
    assert found.outcome == expected
    assert "which narrows its gap" in found.reason
    assert ("in 4 of 4 seeds" in found.reason) == (expected == "MIXED")


def curves(slow: list[float], fast: list[float]) -> dict[str, Any]:
    """Return three seeds of each arm with about these training errors by epoch."""
    return {
        name: {"train_error": {str(seed): [[epoch, error + seed / 20] for epoch, error in enumerate(errors, 1)]
                               for seed in range(3)}}
        for name, errors in (("slow", slow), ("fast", fast))
    }  # fmt: skip


SLOW_AHEAD_AT_FIRST = curves([60, 40, 30, 24, 21, 19, 17, 15.5, 14.5], [85, 70, 52, 35, 22, 14, 10, 8, 7])
ALWAYS_BEHIND = curves([85, 70, 52, 35, 26, 21, 18, 16, 14], [60, 40, 20, 12, 10, 8, 7, 6, 5])


@pytest.mark.parametrize(
    ("shown", "scale", "expected"),
    [
        (SLOW_AHEAD_AT_FIRST, "small", "MIXED"),
        (SLOW_AHEAD_AT_FIRST, "paper", "CONFIRMED"),
        (ALWAYS_BEHIND, "small", "CONFIRMED"),
    ],
)
def test_a_speed_holds_at_every_training_error(shown: dict[str, Any], scale: Any, expected: str) -> None:
    """A chosen threshold is not enough; at paper scale the paper's threshold decides."""
    found = judged(claim(faster={"slow": "slow", "fast": "fast", "train_error": 15}), {}, scale, curves=shown)
    assert found.outcome == expected
    assert [one.train_error for one in found.thresholds][-1] == 15
    assert ("the other arm is the faster at" in found.reason) == (expected == "MIXED")


def test_a_printed_size_and_its_direction_are_two_claims() -> None:
    """Each has its own verdict: at small scale only the direction has one."""
    reduces = claim(reduces={"of": [B, A], "by": 1.7, "margin": 0.5})
    faster = claim(faster={"slow": "slow", "fast": "fast", "train_error": 15, "times": {"by": 2, "within": 1.5}})
    parts = with_directions({"by": reduces, "times": faster, "plain": claim(less=[A, B])})
    assert list(parts) == ["by", "by.direction", "times", "times.direction", "plain"]
    values = {A: measured(8.0, 8.1, 7.9), B: measured(12.0, 12.2, 11.9)}
    found = judge_claims(parts, Evidence({}, values, ALWAYS_BEHIND, "small"))
    outcomes = ["NOT COMPARABLE", "CONFIRMED", "NOT COMPARABLE", "CONFIRMED", "CONFIRMED"]
    assert [one.outcome for one in found] == outcomes
    assert found[0].effect == found[1].effect


def test_arms_that_differ_in_more_than_one_thing_say_so() -> None:
    """A single difference is the one under test; several are all listed, and what specs cannot show is declared."""
    values = {A: measured(1.0, 1.1, 0.9), B: measured(5.0, 5.2, 4.9)}
    several = ("model.depth (8 against 9)", "recipe.epochs (12 against 28)")
    assert judged(claim(less=[A, B]), values, differs={"it": several[:1]}).differs_in == ()
    assert judged(claim(less=[A, B]), values, differs={"it": several}).differs_in == several
    told = judged(claim(less=[A, B], confounders="a factor"), values, differs={"it": several[:1]}).differs_in
    assert told == (several[0], "a factor")


def test_a_number_as_printed_is_known_to_half_its_last_digit() -> None:
    """2.284 rounds to the printed 2.3 and 2.36 does not."""
    asked = claim(exact={"value": "a.b", "printed": "2.3"})
    found = [judged(asked, {"a.b": measured(value, how="exact")}).outcome for value in (2.284, 2.35, 2.36)]
    assert found == ["CONFIRMED", "CONFIRMED", "CONTRADICTED"]
