"""The ledger: every reference of the papers has a home, or is said to have none."""

from __future__ import annotations

from harness.report.coverage import coverage, known_coverage
from harness.suite.load import load_suite
from harness.suite.references import known_references
from harness.suite.shipped import suite_path


def test_both_lists_are_whole():
    """65 and 82 claims, seven tables each with the sets of the text, four and seven figures."""
    papers = known_references()
    counts = {name: (len(p.claims), len(p.tables), len(p.figures)) for name, p in papers.items()}
    assert (counts["alexnet"], counts["prelu"]) == ((65, 5, 4), (82, 7, 7))


def test_what_no_suite_covers_is_missing():
    """Without suites, every claim, table and figure is missing, and stands in the ledger all the same."""
    papers = known_references()
    found = coverage([], papers)
    assert {row.status for row in found} == {"missing"}
    assert len(found) == sum(len(p.claims) + len(p.tables) + len(p.figures) for p in papers.values())


def test_table_1_stands_where_it_is():
    """Cells of what runs need the paper's data; those of what does not, as in Table 2, are quoted."""
    known = known_coverage()
    found = [row for row in known if row.suite == "table1"]
    rows = {row.ref: row for row in known}
    assert {rows[f"alexnet:T1.{row}"].status for row in ("cnn.top1", "sift_fv.top5", "sparse_coding.top5")} == {"paper"}
    assert rows["alexnet:T2.sift_fv.top5_test"].status == "quoted"
    places = {row.where for row in found if row.ref == "A01"}
    assert places == {"claims.own_errors", "claims.own_errors_released"}


def test_a_claim_of_the_same_number_in_another_paper_is_not_covered() -> None:
    """Each paper has its own list."""
    papers = {"other": known_references(["prelu"])["prelu"]}
    suite = load_suite(suite_path("prelu_architecture"))
    found = coverage([suite], papers)
    assert {row.status for row in found if row.paper == "other"} == {"missing"}
