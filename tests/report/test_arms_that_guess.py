"""Nets that learned nothing, without having diverged, are named wherever a claim rests on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.answers import answer_of
from harness.report.arms import arms_of
from harness.report.exports.beside import in_words
from harness.report.page.read import read_results
from harness.report.results.document import Results

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"
CLAIM = "baseline_beats_vgg_measured"


@pytest.fixture(scope="module")
def results() -> Results:
    """Of a report in which one of three VGG-19 learned nothing at 5,000 images of ten classes."""
    return read_results(PUBLISHED / "prelu_table6" / "small")


def with_error(results: Results, error: float) -> Results:
    """The same, with another top-1 error of that net."""
    document = results.model_dump()
    job = next(job for job in document["experiments"]["vgg19"]["jobs"] if job["seed"] == 2)
    job["evaluations"]["dense_vgg"]["values"]["top1_error"] = error
    return Results.model_validate(document)


def guessed(results: Results, claim: str = CLAIM) -> dict[str, tuple[str, ...]]:
    """The seeds that guess, by arm."""
    found = next(one for one in results.claims if one.id == claim)
    return {arm.experiment: arm.guessed for arm in arms_of(results, found)}


@pytest.mark.parametrize(("error", "said"), [(100.0, ("2",)), (89.2, ("2",)), (89.1, ()), (12.0, ())])
def test_two_standard_errors_below_guessing_a_net_has_learned(
    results: Results, error: float, said: tuple[str, ...]
) -> None:
    """Guessing among ten classes errs on 90% of 5,000 images, give or take 0.42 points."""
    assert guessed(with_error(results, error)) == {"a_relu": (), "vgg19": said}


def test_a_claim_about_guessing_says_it_itself() -> None:
    """That a net stalls, or leaves chance, is its verdict."""
    stalled = read_results(PUBLISHED / "prelu_initialization_trained" / "small")
    asked = [one.id for one in stalled.claims if one.operator in ("stalls", "leaves_chance")]
    assert asked
    assert not any(seeds for one in asked for seeds in guessed(stalled, one).values())


def test_the_answer_and_every_export_name_it(results: Results) -> None:
    """With its seed."""
    claim = next(one for one in results.claims if one.id == CLAIM)
    assert "vgg19.dense_vgg.top1_error: seed 2 no better than guessing" in answer_of(results)
    assert in_words(results, claim).endswith("vgg19.dense_vgg.top1_error: seed 2 no better than guessing")
