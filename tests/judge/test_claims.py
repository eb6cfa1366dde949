"""Claims are judged by the test their operator names, and by nothing where something is missing."""

from __future__ import annotations

from math import hypot
from statistics import mean, stdev
from typing import Any

import pytest
from claim_samples import HIGH, LOW, claim, trained

from harness.judge.cells import Measured, judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.judge.statistics import seeds_for_effect
from harness.suite.cells import Cell
from harness.suite.claims import Claim


def exactly(value: float) -> Measured:
    """Return a number that is not sampled."""
    return Measured(values={0: value}, declared_seeds=1, how="exact")


def outcome(claimed: Claim, measured: dict[str, Measured], scale: Any = "small", cells: Any = None, curves: Any = None):
    """Return the verdict on one claim."""
    (verdict,) = judge_claims({"it": claimed}, Evidence(cells or {}, measured, curves or {}, scale))
    return verdict


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(LOW, HIGH, "CONFIRMED"), (HIGH, LOW, "CONTRADICTED"), (LOW, trained(9.9, 10.3, 10.0, 10.0), "INCONCLUSIVE")],
)
def test_an_ordering_is_decided_by_the_paired_test(first, second, expected):
    """less: the first arm is smaller over seeds, larger, or nobody can tell."""
    assert (
        outcome(
            claim(less=["a.t.top1_error", "b.t.top1_error"]), {"a.t.top1_error": first, "b.t.top1_error": second}
        ).outcome
        == expected
    )


def test_small_scale_evidence_is_called_so():
    """A claim confirmed on small data carries that level, not the paper's."""
    found = outcome(claim(less=["a.t.top1_error", "b.t.top1_error"]), {"a.t.top1_error": LOW, "b.t.top1_error": HIGH})
    assert found.evidence == "small scale"


def test_too_few_seeds_decide_nothing():
    """Two seeds cannot reject, however far apart the arms are."""
    found = outcome(
        claim(less=["a.t.top1_error", "b.t.top1_error"]),
        {"a.t.top1_error": trained(1.0, 1.1), "b.t.top1_error": trained(50.0, 51.0)},
    )
    assert found.outcome == "INCONCLUSIVE"


def test_a_failed_seed_fails_the_claim():
    """Nothing is judged on the seeds that happened to finish."""
    broken = Measured(values={0: 1.0}, declared_seeds=2, failed={1: "disk full"})
    found = outcome(
        claim(less=["a.t.top1_error", "b.t.top1_error"]), {"a.t.top1_error": broken, "b.t.top1_error": HIGH}
    )
    assert (found.outcome, "disk full" in found.reason) == ("FAILED", True)


ZOO = {"from": "A zoo", "sha256": "1" * 64}
LOW_FROM_ZOO = trained(10.0, 10.2, 9.9, 10.1, elsewhere=(ZOO,))


@pytest.mark.parametrize("scale", ["paper", "small"])
@pytest.mark.parametrize(
    "operator",
    [
        {"less": ["a.t.top1_error", "b.t.top1_error"]},
        {"less": ["b.t.top1_error", "a.t.top1_error"]},
        {"reduces": {"of": ["b.t.top1_error", "a.t.top1_error"], "by": 2.0, "margin": 0.5}},
        {"equal": {"of": ["a.t.top1_error", "b.t.top1_error"], "margin": 5.0}},
        {"trend": {"values": ["a.t.top1_error", "b.t.top1_error", "c.t.top1_error"], "direction": "up"}},
        {"exact": {"value": "a.t.top1_error", "at_most": 50}},
        {"leaves_chance": {"value": "a.t.top1_error", "chance": 90, "tolerance": 1}},
        {"faster": {"slow": "b", "fast": "a", "train_error": 50}},
    ],
    ids=lambda operator: next(iter(operator)),
)
def test_no_claim_on_foreign_weights_is_decided(operator, scale):
    """Neither for nor against the paper, whatever the operator and however plain the numbers."""
    measured = {"a.t.top1_error": LOW_FROM_ZOO, "b.t.top1_error": HIGH, "c.t.top1_error": HIGH}
    evidence = Evidence({}, measured, {}, scale, {"a": (ZOO,)})
    (verdict,) = judge_claims({"it": claim(**operator)}, evidence)
    assert verdict.outcome == "NOT COMPARABLE"
    assert verdict.reason == "the weights were trained elsewhere (A zoo); this tests the evaluation only"
    assert (verdict.elsewhere, verdict.p) == ((ZOO,), None)


def test_a_contradicting_cell_does_not_decide_for_a_foreign_one():
    """A claim about several printed numbers rests on all of them."""
    cells = {
        name: judge_cell(
            Cell(
                id=name, row=name, column="", label=name, ref="", printed=printed, paper=float(printed), unit="%",
                margin=1.0, place=("a", "t", "top1_error"),
            ),
            measured,
            "paper",
        )
        for name, printed, measured in (("far", "50.0", LOW), ("near", "10.0", LOW_FROM_ZOO))
    }  # fmt: skip
    assert {name: one.outcome for name, one in cells.items()} == {"far": "BETTER", "near": "NOT COMPARABLE"}
    assert outcome(claim(cells=["far", "near"]), {}, "paper", cells).outcome == "NOT COMPARABLE"
    assert outcome(claim(cells=["far"]), {}, "paper", cells).outcome == "CONTRADICTED"


def test_missing_seeds_leave_a_claim_unrun():
    """The reason says what blocks the missing seeds."""
    half = Measured(values={0: 1.0}, declared_seeds=3, blocked="ilsvrc2010 is not on disk")
    found = outcome(claim(less=["a.t.top1_error", "b.t.top1_error"]), {"a.t.top1_error": half, "b.t.top1_error": HIGH})
    assert (found.outcome, found.reason) == ("NOT RUN", "a.t.top1_error: ilsvrc2010 is not on disk")


def test_a_printed_amount_is_judged_on_the_papers_data_alone():
    """reduces: 2.1 points are not 1.0 +- 0.3 at paper scale; at small scale no amount is that of the paper's data."""
    said = claim(reduces={"of": ["b.t.top1_error", "a.t.top1_error"], "by": 1.0, "margin": 0.3})
    measured = {"a.t.top1_error": LOW, "b.t.top1_error": HIGH}
    assert [outcome(said, measured, scale).outcome for scale in ("small", "paper")] == [
        "NOT COMPARABLE",
        "CONTRADICTED",
    ]


def test_equality_needs_the_whole_interval_inside_the_margin():
    """equal: two like arms are the same within 1 point and undecided within 0.05."""
    near = trained(10.1, 10.1, 10.0, 10.0)
    measured = {"a.t.top1_error": LOW, "b.t.top1_error": near}
    found = [outcome(claim(equal={"of": list(measured), "margin": m}), measured).outcome for m in (1.0, 0.05)]
    assert found == ["CONFIRMED", "INCONCLUSIVE"]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"equals": 60e6, "within_percent": 2}, "CONFIRMED"),
        ({"equals": 60e6}, "CONTRADICTED"),
        ({"at_most": 61e6}, "CONFIRMED"),
        ({"at_least": 61e6}, "CONTRADICTED"),
    ],
)
def test_exact_numbers_are_compared_and_not_tested(bounds, expected):
    """exact: a count either satisfies what the paper says of it or does not."""
    found = outcome(claim(exact={"value": "net.parameters", **bounds}), {"net.parameters": exactly(60_965_224)})
    assert (found.outcome, found.evidence, found.p) == (expected, "exact", None)


def test_a_trend_over_layers():
    """trend: coefficients that fall layer by layer in every seed confirm a fall and contradict a rise."""
    measured = {f"a.i.l{layer}": trained(*(6.0 - layer + seed / 10 for seed in range(5))) for layer in range(6)}
    found = [
        outcome(claim(trend={"values": list(measured), "direction": way}), measured).outcome for way in ("down", "up")
    ]
    assert found == ["CONFIRMED", "CONTRADICTED"]


def test_staying_at_chance():
    """stalls, leaves_chance: 90% of ten classes is chance, 20% is not, and the two claims answer each other."""
    stuck, learnt = {"a.t.top1_error": trained(90.1, 89.8, 90.0)}, {"a.t.top1_error": trained(20.0, 21.0, 19.5)}
    said = {"value": "a.t.top1_error", "chance": 90, "tolerance": 5}
    found = [
        outcome(claim(**{kind: said}), data).outcome for kind in ("stalls", "leaves_chance") for data in (stuck, learnt)
    ]
    assert found == ["CONFIRMED", "CONTRADICTED", "CONTRADICTED", "CONFIRMED"]


def test_seeds_that_disagree_about_chance_are_counted():
    """stalls, leaves_chance: of three nets one learns, which is neither a stall nor that all leave, and no opposite."""
    said = {"value": "a.t.top1_error", "chance": 90, "tolerance": 5}
    measured = {"a.t.top1_error": trained(90.1, 20.0, 90.0)}
    found = [outcome(claim(**{kind: said}), measured) for kind in ("stalls", "leaves_chance")]
    reason = "seeds that leave chance: 1 of 3, that stay at it: 2; chance is 90% less 5"
    assert [(one.outcome, one.reason) for one in found] == [("MIXED", reason)] * 2


def test_speed_is_a_ratio_of_epochs_to_a_training_error():
    """faster: an arm that reaches 25% in a third of the epochs is three times faster."""
    slow = {str(s): [[e, 80.0 - 6 * e + s / 10] for e in range(1, 12)] for s in range(4)}
    fast = {str(s): [[e, 80.0 - 18 * e - s / 3] for e in range(1, 5)] for s in range(4)}
    curves = {"tanh": {"train_error": slow}, "relu": {"train_error": fast}}
    found = outcome(claim(faster={"slow": "tanh", "fast": "relu", "train_error": 25}), {}, curves=curves)
    assert found.outcome == "CONFIRMED"
    assert found.effect == pytest.approx(3, rel=0.02)


def _curves(slope_of_slow, slope_of_fast, epochs=11, seeds=4):
    """Return several seeds of each arm that fall from 80%, by about these points per epoch."""
    arms = {"tanh": slope_of_slow, "relu": slope_of_fast}
    return {
        arm: {
            "train_error": {
                str(seed): [[e, 80.0 - (slope + seed / 50) * e] for e in range(1, epochs + 1)] for seed in range(seeds)
            }
        }
        for arm, slope in arms.items()
    }


@pytest.mark.parametrize(
    ("by", "scale", "expected"),
    [
        (3, "paper", "CONFIRMED"),
        (6, "paper", "CONTRADICTED"),
        (1.2, "paper", "CONTRADICTED"),
        (6, "small", "NOT COMPARABLE"),
    ],
)
def test_a_printed_ratio_is_tested_at_paper_scale_alone(by, scale, expected):
    """faster: three times is three within a factor of 1.5, and no six; below paper scale it is shown and not judged."""
    times = {"by": by, "within": 1.5}
    said = claim(faster={"slow": "tanh", "fast": "relu", "train_error": 25, "times": times})
    found = outcome(said, {}, scale, curves=_curves(6, 18))
    assert (found.outcome, found.effect) == (expected, pytest.approx(3, rel=0.02))
    assert (f"wanted {by:g} within a factor of 1.5" in found.reason) == (scale == "paper")


@pytest.mark.parametrize(
    ("by", "seeds", "expected"), [(6, 6, "INCONCLUSIVE"), (1.2, 6, "CONTRADICTED"), (1.2, 5, "INCONCLUSIVE")]
)
def test_a_bound_decides_about_a_printed_ratio_only_where_it_lies_beyond(by, seeds, expected):
    """faster: an arm that never gets there is at least so many times slower, which may be six and cannot be 1.2.

    A sign test says so, and needs six seeds.
    """
    times = {"by": by, "within": 1.5}
    said = claim(faster={"slow": "tanh", "fast": "relu", "train_error": 25, "times": times})
    assert outcome(said, {}, "paper", curves=_curves(1, 18, seeds=seeds)).outcome == expected


def _raced(curves, diverged, said):
    """Six seeds of each arm, some of which diverged: in their first epoch where they have no curve."""
    trainings = {
        arm: Measured(values=dict.fromkeys(range(6), 90.0), declared_seeds=6, diverged=diverged.get(arm, ()))
        for arm in ("tanh", "relu")
    }
    asked = claim(faster={"slow": "tanh", "fast": "relu", "train_error": 25} | said)
    (found,) = judge_claims({"it": asked}, Evidence({}, {}, curves, "paper", trainings=trainings))
    return found


@pytest.mark.parametrize("epochs", [0, 2])
@pytest.mark.parametrize(("diverged", "expected"), [("tanh", "CONFIRMED"), ("relu", "CONTRADICTED")])
def test_a_run_that_diverged_is_slower_than_any_other(epochs, diverged, expected):
    """faster: also where it did so in its first epoch, and left no curve; no seed is dropped."""
    curves = _curves(18, 18, seeds=6)
    known = curves[diverged]["train_error"]
    curves[diverged]["train_error"] = {seed: curve[:epochs] for seed, curve in known.items() if epochs}
    found = _raced(curves, {diverged: tuple(range(6))}, {})
    assert (found.outcome, found.n) == (expected, 6)
    assert "runs that never reach 25%: 6 of 12" in found.reason


def test_five_seeds_do_not_confirm_what_a_sixth_that_diverged_speaks_against():
    """faster: three times in five seeds, a printed three; the fast arm of the sixth diverged in its first epoch."""
    curves, times = _curves(6, 18, seeds=6), {"times": {"by": 3, "within": 1.5}}
    assert _raced(curves, {}, times).outcome == "CONFIRMED"
    del curves["relu"]["train_error"]["5"]
    assert _raced(curves, {"relu": (5,)}, times).outcome == "INCONCLUSIVE"
    assert _raced(curves, {"relu": (5,)}, {}).outcome == "INCONCLUSIVE"


def test_speed_is_judged_at_the_training_error_of_the_scale():
    """faster: declared by scale, the one of the run's own counts, and a scale without one is not judged."""
    slow = {str(s): [[e, 80.0 - 6 * e + s / 10] for e in range(1, 12)] for s in range(4)}
    fast = {str(s): [[e, 80.0 - 18 * e - s / 3] for e in range(1, 5)] for s in range(4)}
    curves = {"tanh": {"train_error": slow}, "relu": {"train_error": fast}}
    said = {"slow": "tanh", "fast": "relu"}
    by_scale, one = (claim(faster={**said, "train_error": error}) for error in ({"small": 25, "paper": 10}, 25))
    assert outcome(by_scale, {}, curves=curves).effect == outcome(one, {}, curves=curves).effect
    assert outcome(by_scale, {}, "ci", curves=curves).outcome == "NOT RUN"


def test_chance_is_that_of_the_scales_classes():
    """stalls: 98% is chance among fifty classes, not among a thousand."""
    said = claim(stalls={"value": "a.t.top1_error", "tolerance": 1})
    found = [
        outcome(said, {"a.t.top1_error": trained(98.1, 98.3, 98.0, images=50_000, guessing=guess)}).outcome
        for guess in (98.0, 99.9)
    ]
    assert found == ["CONFIRMED", "CONTRADICTED"]


def test_only_an_error_has_a_chance():
    """stalls: a number that is no top-k error cannot stay at that of guessing."""
    with pytest.raises(ValueError, match="value"):
        claim(stalls={"value": "a.t.cross_entropy", "tolerance": 1})


GAPS = {"a.train.top1_error": (1.0, 1.2, 0.9, 1.1), "a.test.top1_error": (9.0, 9.1, 9.0, 9.2),
        "b.train.top1_error": (3.0, 3.1, 2.9, 3.0), "b.test.top1_error": (11.1, 11.0, 11.0, 11.1)}  # fmt: skip


@pytest.mark.parametrize(("margin", "wider", "expected"), [(1.0, 0, "CONFIRMED"), (0.01, 0, "INCONCLUSIVE"),
                                                            (1.0, 5, "CONTRADICTED")])  # fmt: skip
def test_gaps_are_alike_within_their_margin(margin, wider, expected):
    """equal_gaps: both arms overfit alike, though one is better throughout."""
    names = list(GAPS)
    measured = {name: trained(*(value + wider * (name == names[3]) for value in GAPS[name])) for name in names}
    found = outcome(claim(equal_gaps={"of": [names[:2], names[2:]], "margin": margin}), measured)
    assert found.outcome == expected


def test_overfitting_is_a_wider_gap():
    """gap: the arm whose test error is further from its training error overfits more."""
    measured = {
        "a.train.top1_error": trained(1.0, 1.2, 0.9, 1.1),
        "a.test.top1_error": trained(11.0, 11.1, 10.8, 11.3),
        "b.train.top1_error": trained(5.0, 5.1, 4.9, 5.2),
        "b.test.top1_error": trained(9.0, 9.2, 9.1, 8.9),
    }
    names = list(measured)
    found = outcome(claim(gap={"wider": names[:2], "narrower": names[2:]}), measured)
    assert found.outcome == "CONFIRMED"


def quoted_cell(printed: str = "45.7") -> Cell:
    """Return a number that the paper quotes."""
    return Cell(
        "fv.top1", "fv", "top1", "FV", "alexnet:T1.fv.top1", printed, float(printed), "%", None, None, cited="[24]"
    )


@pytest.mark.parametrize(("scale", "expected"), [("small", "NOT COMPARABLE"), ("paper", "CONFIRMED")])
def test_a_quoted_number_counts_only_at_paper_scale(scale, expected):
    """Our error on small images is never set against a number quoted from ImageNet."""
    cells = {"fv.top1": judge_cell(quoted_cell(), None, scale)}
    measured = {"a.t.top1_error": trained(37.0, 37.2, 37.1)}
    assert outcome(claim(less=["a.t.top1_error", "fv.top1"]), measured, scale, cells).outcome == expected


def test_unofficial_data_are_never_the_papers():
    """At paper scale, data that are not the official ones are not comparable."""
    measured = {"a.t.top1_error": trained(1.0, 1.1, 1.2, unofficial="it is another set"), "b.t.top1_error": HIGH}
    found = outcome(claim(less=list(measured)), measured, "paper")
    assert (found.outcome, found.reason) == ("NOT COMPARABLE", "it is another set")


def test_what_is_only_quoted_or_cannot_be_done_says_why():
    """Quoted and impossible claims carry their reason and run nothing."""
    found = [outcome(claim(quoted="from [20]"), {}), outcome(claim(impossible="needs eight GPUs"), {})]
    assert [(one.outcome, one.reason) for one in found] == [("QUOTED", "from [20]"), ("NOT RUN", "needs eight GPUs")]


def test_holm_stands_beside_and_decides_nothing():
    """Of two equal p-values Holm doubles both; the outcomes stay."""
    claims = {name: claim(less=["a.t.top1_error", "b.t.top1_error"]) for name in ("one", "two")}
    found = judge_claims(claims, Evidence({}, {"a.t.top1_error": LOW, "b.t.top1_error": HIGH}, {}, "small"))
    assert [one.p_holm / one.p for one in found] == [2.0, 2.0]
    assert {one.outcome for one in found} == {"CONFIRMED"}


def test_a_claim_has_exactly_one_operator():
    """Two operators, or none, are no claim."""
    for operators in ({}, {"quoted": "x", "impossible": "y"}):
        with pytest.raises(ValueError, match="exactly one"):
            claim(**operators)


def test_a_timing_on_a_device_without_a_name_is_still_judged():
    """A plan may be made where no device is known."""
    claim = Claim.parsed({"ref": "A01", "says": "", "source": "", "exact": {"value": "a.b", "at_most": 2}})
    timed = Measured(values={0: 1.0, 1: 1.1, 2: 1.05}, declared_seeds=3, how="timed")
    evidence = Evidence({}, {"a.b": timed}, {}, "ci")
    (verdict,) = judge_claims({"claim": claim}, evidence)
    assert (verdict.outcome, verdict.evidence) == ("CONFIRMED", "timing on a device without a name, ci scale")


def test_what_is_inconclusive_says_how_many_seeds_would_settle_it():
    """less: so many that the difference seen, with its spread, would be found four times in five; then it is."""
    near = {"a.t.top1_error": trained(10.0, 10.6, 9.5, 10.1), "b.t.top1_error": trained(10.5, 10.4, 10.3, 10.4)}
    found = outcome(claim(less=("a.t.top1_error", "b.t.top1_error")), near)
    assert found.outcome == "INCONCLUSIVE"
    differences = [-0.5, 0.2, -0.8, -0.3]
    assert found.seeds_to_settle == seeds_for_effect(hypot(stdev(differences), 0.05), mean(differences))
    assert outcome(claim(less=("a.t.top1_error", "b.t.top1_error")), {"a.t.top1_error": LOW, "b.t.top1_error": HIGH}
                   ).seeds_to_settle is None  # fmt: skip


def test_an_exact_test_stands_beside_where_it_could_reject():
    """less: six seeds of one sign have a sign-flip p of 2 / 64; four could not reject, and have none."""
    low, high = trained(10.0, 10.2, 9.9, 10.1, 10.0, 9.8), trained(12.0, 12.3, 11.8, 12.2, 12.1, 12.0)
    found = outcome(claim(less=("a.t.top1_error", "b.t.top1_error")), {"a.t.top1_error": low, "b.t.top1_error": high})
    assert found.companion is not None
    assert (found.companion.test, found.companion.p_value) == ("sign_flip", 2 / 64)
    few = outcome(claim(less=("a.t.top1_error", "b.t.top1_error")), {"a.t.top1_error": LOW, "b.t.top1_error": HIGH})
    assert few.companion is None


@pytest.mark.parametrize(
    ("first", "second", "margin", "expected"),
    [
        (853_018.0, 853_018.0, None, "CONFIRMED"),
        (853_018.0, 853_019.0, None, "CONTRADICTED"),
        (853_018.0, 853_019.0, 2.0, "CONFIRMED"),
    ],
)
def test_two_computed_values_are_equal_or_they_are_not(first, second, margin, expected):
    """equal: a plain net and its residual counterpart have the same number of parameters, to the last one."""
    said = {"of": ["plain.parameters", "residual.parameters"]} | ({} if margin is None else {"margin": margin})
    found = outcome(claim(equal=said), {"plain.parameters": exactly(first), "residual.parameters": exactly(second)})
    assert (found.outcome, found.evidence, found.effect) == (expected, "exact", first - second)


def test_sampled_values_are_equal_only_within_a_margin():
    """equal: without one nothing can be said of trained nets."""
    names = ["a.t.top1_error", "b.t.top1_error"]
    found = outcome(claim(equal={"of": names}), {names[0]: LOW, names[1]: LOW})
    assert (found.outcome, "no margin is declared" in found.reason) == ("INCONCLUSIVE", True)
