"""Verdicts: every outcome of a cell and of a claim, against values worked out by hand.

Student's t quantiles are those of printed tables: with 2 degrees of freedom 2.920 at 90% and 4.303 at 95%, two-sided.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.judge.cells import CellVerdict, Measured, judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.judge.statistics import Interval
from harness.suite.cells import Cell, number
from harness.suite.claims import Claim
from harness.vocabulary import METRICS, Metric

T90, T95 = 2.919986, 4.302653  # 2 degrees of freedom
NEAR = (37.4, 37.5, 37.6)
"""Mean 37.5, standard deviation 0.1."""
SPREAD = 0.1
"""A standard deviation far above the step of 0.01 of errors over 10,000 images, to which that step adds nothing."""
HALF90, HALF95 = T90 * SPREAD / math.sqrt(3), T95 * SPREAD / math.sqrt(3)


def cell(**changes: Any) -> Cell:
    """Return the network's top-1 error of Table 1, with some changes."""
    about = {
        "id": "cnn.top1", "row": "cnn", "column": "top1", "label": "CNN, Top-1", "ref": "alexnet:T1.cnn.top1",
        "printed": "37.5", "unit": "%", "margin": 0.5, "place": ("cnn", "ten_crop", "top1_error"), "cited": None,
    }  # fmt: skip
    about |= changes
    return Cell(**about, paper=number(about["printed"]))


def measured(*values: float, **changes: Any) -> Measured:
    """Return one value per declared seed, over 10,000 images."""
    return Measured(**({"values": dict(enumerate(values)), "declared_seeds": len(values), "images": 10_000} | changes))


def judged(*values: float, scale: str = "paper", of: Cell | None = None, **changes: Any) -> CellVerdict:
    """Return the verdict on these values."""
    return judge_cell(of or cell(), measured(*values, **changes), scale)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        # Half of the 90% interval is 0.169; with 0.05 for rounding, 0.219 is inside the margin of 0.5.
        (NEAR, "MATCH"),
        # A mean 0.27 away still ends at 0.489.
        ((37.67, 37.77, 37.87), "MATCH"),
        # A mean 0.29 away ends at 0.509.
        ((37.69, 37.79, 37.89), "INCONCLUSIVE"),
        # Half of the 95% interval is 0.248; with 0.05 for rounding, 0.79 away begins at 0.492.
        ((38.19, 38.29, 38.39), "INCONCLUSIVE"),
        # 0.81 away begins at 0.512.
        ((38.21, 38.31, 38.41), "WORSE"),
        ((36.59, 36.69, 36.79), "BETTER"),
        ((36.61, 36.71, 36.81), "INCONCLUSIVE"),
        # Equal values are given the spread of half an image in 10,000, not none.
        ((37.5, 37.5, 37.5), "MATCH"),
        ((39.0, 39.0, 39.0), "WORSE"),
        # Too few to judge, however near.
        ((37.5, 37.5), "INCONCLUSIVE"),
        ((37.5,), "INCONCLUSIVE"),
    ],
)
def test_a_cell_is_judged_by_its_margin(values: tuple[float, ...], outcome: str) -> None:
    """Inside it by the 90% interval, wholly beyond it by the 95% one, each widened by half the last printed digit."""
    assert judged(*values).outcome == outcome


def test_the_figures_beside_a_verdict() -> None:
    """Mean, spread and every interval have the unit of the values."""
    verdict = judged(*NEAR)
    assert (verdict.mean, verdict.std) == (pytest.approx(37.5), pytest.approx(0.1))
    assert verdict.difference == pytest.approx(0.0)
    for interval, half in ((verdict.interval, HALF95), (verdict.tost_interval, HALF90)):
        assert (interval.low, interval.high) == (pytest.approx(37.5 - half), pytest.approx(37.5 + half))
    one_more = T95 * 0.1 * math.sqrt(1 + 1 / 3)
    assert verdict.prediction.high == pytest.approx(37.5 + one_more)
    assert (verdict.interval.level, verdict.tost_interval.level) == (0.95, 0.9)


def test_the_wilson_interval_is_of_one_net_over_the_test_images() -> None:
    """3,750 wrong of 10,000: 0.375 +- 1.96 sqrt(0.375 0.625 / 10000), nearly."""
    wilson = judged(*NEAR).wilson
    half = 196 * math.sqrt(0.375 * 0.625 / 10_000)
    assert (wilson.low, wilson.high) == (pytest.approx(37.5 - half, abs=0.01), pytest.approx(37.5 + half, abs=0.01))


def test_the_number_of_seeds_that_would_settle() -> None:
    """At a spread of 0.5 and no difference, t(0.95, n - 1) 0.5 / sqrt(n) falls below 0.45 at n = 6: 2.015 / 2.449."""
    verdict = judged(37.0, 37.5, 38.0)
    assert (verdict.outcome, verdict.seeds_to_settle) == ("INCONCLUSIVE", 6)
    assert verdict.reason.endswith("; 6 seeds would settle it if mean and spread stay")


def test_a_metric_where_more_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean below the margin is then worse."""
    monkeypatch.setitem(METRICS, "accuracy", Metric("%", "higher", "Accuracy"))
    of = cell(place=("cnn", "ten_crop", "accuracy"))
    assert judged(36.59, 36.69, 36.79, of=of).outcome == "WORSE"
    assert judged(38.21, 38.31, 38.41, of=of).outcome == "BETTER"


def test_a_metric_that_is_no_percentage_has_no_step_of_images() -> None:
    """Three equal cross-entropies have no spread, and no image is wrong in them."""
    of = cell(place=("cnn", "ten_crop", "cross_entropy"), printed="1.50", unit="nats", margin=0.01)
    verdict = judged(1.5, 1.5, 1.5, of=of, images=50)
    assert (verdict.outcome, verdict.wilson) == ("MATCH", None)


def test_a_printed_number_with_thousands_commas() -> None:
    """It is read as a number."""
    of = cell(printed="253,440", margin=10, unit="", place=("cnn", "ten_crop", "cross_entropy"))
    assert judged(253_440.0, 253_441.0, 253_439.0, of=of).difference == pytest.approx(0)


QUOTED = cell(id="sift_fv.top1", printed="45.7", place=None, cited="best published [24]")


def test_a_quoted_number_is_cited() -> None:
    """The reason names its source."""
    verdict = judge_cell(QUOTED, None, "paper")
    assert (verdict.outcome, verdict.mean) == ("CITED", None)
    assert "best published [24]" in verdict.reason


ZOO = {"from": "A zoo", "url": "https://zoo.example", "licence": None, "date": "2026-01-05", "sha256": "1" * 64}
FOREIGN = "the weights were trained elsewhere (A zoo, https://zoo.example, 2026-01-05); this tests the evaluation only"


@pytest.mark.parametrize(
    ("changes", "scale", "outcome", "reason"),
    [
        ({"declared_seeds": 4}, "paper", "NOT RUN", "not run yet (3 of 4 seeds)"),
        ({"declared_seeds": 4, "blocked": "ilsvrc2010 is not on disk"}, "paper", "NOT RUN",
         "ilsvrc2010 is not on disk (3 of 4 seeds)"),
        ({"declared_seeds": 4}, "ci", "NOT RUN", "not run yet (3 of 4 seeds)"),
        ({"declared_seeds": 4, "failed": {3: "out of memory"}}, "paper", "FAILED", "seed 3: out of memory"),
        ({"failed": {0: "out of memory"}}, "small", "FAILED", "seed 0: out of memory"),
        ({"unofficial": "other classes"}, "paper", "NOT COMPARABLE", "other classes"),
        ({"unofficial": "other classes", "declared_seeds": 4}, "paper", "NOT RUN", "not run yet (3 of 4 seeds)"),
        ({"elsewhere": (ZOO,)}, "paper", "NOT COMPARABLE", FOREIGN),
        ({"elsewhere": (ZOO,)}, "ci", "NOT COMPARABLE", FOREIGN),
        ({"elsewhere": (ZOO,), "declared_seeds": 5}, "paper", "NOT COMPARABLE", FOREIGN),
        ({"elsewhere": (ZOO,), "unofficial": "other classes"}, "paper", "NOT COMPARABLE", FOREIGN),
        ({"elsewhere": (ZOO,), "failed": {3: "out of memory"}}, "paper", "FAILED", "seed 3: out of memory"),
        ({}, "subset", "NOT COMPARABLE", "the subset scale is not the paper's data and recipe"),
        ({}, "small", "NOT COMPARABLE", "the small scale is not the paper's data and recipe"),
        ({}, "ci", "NOT COMPARABLE", "the ci scale is not the paper's data and recipe"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_of_a_comparison(changes: dict[str, Any], scale: str, outcome: str, reason: str) -> None:
    """A failure comes before weights from elsewhere, these before a missing seed, and that before everything else."""
    verdict = judged(*NEAR, scale=scale, **changes)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_failed_seed_drops_no_other() -> None:
    """The values of the others are shown, and decide nothing."""
    verdict = judged(37.4, 37.6, declared_seeds=3, failed={2: "out of memory"})
    assert (verdict.outcome, verdict.mean) == ("FAILED", pytest.approx(37.5))
    assert verdict.measured.values == {0: 37.4, 1: 37.6}


def test_no_result_at_all_has_no_figures() -> None:
    """Each figure is None."""
    verdict = judged(declared_seeds=3)
    assert (verdict.outcome, verdict.reason) == ("NOT RUN", "not run yet (0 of 3 seeds)")
    assert (verdict.mean, verdict.std, verdict.interval, verdict.wilson) == (None, None, None, None)


def test_a_diverged_run_counts_as_guessing() -> None:
    """Its 99.9% is in the mean; a result that is left out would be a better one."""
    verdict = judged(37.4, 37.6, 99.9, diverged=(2,))
    assert verdict.mean == pytest.approx((37.4 + 37.6 + 99.9) / 3)
    assert verdict.outcome == "INCONCLUSIVE"


def test_a_cell_without_a_margin_is_not_judged() -> None:
    """The suite did not declare beforehand what counts as near."""
    verdict = judged(*NEAR, of=cell(margin=None))
    assert (verdict.outcome, verdict.reason) == ("INCONCLUSIVE", "the suite declares no margin for this cell")


@pytest.mark.parametrize("scale", ["paper", "ci"])
def test_an_extended_verdict_is_marked(scale: str) -> None:
    """The outcome does not matter."""
    assert judge_cell(cell(), measured(*NEAR), scale, extended=True).extended
    assert not judge_cell(cell(), measured(*NEAR), scale).extended


LOW, HIGH = (1.0, 2.0, 3.0), (2.0, 3.1, 4.2)
"""Differences -1, -1.1, -1.2: mean -1.1, standard deviation 0.1."""
T = 1.1 / (SPREAD / math.sqrt(3))
P = 1 - T / math.sqrt(T**2 + 2)
"""Two-sided, 2 degrees of freedom, where Student's distribution has this closed form."""


def claim(**operator: Any) -> Claim:
    """Return a claim with this operator."""
    return Claim.parsed({"ref": "A01", "says": "s", "source": "s", **operator})


def verdicts(arms: dict[str, Measured], claims: dict[str, Claim] | None = None, scale: str = "paper") -> dict[str, Any]:
    """Judge claims over cells of these arms and one quoted number; return the verdicts by id."""
    claims = claims or {"c": claim(less=["a.top1", "b.top1"])}
    cells = [judge_cell(cell(id=f"{name}.top1", row=name, place=(name, "test", "top1_error")), arm, scale)
             for name, arm in arms.items()]  # fmt: skip
    by_place = {f"{name}.test.top1_error": arm for name, arm in arms.items()}
    by_id = {verdict.cell.id: verdict for verdict in [*cells, judge_cell(QUOTED, None, scale)]}
    return {one.id: one for one in judge_claims(claims, Evidence(by_id, by_place, {}, scale))}


def less(a: Measured, b: Measured, scale: str = "paper") -> Any:
    """Return the verdict on whether a is less than b."""
    return verdicts({"a": a, "b": b}, scale=scale)["c"]


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [
        (LOW, HIGH, "CONFIRMED"),
        (HIGH, LOW, "CONTRADICTED"),
        ((1.0, 2.0, 3.0), (2.0, 2.0, 2.0), "INCONCLUSIVE"),
        ((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), "INCONCLUSIVE"),
        ((1.0, 2.0), (2.0, 3.1), "INCONCLUSIVE"),
        # Six differences that are all the same leave no spread; a sign-flip test can reject: 2 / 2**6 = 0.031.
        ((1.0,) * 6, (2.0,) * 6, "CONFIRMED"),
        # With five it cannot: 2 / 2**5 = 0.0625.
        ((1.0,) * 5, (2.0,) * 5, "INCONCLUSIVE"),
    ],
)
@pytest.mark.parametrize("scale", ["paper", "small", "ci"])
def test_a_claim_about_two_arms_of_ours(a: Any, b: Any, outcome: str, scale: str) -> None:
    """It is paired by seed and judged at every scale, which is its evidence."""
    verdict = less(measured(*a), measured(*b), scale)
    assert (verdict.outcome, verdict.evidence) == (outcome, f"{scale} scale")


def test_the_figures_beside_a_claim() -> None:
    """Mean difference, its t interval and p are computed by hand."""
    verdict = less(measured(*LOW), measured(*HIGH))
    assert (verdict.n, verdict.effect) == (3, pytest.approx(-1.1))
    assert verdict.p == pytest.approx(P)
    half = T95 * SPREAD / math.sqrt(3)
    assert (verdict.interval.low, verdict.interval.high) == (pytest.approx(-1.1 - half), pytest.approx(-1.1 + half))


def test_arms_are_paired_by_seed_and_not_by_order() -> None:
    """Seed 2 of one arm is paired with seed 2 of the other."""
    a = Measured(values={2: 3.0, 0: 1.0, 1: 2.0}, declared_seeds=3)
    assert less(a, measured(*HIGH)).p == pytest.approx(P)


def test_holm_stands_beside_and_does_not_decide() -> None:
    """Two tested claims: the smaller p doubled, the larger as it is; a claim that was not tested does not count."""
    arms = {"a": measured(*LOW), "b": measured(*HIGH), "d": measured(2.0, 1.0, 4.0)}
    claims = {
        "first": claim(less=["a.top1", "b.top1"]),
        "second": claim(less=["a.top1", "d.top1"]),
        "third": claim(cells=["a.top1"]),
    }
    found = verdicts(arms, claims)
    assert found["first"].p_holm == pytest.approx(2 * P)
    assert found["second"].p_holm == pytest.approx(found["second"].p)
    assert (found["third"].p, found["third"].p_holm) == (None, None)
    assert found["first"].outcome == "CONFIRMED"


@pytest.mark.parametrize(
    ("operands", "values", "outcome"),
    [
        (["a.top1", "sift_fv.top1"], NEAR, "CONFIRMED"),
        (["sift_fv.top1", "a.top1"], NEAR, "CONTRADICTED"),
        (["a.top1", "sift_fv.top1"], (45.0, 45.7, 46.4), "INCONCLUSIVE"),
        (["a.test.top1_error", "sift_fv.top1"], NEAR, "CONFIRMED"),
    ],
)
def test_a_quoted_number_counts_at_paper_scale(operands: list[str], values: Any, outcome: str) -> None:
    """It takes the place of every seed's value."""
    found = verdicts({"a": measured(*values)}, {"c": claim(less=operands)})["c"]
    assert found.outcome == outcome


@pytest.mark.parametrize("scale", ["subset", "small", "ci"])
def test_a_quoted_number_counts_at_no_other_scale(scale: str) -> None:
    """Our error on small images is never compared with it."""
    found = verdicts({"a": measured(*NEAR)}, {"c": claim(less=["a.top1", "sift_fv.top1"])}, scale)["c"]
    assert found.outcome == "NOT COMPARABLE"
    assert found.reason == "sift_fv.top1 is a quoted number, which only a result at paper scale can be set against"


def test_a_quoted_number_needs_the_official_data() -> None:
    """Other images under the same name have no printed error."""
    arms = {"a": measured(*NEAR, unofficial="other classes")}
    found = verdicts(arms, {"c": claim(less=["a.top1", "sift_fv.top1"])})["c"]
    assert (found.outcome, found.reason) == ("NOT COMPARABLE", "other classes")


@pytest.mark.parametrize(
    ("changes", "outcome", "reason"),
    [
        ({"declared_seeds": 4}, "NOT RUN", "b.top1: not run yet"),
        ({"declared_seeds": 4, "blocked": "no data"}, "NOT RUN", "b.top1: no data"),
        ({"failed": {1: "out of memory"}}, "FAILED", "b.top1: out of memory"),
    ],
)
def test_a_claim_waits_for_both_arms(changes: dict[str, Any], outcome: str, reason: str) -> None:
    """The reason names the arm that is missing."""
    found = less(measured(*LOW), measured(*HIGH, **changes))
    assert (found.outcome, found.reason) == (outcome, reason)


def test_arms_with_diverged_runs_are_compared_by_rank() -> None:
    """Six of six diverged in b: the exact test gives 2 / 2**6; no amount is given, for there is none."""
    a, b = measured(*range(6)), measured(*[90.0] * 6, diverged=tuple(range(6)))
    found = less(a, b)
    assert (found.outcome, found.p, found.effect, found.interval) == ("CONFIRMED", 2 / 2**6, None, None)
    assert "diverged runs" in found.reason


def test_a_test_that_cannot_reject_is_not_run() -> None:
    """Three diverged of three say nothing at 5%: 2 / 2**3."""
    found = less(measured(*LOW), measured(90.0, 90.0, 90.0, diverged=(0, 1, 2)))
    assert (found.outcome, found.p) == ("INCONCLUSIVE", None)


@pytest.mark.parametrize(
    ("arms", "outcome", "reason"),
    [
        ((NEAR, NEAR), "CONFIRMED", "a.top1 MATCH; b.top1 MATCH"),
        ((NEAR, (39.0, 39.1, 39.2)), "CONTRADICTED", "a.top1 MATCH; b.top1 WORSE"),
        ((NEAR, (35.0, 35.1, 35.2)), "CONTRADICTED", "a.top1 MATCH; b.top1 BETTER"),
        ((NEAR, (37.0, 37.5, 38.0)), "INCONCLUSIVE", "b.top1: t intervals over 3 seeds lie across an edge"),
        (((39.0, 39.1, 39.2), (37.0, 37.5, 38.0)), "CONTRADICTED", "a.top1 WORSE; b.top1 INCONCLUSIVE"),
    ],
)
def test_a_claim_about_cells_stands_or_falls_with_them(arms: Any, outcome: str, reason: str) -> None:
    """One that differs contradicts it; one that is open leaves it open."""
    named = dict(zip("ab", (measured(*values) for values in arms), strict=True))
    found = verdicts(named, {"c": claim(cells=["a.top1", "b.top1"])})["c"]
    assert found.outcome == outcome
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("changes", "scale", "outcome"),
    [
        ({"declared_seeds": 4}, "paper", "NOT RUN"),
        ({"failed": {1: "x"}}, "paper", "FAILED"),
        ({"unofficial": "x"}, "paper", "NOT COMPARABLE"),
        ({}, "small", "NOT COMPARABLE"),
    ],
)
def test_a_claim_about_cells_that_cannot_be_judged(changes: dict[str, Any], scale: str, outcome: str) -> None:
    """It has their outcome, and the reason of the first."""
    found = verdicts({"a": measured(*NEAR, **changes)}, {"c": claim(cells=["a.top1"])}, scale)["c"]
    assert found.outcome == outcome
    assert found.reason.startswith("a.top1: ")


def test_judging_changes_nothing_it_is_given() -> None:
    """The same measurements give the same verdict, however often."""
    values = measured(*NEAR)
    assert judge_cell(cell(), values, "paper") == judge_cell(cell(), values, "paper")
    assert isinstance(judge_cell(cell(), values, "paper").interval, Interval)


RUNS = {"printed": "6.43 (6.61 +- 0.16)", "runs": 5, "margin": 0.5}


def test_a_mean_over_runs_is_judged_as_one() -> None:
    """The printed mean has its own uncertainty; the best run is shown and decides nothing."""
    found = judged(6.6, 6.7, 6.5, 6.65, 6.55, of=cell(**RUNS))
    assert (found.outcome, found.cell.paper) == ("MATCH", 6.61)
    assert "5 printed runs (Welch)" in found.reason
    assert "best of ours 6.5, of theirs 6.43, which decides nothing" in found.reason
    assert judged(7.6, 7.7, 7.5, 7.65, 7.55, of=cell(**RUNS)).outcome == "WORSE"
    # Half of Welch's 90% interval is about 0.16; a mean 0.36 away, with rounding, reaches beyond the margin.
    assert judged(6.97, 7.07, 6.87, 7.02, 6.92, of=cell(**RUNS)).outcome == "INCONCLUSIVE"


def test_a_count_with_a_magnitude_matches_to_its_last_digit() -> None:
    """269,722 is 0.27M; 275,100 is not."""
    size = cell(printed="0.27M", unit="", margin=None, place=("counts", "parameters"))
    found = [judge_cell(size, measured(value, how="exact"), "ci").outcome for value in (269_722, 275_100)]
    assert found == ["MATCH", "DIFFERS"]
