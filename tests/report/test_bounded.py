"""No page shows an error below 0 or above 100, whatever a t interval computes; verdicts rest on the whole interval."""

from __future__ import annotations

import re
from typing import Any

import pytest
from page_elements import Elements
from result_documents import blank_cell, blank_results, typed

from harness.report.answers import answer_of
from harness.report.bounded import INTERVALS, NOTE, as_shown, bounded
from harness.report.compare.document import compare
from harness.report.compare.page import render as render_compared
from harness.report.page.render import render
from harness.report.results.document import Results

BEYOND = re.compile("\N{MINUS SIGN}7|107")


def report(**changes: Any) -> Results:
    """A report of one error whose intervals reach beyond what an error can be."""
    said = {
        "id": "a.top1", "row": "a", "column": "top1", "printed": "20.0", "paper": 20.0, "unit": "%", "margin": 1.0,
        "metric": "top1_error", "value": "a.test.top1_error", "mean": 50.0, "std": 40.0, "difference": 30.0, "n": 3,
        "values": {"0": 10.0, "1": 50.0, "2": 90.0}, "outcome": "INCONCLUSIVE",
        **{name: [-7.0, 107.0] for name in INTERVALS},
    }  # fmt: skip
    table = {
        "columns": [{"id": "top1", "label": "Top-1", "unit": "%", "margin": 1.0, "metric": "top1_error"}],
        "rows": [{"id": "a", "label": "A"}],
    }
    return typed(blank_results(scale="paper", cells=[blank_cell(**said | changes)], table=table))


def text_of(page: str) -> str:
    """What a reader sees."""
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL))


def test_a_page_cuts_every_interval_of_an_error_and_says_so() -> None:
    """In the table, the ledger, and the answer."""
    page = text_of(render(report(), {}))
    assert BEYOND.search(page) is None
    assert page.count("[0.00, 100.00]") >= 5
    assert NOTE in page


def test_a_page_without_such_an_interval_says_nothing_of_it() -> None:
    """Nor where the number is no error."""
    assert NOTE not in text_of(render(report(**{name: [40.0, 60.0] for name in INTERVALS}), {}))
    assert NOTE not in text_of(render(report(metric="relative_gain"), {}))


def test_an_answer_on_the_terminal_cuts_too() -> None:
    """It is the answer of the page."""
    assert "ours 50.00 [0.00, 100.00], INCONCLUSIVE" in answer_of(report())


@pytest.mark.parametrize("metric", ["top5_error", "members_top1_error", "best_validation_error", "last_train_error"])
def test_each_error_is_bounded(metric: str) -> None:
    """Of a net, of an ensemble's nets, and over epochs."""
    (cell,) = report(metric=metric).cells
    assert bounded(cell, cell.interval) == (0.0, 100.0)


@pytest.mark.parametrize("changes", [{"metric": "relative_gain"}, {"unit": "points"}, {"metric": None}])
def test_what_may_be_negative_is_left_as_it_is(changes: dict[str, Any]) -> None:
    """A gain or a difference may be below 0."""
    (cell,) = report(**changes).cells
    assert as_shown(cell) == cell


def test_a_comparison_cuts_too_and_says_so() -> None:
    """Each run's own interval."""
    page = text_of(render_compared(compare(report(), report(), ("A", "B"))))
    assert BEYOND.search(page) is None
    assert NOTE in page


def test_the_results_keep_the_interval_as_it_was_computed() -> None:
    """The page is another document."""
    results = report()
    assert Elements(render(results, {})).open == []
    assert results.cells[0].interval == [-7.0, 107.0]
