"""The ledger: every reference of the papers has a home, or is said to have none."""

from __future__ import annotations

from harness.report.coverage import coverage, shipped_coverage
from harness.suite.references import shipped_references


def test_both_lists_are_whole():
    """58 and 78 claims, seven tables each with the sets of the text, four and seven figures."""
    papers = shipped_references()
    counts = {name: (len(p.claims), len(p.tables), len(p.figures)) for name, p in papers.items()}
    assert counts == {"alexnet": (58, 5, 4), "prelu": (78, 7, 7)}


def test_what_no_suite_covers_is_missing():
    """Without suites, every claim, table and figure is missing, and stands in the ledger all the same."""
    found = coverage([], shipped_references())
    assert {row.status for row in found} == {"missing"}
    assert len(found) == 58 + 78 + 5 + 7 + 4 + 7


def test_table_1_stands_where_it_is():
    """Its own cells need the paper's data; those of others are quoted."""
    rows = {row.ref: row for row in shipped_coverage() if row.suite == "table1"}
    assert rows["alexnet:T1.cnn.top1"].status == "paper"
    assert rows["alexnet:T1.sift_fv.top5"].status == "quoted"
    assert rows["A01"].where == "claims.own_errors"
