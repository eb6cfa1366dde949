"""The words that stand for a paper on the index."""

from __future__ import annotations

from ledger_samples import COVERED, PAPERS, changed, report
from result_documents import blank_cell, typed

from harness.report.coverage import Coverage
from harness.report.ledger import ledger
from harness.report.ledger_records import PaperLedger
from harness.report.results.document import Results

CELL = Coverage("alexnet:T1.cnn.top1", "one", "cells.cnn.top1", "paper", "", "alexnet", ("ILSVRC-2010", "CIFAR-10"))


def told(reports: dict[tuple[str, str], Results]) -> PaperLedger:
    """The words of the paper's ledger."""
    return ledger(PAPERS, [*COVERED[:3], CELL], reports, {}).papers[0]


def test_without_a_report_nothing_is_reproduced() -> None:
    """And nothing else is said."""
    paper = told({})
    assert (paper.says, paper.claims_say) == ("No report is published.", "")


def test_what_was_not_trained_names_the_data_that_it_takes() -> None:
    """Which no published run had."""
    paper = told(report())
    assert paper.says == "Its one printed number of a trained system is not reproduced."
    assert (
        paper.missing
        == "For more it takes runs at paper scale, on ILSVRC-2010 and CIFAR-10; no published run had them."
    )


def test_a_number_that_matches_at_paper_scale_is_reproduced() -> None:
    """Then nothing is missing."""
    results = report("paper")["one", "paper"]
    cell = blank_cell(id="cnn.top1", outcome="MATCH", printed="37.5", mean=37.4)
    paper = told({("one", "paper"): typed(results.model_dump() | {"cells": [cell]})})
    assert (paper.says, paper.missing) == ("Its one printed number of a trained system is reproduced.", "")


def test_claims_are_counted_once_and_tests_apart_with_those_that_survive_holm() -> None:
    """Each count says what it counts; a claim that nothing tested is among the rest."""
    assert told(report()).claims_say == (
        "Confirmed of its 2 claims, each by all its tests together: 1 at small scale (a direction, on no data); "
        "0 claims contradicted, 0 mixed or inconclusive, 1 by construction, quoted or not tested. Its 1 test on "
        "trained nets, one by one: 1 confirms (1 of 1 with a p value survive Holm), 0 contradict, 0 mixed or "
        "inconclusive."
    )


def test_another_paper_has_its_own_words() -> None:
    """Reports of one paper say nothing of another."""
    assert told(changed(report(), paper="prelu")).says == "No report is published."
