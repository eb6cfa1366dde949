"""A report that holds a table says first whether the table is reproduced."""

from __future__ import annotations

from typing import Any

import pytest
from result_documents import blank_cell, blank_claim, blank_results, typed

from harness.report.answers import answer_of, answered
from harness.report.reproduced import reproduced, table_in_words
from harness.report.results.document import Results


def suite(*cells: dict[str, Any], **changes: Any) -> Results:
    """A report of these cells."""
    return typed(blank_results(scale="small", source="Table 3, section 2", cells=list(cells), **changes))


def number(row: str, outcome: str = "NOT COMPARABLE", **changes: Any) -> dict[str, Any]:
    """A printed number of the table."""
    return blank_cell(id=f"{row}.top1", row=row, column="top1", label=row, printed="37.5", outcome=outcome, **changes)


def test_the_table_comes_before_the_claim_that_leads() -> None:
    """Whatever the claim came to."""
    claim = blank_claim(says="A beats B", outcome="CONFIRMED", evidence="small scale", reason="as it is")
    said = answer_of(suite(number("a"), number("b", "NOT RUN"), claims=[claim]))
    begin = "Table 3: at small scale none of the 2 printed numbers is reproduced; 1 cannot be compared, 1 not run. "
    assert said.startswith(f"{begin}A beats B: ")


def test_a_set_of_numbers_in_the_text_is_called_no_table() -> None:
    """The suite's source says what it is."""
    said = table_in_words(suite(number("a"), number("b")).model_copy(update={"source": "section 3.2"}))
    assert said == "At small scale none of the 2 printed numbers is reproduced; 2 cannot be compared"


def test_only_the_numbers_in_the_table_count() -> None:
    """None that stands elsewhere."""
    other = blank_cell(id="text", row="text", label="text", printed="5", outcome="NOT COMPARABLE")
    said = table_in_words(suite(number("a"), other))
    assert said == "Table 3: at small scale its one printed number is not reproduced; 1 cannot be compared"


def test_numbers_that_the_table_quotes_are_counted_as_such() -> None:
    """They are printed, and not reproduced."""
    said = table_in_words(suite(number("a"), number("quoted", "CITED")))
    assert said.endswith("none of the 2 printed numbers is reproduced; 1 cannot be compared, 1 quoted from others")


def test_counts_of_the_table_are_no_trainings() -> None:
    """Numbers that need no training say nothing of those that do."""
    exact = number("size", "MATCH", how="exact", mean=37.5)
    said = answer_of(suite(number("a"), number("b"), exact))
    assert said.startswith("Table 3: at small scale none of the 2 printed numbers of trained systems is reproduced; ")
    assert "1 of 3 printed numbers is matched" in said


def test_the_balance_repeats_no_number_of_the_table() -> None:
    """Those outside it stay."""
    text = blank_cell(id="text", row="text", label="text", printed="5", outcome="NOT COMPARABLE")
    claim = blank_claim(says="A beats B", outcome="CONFIRMED", evidence="small scale", reason="as it is")
    balance = answered(suite(number("a"), text, claims=[claim])).balance
    assert balance.endswith(
        "1 printed number outside the table without a verdict, for ours are of other data or other nets."
    )


def test_numbers_that_were_set_against_the_papers_speak_for_themselves() -> None:
    """The answer counts those that match, and no other sentence does."""
    said = answer_of(suite(number("a", "MATCH", mean=37.4, n=3), number("b")))
    assert said.startswith("1 of 2 printed numbers is matched; ")


@pytest.mark.parametrize(
    ("matched", "total", "said"),
    [
        (0, 1, "Its one printed number is not reproduced"),
        (0, 5, "None of the 5 printed numbers is reproduced"),
        (1, 5, "1 of the 5 printed numbers is reproduced"),
        (5, 5, "5 of the 5 printed numbers are reproduced"),
    ],
)
def test_numbers_are_counted_in_one_sentence(matched: int, total: int, said: str) -> None:
    """In good English."""
    assert reproduced(matched, total, of_nets=False) == said
