"""The published ledger says of each reference what its reports say, at the level they say it, and nothing better."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ledger_samples import COVERED, PAPERS, changed, report

from harness.report.ledger import ledger
from harness.report.ledger_counts import summary
from harness.report.ledger_reports import link


def places(kind: str, number: int, reports: Any) -> list[dict[str, Any]]:
    """What stands for one reference."""
    document = ledger(PAPERS, COVERED, reports, {}).model_dump()
    found: list[dict[str, Any]] = document["papers"][0][kind][number]["places"]
    return found


def test_what_no_report_speaks_of_says_what_it_needs() -> None:
    """Data that are not at hand, or a reason why nothing can."""
    assert [place["reason"] for place in places("claims", 1, {})] == ["needs two GPUs", "needs the paper's own data"]


def test_a_claim_has_the_verdict_and_level_of_its_report() -> None:
    """With where to read it."""
    (place,) = places("claims", 0, report())
    assert (place["outcome"], place["evidence"], place["n"]) == ("CONFIRMED", "small scale", 6)
    assert place["page"] == link("one", "small") == "one/small/index.html"


def test_a_reading_goes_with_its_verdict_into_the_ledger() -> None:
    """Where there is one."""
    assert places("claims", 0, report(readings=["too narrow"]))[0]["readings"] == ["too narrow"]
    assert places("claims", 0, report(readings=[]))[0]["readings"] is None


def test_the_largest_scale_that_weighed_evidence_speaks() -> None:
    """Paper before small; but one that did not run says nothing."""
    small, paper = report(), report("paper", outcome="CONTRADICTED")
    assert places("claims", 0, small | paper)[0]["outcome"] == "CONTRADICTED"
    assert places("claims", 0, small | report("paper", outcome="NOT RUN"))[0]["scale"] == "small"


def test_what_has_no_report_is_not_run() -> None:
    """And what nothing can test says why instead."""
    told = "no report of this suite is published; it would tell its direction, on Fashion-MNIST"
    assert places("claims", 0, {})[0]["reason"] == told
    assert places("claims", 1, {})[0]["reason"] == "needs two GPUs"


def test_cells_stand_under_their_table_and_figures_link_to_theirs() -> None:
    """The printed number beside ours; the table as a whole is its cells."""
    (cell,) = places("tables", 0, report())
    assert (cell["printed"], cell["mean"], cell["outcome"]) == ("37.5", 9.0, "NOT COMPARABLE")
    assert places("figures", 0, report())[0]["outcome"] == "DRAWN"


def test_another_papers_report_of_the_same_name_does_not_count() -> None:
    """Suites are of one paper each."""
    reports = changed(report(), paper="prelu")
    assert places("claims", 0, reports)[0]["outcome"] == "NOT RUN"


def test_holm_is_over_the_whole_paper() -> None:
    """Two claims of p = 0.01 in two suites become 0.02 each."""
    (place,) = places("claims", 0, report() | report(suite="two"))
    assert (place["p"], place["p_holm_paper"]) == (0.01, 0.02)


def test_compute_and_commits_are_those_of_the_results() -> None:
    """Each commit once."""
    (entry,) = ledger(PAPERS, COVERED, report(), {}).reports
    assert (entry.seconds, entry.commits) == (3.0, ["c0ffee"])


def test_a_report_says_how_far_its_suite_has_changed() -> None:
    """A line taken away and two added; none of the same text, and nothing of a suite that is gone."""
    reports = changed(report(), suite_yaml="suite: one\nseeds: 3\n")
    today: list[dict[str, str]] = [{"one": "suite: one\nseeds: 6\nclaims:\n"}, {"one": "suite: one\nseeds: 3\n"}, {}]
    entries = [ledger(PAPERS, COVERED, reports, texts).reports[0] for texts in today]
    assert [entry.changed_lines for entry in entries] == [3, 0, None]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["CONFIRMED", "CONFIRMED"], "CONFIRMED"),
        (["CONFIRMED", "NOT RUN"], "CONFIRMED"),
        (["CONFIRMED", "CONTRADICTED"], "MIXED"),
        (["CONFIRMED", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["CONTRADICTED", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["NOT RUN", "NOT RUN", "QUOTED"], "NOT RUN"),
        ([], "NOT RUN"),
    ],
)
def test_no_better_half_is_picked(outcomes: list[str], expected: str) -> None:
    """A reference in several places is summed up by all that were tested."""
    found = [SimpleNamespace(outcome=outcome, evidence="small scale") for outcome in outcomes]
    assert summary(found)[0] == expected


def test_levels_of_evidence_stand_with_a_summary() -> None:
    """All of them."""
    found = [SimpleNamespace(outcome="CONFIRMED", evidence=evidence) for evidence in ("small scale", "exact")]
    assert summary(found) == ("CONFIRMED", "at small scale and exactly")


def test_papers_may_number_their_claims_alike() -> None:
    """What one paper's suites cover is nothing of another's."""
    papers = {"other": PAPERS["alexnet"].model_copy(update={"paper": "other"}), **PAPERS}
    found = ledger(papers, COVERED, report(), {}).papers
    assert [paper.claims[0].places != [] for paper in found] == [False, True]
