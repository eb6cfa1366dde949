"""Words that stand behind an outcome on the terminal and in every export."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.exports.beside import in_words
from harness.report.page.read import read_results

TABLE1 = Path(__file__).parents[3] / "reports" / "published" / "table1" / "small"


@pytest.mark.parametrize("claim", ["beats_sparse_coding", "beats_sift_fv"])
def test_arms_that_differ_in_more_than_one_thing_are_told(claim: str) -> None:
    """As on the page and in the index; without the difference, nothing is said of it."""
    results = read_results(TABLE1)
    verdict = next(one for one in results.claims if one.id == claim)
    assert "ARMS DIFFER" in in_words(results, verdict)
    assert "ARMS DIFFER" not in in_words(results, verdict.model_copy(update={"differs_in": []}))
