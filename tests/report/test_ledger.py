"""The published ledger says of each reference what its reports say, at the level they say it, and nothing better."""

from __future__ import annotations

from typing import Any

from ledger_samples import COVERED, PAPERS, changed, report
from result_documents import blank_cell, blank_claim, blank_withdrawn, typed

from harness.report.coverage import Coverage
from harness.report.ledger import ledger
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
    told = "not published; it would tell its direction, on Fashion-MNIST"
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


def test_papers_may_number_their_claims_alike() -> None:
    """What one paper's suites cover is nothing of another's."""
    papers = {"other": PAPERS["alexnet"].model_copy(update={"paper": "other"}), **PAPERS}
    found = ledger(papers, COVERED, report(), {}).papers
    assert [paper.claims[0].places != [] for paper in found] == [False, True]


def with_verdicts(**verdicts: list[dict[str, Any]]) -> Any:
    """A published report of suite `one` with these verdicts."""
    results = report()["one", "small"]
    return {("one", "small"): typed(results.model_dump() | verdicts)}


def test_a_published_suite_is_never_said_to_have_no_report() -> None:
    """Neither for the table that a figure of the paper prints, nor for a claim that the report does not have yet."""
    more = [
        Coverage("alexnet:F1", "one", "table", "analytic", "3 cells", "alexnet"),
        Coverage("A01", "one", "claims.later", "analytic", "exact", "alexnet"),
    ]
    paper = ledger(PAPERS, [*COVERED, *more], report(), {}).papers[0]
    reasons = {
        place.reason for entry in (*paper.claims, *paper.figures) for place in entry.places if place.suite == "one"
    }
    assert not any("not published" in reason for reason in reasons)
    assert any("of an earlier text" in reason for reason in reasons)


def test_a_number_stands_under_the_claim_or_figure_that_prints_it() -> None:
    """As one of a table stands under its table."""
    rows = [Coverage(f"alexnet:{ref}.days", "one", "cells.days", "paper", "", "alexnet") for ref in ("A01", "F1")]
    paper = ledger(PAPERS, rows, {}, {}).papers[0]
    assert [[place.where for place in entry.places] for entry in (paper.claims[0], paper.figures[0])] == [
        ["cells.days"]
    ] * 2


def test_every_published_verdict_stands_in_the_ledger() -> None:
    """One that today's suites do not have, and one of a reference that the paper's list does not have."""
    verdicts = [blank_claim(id="gone", ref="A01"), blank_claim(id="new", ref="R01", says="as released")]
    paper = ledger(PAPERS, COVERED, with_verdicts(claims=verdicts, cells=[]), {}).papers[0]
    assert "claims.gone" in [place.where for place in paper.claims[0].places]
    assert [(one.ref, one.says, one.places[0].where) for one in paper.others] == [("R01", "as released", "claims.new")]


def test_flags_stand_with_the_place_and_with_its_report() -> None:
    """As on the report's own page."""
    verdicts = [blank_claim(id="less", ref="A01", extended=True, post_hoc="a result", stale="other code")]
    document = ledger(PAPERS, COVERED, with_verdicts(claims=verdicts, cells=[]), {})
    assert document.papers[0].claims[0].places[0].flags == ["EXTENDED", "POST HOC", "STALE"]
    assert [(one.flag, one.count) for one in document.reports[0].flags] == [
        ("EXTENDED", 1),
        ("POST HOC", 1),
        ("STALE", 1),
    ]


def test_seeds_that_diverged_are_named_with_the_number_that_they_are_part_of() -> None:
    """By experiment and seed."""
    cells = [blank_cell(id="cnn.top1", ref="alexnet:T1.cnn.top1", value="cnn.test.top1_error", diverged=[3])]
    assert places("tables", 0, with_verdicts(cells=cells))[0]["diverged"] == ["cnn, seed 3"]


def test_what_is_judged_no_more_is_listed() -> None:
    """With what it came to, so that leaving out a number shows."""
    past = {"outcome": "CONTRADICTED", "reason": "", "extended": False}
    gone = blank_withdrawn(id="gone", kind="claim", came_to=[past])
    (one,) = ledger(PAPERS, COVERED, with_verdicts(withdrawn=[gone]), {}).withdrawn
    assert (one.page, one.name, one.came_to, one.today) == ("one/small/index.html", "gone", ["CONTRADICTED"], None)
