"""Every published report has one answer, by rule: its data, numbers, verdict and flags are those of results.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from result_documents import typed

from harness.judge.counts import seeds_in_words
from harness.report.answers import COMPARED, TESTED, answer_of, answered, flags_of, leading_claim
from harness.report.page.read import read_results
from harness.report.results.document import Results
from harness.report.results.verdict_records import ClaimRecord
from harness.report.what_was_run import data_used, what_was_run

ROOT = Path(__file__).parent.parent.parent
FOLDERS = sorted(path.parent for path in (ROOT / "reports" / "published").glob("*/*/results.json"))
NAMES = [folder.parent.name for folder in FOLDERS]


@cache
def published(name: str) -> Results:
    """A published report by its suite."""
    return read_results(FOLDERS[NAMES.index(name)])


def lead_of(results: Results) -> ClaimRecord | None:
    """The claim that the answer of a report is about."""
    lead = answered(results).lead
    return next((claim for claim in results.claims if claim.id == lead), None)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_names_the_data_that_were_used(name: str) -> None:
    """Whatever the paper's words name, the sentence and the line of runs name the data of the jobs."""
    results = published(name)
    lead = lead_of(results)
    for title in data_used(results):
        assert title in what_was_run(results)
        assert lead is None or not lead.evidence.endswith("scale") or title in answer_of(results)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_ends_with_the_verdict_of_its_claim_and_every_flag(name: str) -> None:
    """A contradiction or an open question is said where a confirmation would be."""
    results = published(name)
    lead, sentence = lead_of(results), answer_of(results)
    if lead is not None:
        assert f": {', '.join([lead.outcome, *flags_of(lead)])}" in sentence
    elif "matched" in sentence:
        assert all(cell.outcome in sentence for cell in results.cells if cell.outcome in COMPARED[1:])
    else:
        assert not [claim for claim in results.claims if claim.outcome in TESTED]


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_of_an_answer_are_those_of_the_results(name: str) -> None:
    """Effect, interval and seeds are of the claim's record, to the hundredth of a point."""
    results = published(name)
    lead, sentence = lead_of(results), answer_of(results)
    if lead is None or lead.effect is None or not {"points", "times"} & set(sentence.split()):
        return
    shown = sentence.replace("\N{MINUS SIGN}", "-")
    assert f"{abs(lead.effect):.2f}" in shown
    ends = [abs(end) for end in lead.interval or () if end is not None]
    assert len(ends) < 2 or all(f"{end:.2f}" in shown for end in ends)
    assert seeds_in_words(lead.n or 0) in shown


def test_the_first_claim_declared_beforehand_leads_whatever_its_outcome() -> None:
    """Neither a late claim nor a verdict that one would like to see is preferred."""
    results = published("figure1")
    first = next(claim for claim in results.claims if claim.outcome in TESTED and claim.post_hoc is None)
    assert first.outcome == "INCONCLUSIVE"
    assert leading_claim(results) == first


def test_a_reduction_stands_beside_the_number_that_the_paper_prints() -> None:
    """The whole answer, as it is read: first what became of the table."""
    assert answer_of(published("ablations")) == (
        "At small scale none of the 11 printed numbers is reproduced; 9 cannot be compared, 2 not run. Two GPUs lower "
        "the top-1 error by 1.7 points against half as many kernels on one GPU: measured cnn 1.91 points lower "
        "[0.70, 3.12]; the paper says 1.7; Fashion-MNIST, six seeds: CONFIRMED, ARMS DIFFER, direction "
        "only."
    )


def test_a_page_without_a_test_says_what_it_needs() -> None:
    """No number is presented as if it were the paper's."""
    without = published("table1").model_copy(update={"claims": []})
    assert answer_of(without) == (
        "Table 1: at small scale none of the 6 printed numbers is reproduced; 6 cannot be compared: it needs "
        "ILSVRC-2010; on Fashion-MNIST, three seeds, Sparse coding [2], Top-1 16.38% (printed 47.1), "
        "Sparse coding [2], Top-5 0.50% (printed 28.2); these are not comparable."
    )


def test_printed_numbers_of_the_papers_own_world_lead_its_page() -> None:
    """At paper scale the cells are the answer, those that do not match first."""
    said = answer_of(typed(json.loads((ROOT / "tests" / "samples" / "paper_results.json").read_text("utf-8"))))
    assert said.startswith("1 of 14 printed numbers is matched; 1 CNN, Top-5 (val): printed 18.2, ours 19.31 ")
    assert "WORSE, EXTENDED" in said


def test_the_balance_says_what_survives_and_what_came_late() -> None:
    """Confirmations are counted with those that Holm's correction leaves, and late declarations apart."""
    assert answered(published("ablations")).balance.startswith(
        "Of 15 claims tested by runs, 3 CONFIRMED (0 of 3 below 0.05 after Holm), 5 CONTRADICTED, 7 INCONCLUSIVE "
        "(1 declared or changed after a result)"
    )


def test_a_net_that_diverged_is_named_in_what_was_run() -> None:
    """The one dead seed of Figure 1."""
    assert "1 net diverged: relu_high seed 3" in what_was_run(published("figure1"))


def test_arithmetic_on_printed_numbers_is_counted_apart_from_definitions() -> None:
    """A sum of printed numbers says nothing of a net, and a count of a net's parameters is no sum of these."""
    balance = answered(published("architecture")).balance
    assert balance.startswith("Of 27 claims worked out exactly from definitions, 22 CONFIRMED")
    assert balance.endswith("of 2 claims worked out from printed numbers alone, 2 CONFIRMED.")
