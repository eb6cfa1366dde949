"""A table of what published reports found, paper by paper, in Markdown: the words and counts of their index."""

from __future__ import annotations

from collections.abc import Iterator

from harness.report import markdown
from harness.report.ledger_counts import KINDS
from harness.report.ledger_records import Apart, Ledger, PaperLedger


def found_table(ledger: Ledger) -> str:
    """A column a paper: what is reproduced, how each kind of verdict came out, and what it takes for more."""
    names = [_name(paper) for paper in ledger.papers]
    return markdown.table(["", *names], _rows(ledger.papers))


def _rows(papers: list[PaperLedger]) -> Iterator[list[str]]:
    yield ["Reproduced", *(paper.says for paper in papers)]
    yield ["Claims", *(paper.claims_say for paper in papers)]
    for kind in KINDS:
        counts = [_counts(next((one for one in paper.apart if one.kind == kind), None)) for paper in papers]
        if any(counts):
            yield [kind, *counts]
    yield ["For more", *(paper.missing for paper in papers)]


def _counts(apart: Apart | None) -> str:
    if apart is None:
        return ""
    said = ", ".join(f"{one.count} {one.outcome} {one.level}".rstrip() for one in apart.counts)
    return f"{said}; {apart.survive} of {apart.tested} confirmations below 0.05 by Holm" if apart.tested else said


def _name(paper: PaperLedger) -> str:
    return paper.paper if paper.citation is None else f"{paper.citation.title} ({paper.citation.year})"
