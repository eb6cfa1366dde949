"""Explains the words that stand on a page, and no others."""

from __future__ import annotations

from harness.report.answers import flags_of
from harness.report.page.verdicts import CELL_OUTCOMES, CLAIM_OUTCOMES, FIGURE_OUTCOMES, FLAGS, LEVELS, level
from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord, ClaimRecord


def legend(results: Results) -> list[tuple[str, dict[str, str]]]:
    """By the kind of word, every one that the results hold with its meaning; kinds without any are left out."""
    verdicts: list[CellRecord | ClaimRecord] = [*results.cells, *results.claims]
    withdrawn = {
        said.outcome for one in results.withdrawn for said in (*one.came_to, *([one.today] if one.today else []))
    }
    kinds = {one.kind: withdrawn for one in results.withdrawn}
    found = {
        "Cells": _known(CELL_OUTCOMES, {cell.outcome for cell in results.cells} | kinds.get("cell", set())),
        "Claims": _known(CLAIM_OUTCOMES, {claim.outcome for claim in results.claims} | kinds.get("claim", set())),
        "Figures": _known(FIGURE_OUTCOMES, {"NOT RUN" if one.not_run else "DRAWN" for one in results.figures}),
        "Levels of evidence": _known(LEVELS, {_level(level(claim)) for claim in results.claims}),
        "Flags": _known(FLAGS, {flag for verdict in verdicts for flag in flags_of(verdict)}),
    }
    return [(title, words) for title, words in found.items() if words]


def _known(meanings: dict[str, str], said: set[str]) -> dict[str, str]:
    return {word: meaning for word, meaning in meanings.items() if word in said}


def _level(said: str) -> str:
    """The entry of the legend that explains a level of evidence."""
    if said.startswith("by timing"):
        return "by timing"
    return "at another scale" if said.startswith("at ") and said != "at paper scale" else said
