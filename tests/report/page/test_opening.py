"""The first screen names the data that were used, and warns where something was run at another scale."""

from __future__ import annotations

import json
from pathlib import Path

from result_documents import typed

from harness.report.page.opening import opening_of, shown_title
from harness.report.page.read import read_results

ROOT = Path(__file__).parent.parent.parent.parent
PUBLISHED = ROOT / "reports" / "published"


def test_no_title_names_data_that_were_not_used() -> None:
    """A suite is called after the paper's data; a report is of its own."""
    title = shown_title(read_results(PUBLISHED / "figure1" / "small"))
    assert title == "Rectifiers against saturating units, here on Fashion-MNIST"
    assert shown_title(read_results(PUBLISHED / "table1" / "small")) == "Error rates, here on Fashion-MNIST"


def test_a_title_keeps_the_data_that_were_used() -> None:
    """At paper scale the suite's own words stand."""
    document = json.loads((ROOT / "tests" / "samples" / "paper_results.json").read_text("utf-8"))
    assert shown_title(typed(document)) == document["title"]


def test_caution_stands_where_nets_are_smaller_and_nowhere_else() -> None:
    """Counts are the paper's own at every scale."""
    assert opening_of(read_results(PUBLISHED / "figure1" / "small")).caution
    assert opening_of(read_results(PUBLISHED / "prelu_timing" / "small")).caution
    assert not opening_of(read_results(PUBLISHED / "architecture" / "ci")).caution


def test_flags_are_counted() -> None:
    """Those of cells and of claims together."""
    found = opening_of(read_results(PUBLISHED / "ablations" / "small")).flags
    assert sorted(found) == [("ARMS DIFFER", 8), ("EXTENDED", 9), ("POST HOC", 1)]
