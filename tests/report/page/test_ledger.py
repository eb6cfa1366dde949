"""Published reports are rebuilt from their own files, and the index from them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from ledger_samples import COVERED, PAPERS, report
from result_documents import blank_withdrawn, typed

from harness.errors import UsageError
from harness.report.ledger import ledger
from harness.report.page.digests import sealed
from harness.report.page.ledger import add_report, published_results, render_ledger, write_ledger
from harness.report.page.verdicts import CELL_OUTCOMES, CLAIM_OUTCOMES, FLAGS, LEVELS

ROOT = Path(__file__).parent.parent.parent.parent
SAMPLES = ROOT / "tests" / "samples"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A report folder."""
    folder = tmp_path / "source"
    folder.mkdir()
    for kind in ("results", "curves"):
        (folder / f"{kind}.json").write_bytes((SAMPLES / f"paper_{kind}.json").read_bytes())
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_is_added_with_its_page(source: Path, tmp_path: Path) -> None:
    """Below its suite and scale; the results as they were."""
    folder = add_report(source, tmp_path / "published")
    assert folder == tmp_path / "published" / "table2" / "paper"
    assert (folder / "results.json").read_bytes() == (source / "results.json").read_bytes()
    assert (folder / "index.html").read_text().startswith("<!DOCTYPE html>")


def test_publishing_again_changes_no_byte(source: Path, tmp_path: Path) -> None:
    """Neither pages nor index."""
    into = tmp_path / "published"
    for _ in range(2):
        add_report(source, into)
        write_ledger(ledger(PAPERS, COVERED, published_results(into), {}), into)
        found = files(into)
    write_ledger(ledger(PAPERS, COVERED, published_results(into), {}), into)
    assert files(into) == found


def test_without_any_report_the_page_says_so(tmp_path: Path) -> None:
    """And how to add one; whether papers are known or not."""
    for papers in ({}, PAPERS):
        write_ledger(ledger(papers, [], {}, {}), tmp_path)
        assert "No report is published" in (tmp_path / "index.html").read_text("utf-8")


def test_reports_of_a_paper_that_is_not_known_have_their_tiles() -> None:
    """With a title, an answer and the data, though there is no ledger."""
    page = render_ledger(ledger({}, [], report(), {}))
    assert '<a href="one/small/index.html">errors</a>' in page
    assert "small scale, without data" in page
    assert "listed without a ledger" in page


def test_a_withdrawn_claim_stands_on_the_index() -> None:
    """Beside what it came to."""
    past = {"outcome": "CONTRADICTED", "reason": "", "extended": False}
    results = report()["one", "small"]
    gone = typed(results.model_dump() | {"withdrawn": [blank_withdrawn(id="gone", kind="claim", came_to=[past])]})
    page = render_ledger(ledger(PAPERS, COVERED, {("one", "small"): gone}, {}))
    section = page.partition('id="withdrawn"')[2].partition("</section>")[0]
    assert "CONTRADICTED" in section
    assert "<code>gone</code>" in section


def test_the_legend_explains_every_word_that_stands_there_and_no_other() -> None:
    """Each outcome and flag of a verdict, and all levels of evidence."""
    page = render_ledger(ledger(PAPERS, COVERED, report(extended=True), {}))
    verdicts, _, legend = page.partition('id="legend"')
    words = {*CELL_OUTCOMES, *CLAIM_OUTCOMES, *FLAGS, "DRAWN", "DIVERGED"}
    standing = {word for word in words if re.search(rf">(\d+\W)?{word}</(b|em)>", verdicts)}
    assert {"CONFIRMED", "NOT COMPARABLE", "EXTENDED", "DRAWN"} <= standing < words
    assert set(re.findall(r"<dt><(?:b|em)[^>]*>([A-Z ]+)</", legend)) == standing
    assert all(f"<dt>{level}</dt>" in legend for level in LEVELS)


@pytest.mark.parametrize("name", ["../../elsewhere", "/elsewhere"])
def test_a_report_cannot_leave_the_folder(source: Path, tmp_path: Path, name: str) -> None:
    """Whatever its results call themselves."""
    document = json.loads((source / "results.json").read_text()) | {"suite": name}
    curves = json.loads((source / "curves.json").read_text())
    (source / "results.json").write_text(json.dumps(sealed(document, curves)))
    with pytest.raises(UsageError, match="is no name of a folder"):
        add_report(source, tmp_path / "published")


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(UsageError, match="name a report folder"):
        add_report(tmp_path, tmp_path / "published")


def test_names_become_no_markup() -> None:
    """Whatever stands in results."""
    hostile = report(outcome="INCONCLUSIVE", reason="<script>alert(1)</script>", says="<img src=x>", id="<b>")
    page = render_ledger(ledger(PAPERS, [replace(COVERED[0], where="claims.<b>")], hostile, {}))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page
