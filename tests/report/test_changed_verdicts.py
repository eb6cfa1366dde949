"""The list of verdicts that changed: what each was first published as, what it is today, and what to know of it."""

from __future__ import annotations

from typing import Any

from result_documents import blank_cell, blank_claim, blank_results, typed

from harness.report.changed_verdicts import as_markdown, changes_of


def claim(name: str, before: str, outcome: str, **more: Any) -> dict[str, Any]:
    """A claim as a published report has it."""
    first = {"outcome": before, "evidence": "", "reason": "", "extended": None, "form": {}}
    return blank_claim(id=name, before=first, outcome=outcome, reason=f"why {name}", **more)


CLAIMS = [
    claim("same", "CONFIRMED", "CONFIRMED"),
    claim("taken_back", "CONFIRMED", "MIXED", extended=True),
    claim("looked_for", "CONFIRMED", "MIXED", post_hoc="After a first result"),
]
DOCUMENT = blank_results(suite="s", scale="small", cells=[blank_cell(id="cell", outcome="MATCH")], claims=CLAIMS)
REPORTS = {("s", "small"): typed(DOCUMENT)}


def test_those_that_changed_are_listed_and_all_that_were_judged_again_are_counted() -> None:
    """A cell that no report had before is neither."""
    found = changes_of(REPORTS)
    assert found.judged == 3
    assert [one.name for one in found.changed] == ["taken_back", "looked_for"]
    text = as_markdown(found)
    assert "Of 3 published verdicts, 2 are others" in text
    assert "| CONFIRMED | MIXED | 2 |" in text


def test_a_changed_declaration_and_a_claim_after_its_result_are_marked() -> None:
    """Wherever the verdict stands."""
    text = as_markdown(changes_of(REPORTS))
    assert "MIXED, EXTENDED | why taken" in text
    assert "MIXED, POST HOC | why looked" in text
