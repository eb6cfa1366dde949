"""Published reports are rebuilt from their own files, and the index from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ledger_samples import COVERED, PAPERS, report

from harness.errors import UsageError
from harness.report.ledger import ledger
from harness.report.page.digests import sealed
from harness.report.page.ledger import add_report, published_results, render_ledger, write_ledger

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
    assert (folder / "index.html").read_text().startswith("<!doctype html>")


def test_publishing_again_changes_no_byte(source: Path, tmp_path: Path) -> None:
    """Neither pages nor index."""
    into = tmp_path / "published"
    for _ in range(2):
        add_report(source, into)
        write_ledger(ledger(PAPERS, COVERED, published_results(into), {}), into)
        found = files(into)
    write_ledger(ledger(PAPERS, COVERED, published_results(into), {}), into)
    assert files(into) == found


def test_a_reading_of_several_places_of_a_claim_stands_once() -> None:
    """And below it "as above"."""
    reports = report(readings=["too narrow"])
    whole = reports["one", "small"]
    more = whole.claims[0].model_copy(update={"id": "more"})
    reports["one", "small"] = whole.model_copy(update={"claims": [*whole.claims, more]})
    page = render_ledger(ledger(PAPERS, [*COVERED, replace(COVERED[0], where="claims.more")], reports, {}))
    assert (page.count(": too narrow<"), page.count(": as above<")) == (1, 1)


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
    hostile = report(reason="<script>alert(1)</script>", says="<img src=x>", readings=["<script>alert(1)</script>"])
    page = render_ledger(ledger(PAPERS, COVERED, hostile, {}))
    assert "<script>alert(1)" not in page
    assert "Our reading, written after the result: &lt;script&gt;" in page
    assert "default-src 'none'" in page
