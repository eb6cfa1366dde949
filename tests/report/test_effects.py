"""Effects are said with the sign of their claim, from published records."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.report.arms import Arm, arms_of, far_seed
from harness.report.effects import Effect, effect_of
from harness.report.page.read import read_results
from harness.report.results.verdict_records import ClaimRecord

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = ROOT / "reports" / "published"
EXAMPLE = ROOT / "examples" / "resnet" / "reports" / "published"


def effect(suite: str, claim: str) -> Effect | None:
    """The effect of a published claim."""
    results = read_results(next((PUBLISHED / suite).glob("*/results.json")))
    return effect_of(results, next(one for one in results.claims if one.id == claim))


@pytest.mark.parametrize(
    ("suite", "claim", "words"),
    [
        ("ablations", "two_gpus_top1.direction", "1.91 points lower [0.70, 3.12]"),
        ("ablations", "overlap_top1.direction", "0.89 points higher [0.16, 1.62]"),
        ("fall2009", "which_half", "a difference of -0.39 points [-0.64, -0.15], margin 0.5"),
        ("regularisation", "views_prevent_overfitting", "a gap 2.68 points wider [2.03, 3.33]"),
        ("regularisation", "biases_speed_start", "1.56 times as fast [1.37, 1.77]"),
        ("figure1", "faster_at_a_third_of_the_rate", "at least 1.29 times as fast"),
    ],
)  # fmt: skip
def test_an_effect_is_said_in_words_for_its_direction(suite: str, claim: str, words: str) -> None:
    """No reader has to know which operand was taken from which."""
    found = effect(suite, claim)
    assert found is not None
    assert found.words.replace("\N{MINUS SIGN}", "-") == words


def test_positive_is_as_claimed() -> None:
    """A fall that the paper claims and a rise against it have different signs."""
    fell, rose = (effect("ablations", f"{name}.direction") for name in ("two_gpus_top1", "overlap_top1"))
    assert fell is not None
    assert rose is not None
    assert fell.value > 0 > rose.value
    assert math.isclose(fell.low or 0, 0.7003689303715857)


def test_arms_have_the_values_that_were_tested() -> None:
    """The difference of their means is the effect, and a training that diverged is told."""
    results = read_results(PUBLISHED / "ablations" / "small")
    claim = next(one for one in results.claims if one.id == "two_gpus_top1.direction")
    two, one = arms_of(results, claim)
    assert math.isclose((one.mean or 0) - (two.mean or 0), -(claim.effect or 0))
    figure = read_results(PUBLISHED / "figure1" / "small")
    rate = next(one for one in figure.claims if one.id == "relu_rate_not_higher")
    assert [arm.diverged for arm in arms_of(figure, rate) if arm.diverged] == [("3",)]


def test_the_odd_seed_is_named_and_only_where_there_is_one() -> None:
    """One dead seed among six; none among equals, or of three."""
    assert far_seed({"0": 15.0, "1": 15.2, "2": 90.0, "3": 14.9}) == "2"
    assert far_seed({"0": 15.0, "1": 16.0, "2": 17.0, "3": 14.0}) is None
    assert far_seed({"0": 15.0, "1": 15.2, "2": 90.0}) is None


def test_the_arm_that_an_amount_is_of_is_named() -> None:
    """A claim may speak of either arm, so the words alone would not tell which of them is the lower one."""
    found = effect("release", "norm_as_released")
    assert found is not None
    assert found.told == f"released {found.words}"


def amounts() -> Iterator[tuple[ClaimRecord, Effect, list[Arm]]]:
    """Every published amount that is said of one of two arms, with the arms of one pair of trained nets."""
    for path in sorted(PUBLISHED.glob("*/*/results.json")):
        results = read_results(path.parent)
        for claim in results.claims:
            found, arms = effect_of(results, claim), arms_of(results, claim)
            if found is not None and found.of and all(arm.mean is not None for arm in arms):
                yield claim, found, arms


def test_the_arm_that_is_named_is_the_lower_one_in_every_published_report() -> None:
    """Or the higher one, as the words say; of reductions, whose first arm is that without the change, too."""
    operators = set()
    for claim, found, arms in amounts():
        (own,), (other,) = (
            [arm for arm in arms if (found.of in arm.name.split(".")) is is_own] for is_own in (True, False)
        )
        operators.add(claim.operator)
        assert ("lower" in found.words) == ((own.mean or 0) < (other.mean or 0)), (claim.id, found.told)
    assert operators == {"less", "reduces"}


@pytest.mark.parametrize("suite", ["resnet_figure6", "resnet_figure7"])
def test_arms_are_of_the_seeds_of_the_look_that_decided(suite: str) -> None:
    """Of seeds that ran later, for other claims, nothing is in their means; how many these are is told."""
    results = read_results(EXAMPLE / suite / "small")
    assert results.looks is not None
    ran = results.looks.looks[results.looks.reached - 1]
    looked = [claim for claim in results.claims if claim.look is not None and claim.operator == "less"]
    assert {claim.look.seeds for claim in looked if claim.look is not None} - {ran}
    for claim in looked:
        first, second = arms_of(results, claim)
        assert first.values.keys() == second.values.keys() == {str(seed) for seed in range(claim.n or 0)}
        assert first.later == ran - (claim.n or 0)
        assert math.isclose((first.mean or 0) - (second.mean or 0), claim.effect or 0)
