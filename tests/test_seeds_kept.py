"""Seeds are neither dropped nor invented: a diverged or missing run in one arm decides nothing by its absence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from claim_samples import claim, trained

from harness.judge.cells import Measured, judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import ClaimVerdict, Evidence
from harness.suite.cells import Cell
from harness.suite.claims import Claim

A, B, C = "a.t.top1_error", "b.t.top1_error", "c.t.top1_error"


def judged(said: Claim, measured: dict[str, Measured], scale: Any = "small", curves: Any = None) -> ClaimVerdict:
    """Return the verdict on one claim."""
    (verdict,) = judge_claims({"it": said}, Evidence({}, measured, curves or {}, scale))
    return verdict


def diverged(measured: Measured, seed: int, guessing: float = 90.0) -> Measured:
    """Return the same values with one diverged seed, which has the error of guessing."""
    return replace(measured, values={**measured.values, seed: guessing}, diverged=(seed,))


WITHOUT, WITH = trained(12.0, 12.1, 11.9, 12.0, 12.1), trained(10.0, 10.1, 9.9, 10.0, 10.1)
REDUCES = {"of": [A, B], "by": 2.0, "margin": 0.5}


def test_a_printed_reduction_is_the_first_arm_less_the_second() -> None:
    """At paper scale, two points less error confirm a reduction by 2.0, and two points more contradict it."""
    said = claim(reduces=REDUCES)
    assert judged(said, {A: WITHOUT, B: WITH}, "paper").outcome == "CONFIRMED"
    assert judged(said, {A: WITH, B: WITHOUT}, "paper").outcome == "CONTRADICTED"


@pytest.mark.parametrize("arm", [A, B])
def test_a_diverged_seed_is_not_dropped_from_a_reduction(arm: str) -> None:
    """Four seeds show the printed reduction; with the diverged fifth nothing is confirmed, and five count."""
    measured = {A: WITHOUT, B: WITH}
    found = judged(claim(reduces=REDUCES), measured | {arm: diverged(measured[arm], 4)}, "paper")
    assert (found.outcome, found.n) == ("INCONCLUSIVE", 5)


@pytest.mark.parametrize("arm", range(4))
def test_a_diverged_seed_is_not_dropped_from_equal_gaps(arm: int) -> None:
    """The gaps of the other seeds are equal within the margin."""
    names = ["a.train.top1_error", "a.test.top1_error", "b.train.top1_error", "b.test.top1_error"]
    runs = [(1.0, 1.2, 0.9, 1.1, 1.0), (9.0, 9.1, 9.0, 9.2, 9.0)] * 2
    measured = {name: trained(*values) for name, values in zip(names, runs, strict=True)}
    said = claim(equal_gaps={"of": [names[:2], names[2:]], "margin": 1.0})
    assert judged(said, measured).outcome == "CONFIRMED"
    found = judged(said, measured | {names[arm]: diverged(measured[names[arm]], 2)})
    assert (found.outcome, found.n) == ("INCONCLUSIVE", 5)


def test_a_diverged_seed_is_not_dropped_from_equality() -> None:
    """The other seeds are equal within the margin."""
    said = claim(equal={"of": [A, B], "margin": 1.0})
    assert judged(said, {A: WITH, B: WITH}).outcome == "CONFIRMED"
    assert judged(said, {A: WITH, B: diverged(WITH, 0)}).outcome == "INCONCLUSIVE"


def test_a_diverged_seed_is_not_dropped_from_a_trend() -> None:
    """The other seeds fall from layer to layer."""
    measured = {f"a.i.l{layer}": trained(*(6.0 - layer + seed / 10 for seed in range(5))) for layer in range(6)}
    said = claim(trend={"values": list(measured), "direction": "down"})
    assert judged(said, measured).outcome == "CONFIRMED"
    found = judged(said, measured | {"a.i.l3": diverged(measured["a.i.l3"], 1)})
    assert (found.outcome, found.n) == ("INCONCLUSIVE", 5)


def test_a_diverged_seed_counts_as_worse_than_any_other() -> None:
    """It does not count as the error of guessing, which a training may reach; all six are smaller by ranks."""
    low, high = trained(*(10.0 + seed / 10 for seed in range(6))), trained(*(91.0 + seed / 10 for seed in range(6)))
    found = judged(claim(less=[A, B]), {A: diverged(low, 0, 89.0), B: high})
    assert found.outcome == "INCONCLUSIVE"


def test_arms_share_the_seeds_that_both_have() -> None:
    """Seeds 0 to 4 and 1 to 5 share four, and no value is invented for the others."""
    later = Measured(values={seed + 1: value for seed, value in WITHOUT.values.items()}, declared_seeds=5)
    found = judged(claim(less=[A, B]), {A: WITH, B: later})
    assert (found.outcome, found.n) == ("CONFIRMED", 4)


def curves(seeds: int) -> dict[str, Any]:
    """Return an arm that does not fall to 25% in eleven epochs, and one that does after three."""
    falls = {"tanh": 1, "relu": 18}
    return {
        arm: {
            "train_error": {
                str(seed): [[epoch, 80.0 - (fall + seed / 50) * epoch] for epoch in range(1, 12)]
                for seed in range(seeds)
            }
        }
        for arm, fall in falls.items()
    }


@pytest.mark.parametrize(("seeds", "expected"), [(2, "INCONCLUSIVE"), (5, "INCONCLUSIVE"), (6, "CONTRADICTED")])
def test_limits_of_convergence_need_as_many_seeds_as_their_test(seeds: int, expected: str) -> None:
    """At least 3.6 times slower contradicts 1.2 times, by a sign test of six seeds but not of fewer."""
    times = {"by": 1.2, "within": 1.5}
    said = claim(faster={"slow": "tanh", "fast": "relu", "train_error": 25, "times": times})
    assert judged(said, {}, "paper", curves(seeds)).outcome == expected


@pytest.mark.parametrize(
    "said",
    [
        {"less": [A, B]},
        {"reduces": {"of": [B, A], "by": 2.0, "margin": 1.0}},
        {"equal": {"of": [A, A], "margin": 50.0}},
        {"trend": {"values": [A, B, C], "direction": "up"}},
    ],
    ids=lambda said: next(iter(said)),
)
@pytest.mark.parametrize("scale", ["paper", "small"])
def test_two_seeds_decide_nothing(said: dict[str, Any], scale: str) -> None:
    """The distance between the arms does not matter."""
    measured = {A: trained(1.0, 1.1), B: trained(3.0, 3.1), C: trained(5.0, 5.1)}
    assert judged(claim(**said), measured, scale).outcome in ("INCONCLUSIVE", "NOT COMPARABLE")


@pytest.mark.parametrize(
    ("left", "right", "expected"), [(5.0, 5.0, "CONTRADICTED"), (4.0, 5.0, "CONFIRMED"), (6.0, 5.0, "CONTRADICTED")]
)
def test_equal_exact_numbers_are_not_less(left: float, right: float, expected: str) -> None:
    """Neither number is sampled, so arithmetic decides."""
    one, other = (Measured(values={0: value}, declared_seeds=1, how="exact") for value in (left, right))
    assert judged(claim(less=["a.numbers", "b.numbers"]), {"a.numbers": one, "b.numbers": other}).outcome == expected


def cell(printed: str, margin: float | None, place: str) -> Cell:
    """Return a printed number."""
    number = float(printed)
    return Cell("it", "it", "", "it", "", printed, number, "%", margin, tuple(place.split(".")))


@pytest.mark.parametrize(
    ("value", "expected"), [(60.5, "MATCH"), (60.51, "DIFFERS"), (59.5, "MATCH"), (59.49, "DIFFERS"), (60.9, "DIFFERS")]
)
def test_an_exact_number_matches_within_half_of_its_last_digit(value: float, expected: str) -> None:
    """Printed as 60, it may lie between 59.5 and 60.5."""
    measured = Measured(values={0: value}, declared_seeds=1, how="exact")
    assert judge_cell(cell("60", None, "net.parameters"), measured, "ci").outcome == expected


def test_a_match_allows_for_the_digits_that_are_not_printed() -> None:
    """A value within a margin of 0.5 of 37.5 may lie outside that of 37.45, which may have been printed as 37.5."""
    near = trained(37.90, 37.91, 37.92, 37.91, images=50_000)
    far = trained(37.96, 37.97, 37.98, 37.97, images=50_000)
    printed = cell("37.5", 0.5, A)
    assert [judge_cell(printed, one, "paper").outcome for one in (near, far)] == ["MATCH", "INCONCLUSIVE"]


@pytest.mark.parametrize(("value", "expected"), [(61.9, "MATCH"), (62.3, "DIFFERS")])
def test_a_margin_and_a_rounding_are_not_added_up(value: float, expected: str) -> None:
    """The wider of the two is allowed: for 60 with a margin of 2, up to 62."""
    measured = Measured(values={0: value}, declared_seeds=1, how="exact")
    assert judge_cell(cell("60", 2.0, "net.parameters"), measured, "ci").outcome == expected


def test_a_timed_number_is_of_other_hardware_at_every_scale() -> None:
    """The paper's clock ran on a device of its day."""
    measured = Measured(values={0: 1.0, 1: 1.1, 2: 1.0}, declared_seeds=3, how="timed", device="a GPU")
    for scale in ("paper", "ci"):
        assert judge_cell(cell("1.0", 0.5, "clock.seconds"), measured, scale).outcome == "NOT COMPARABLE"


def test_a_seed_that_is_a_copy_of_another_decides_nothing() -> None:
    """The other seeds decide nothing either."""
    copied = replace(WITH, doubtful="seeds 0 and 1 left the same bytes")
    found = judged(claim(less=[A, B]), {A: copied, B: WITHOUT})
    assert (found.outcome, found.reason) == ("NOT COMPARABLE", f"{A}: seeds 0 and 1 left the same bytes")


def test_quoted_numbers_alone_decide_nothing() -> None:
    """They agree with themselves at every scale."""
    cells = {
        name: judge_cell(Cell(name, name, "", name, "", printed, float(printed), "%", None, None), None, "paper")
        for name, printed in (("low", "37.5"), ("high", "45.7"))
    }
    (found,) = judge_claims({"it": claim(less=["low", "high"])}, Evidence(cells, {}, {}, "paper"))
    assert found.outcome == "QUOTED"


def test_one_cell_that_differs_contradicts_a_claim_about_several() -> None:
    """The other cell matches."""
    near, far = cell("10.0", 1.0, A), cell("50.0", 1.0, A)
    cells = {name: judge_cell(one, WITH, "paper") for name, one in (("near", near), ("far", far))}
    assert [one.outcome for one in cells.values()] == ["MATCH", "BETTER"]
    (found,) = judge_claims({"it": claim(cells=["near", "far"])}, Evidence(cells, {}, {}, "paper"))
    assert found.outcome == "CONTRADICTED"
