"""Says how many printed numbers are reproduced: of a paper for the index, of a table for the page of a report."""

from __future__ import annotations

import re
from collections import Counter

from harness.report.results.document import Results
from harness.report.results.verdict_records import CellRecord

_OTHERWISE = {
    "NOT COMPARABLE": "cannot be compared",
    "NOT RUN": "not run",
    "FAILED": "failed",
    "CITED": "quoted from others",
}
"""What became of numbers that ours were not set against."""


def reproduced(matched: int, total: int, *, of_nets: bool) -> str:
    """How many of some printed numbers are reproduced, or of those of trained systems alone; it begins a sentence."""
    whose = "" if not of_nets else " of a trained system" if total == 1 else " of trained systems"
    if total == 1:
        return f"Its one printed number{whose} is {'' if matched else 'not '}reproduced"
    return f"{matched or 'None'} of the {total} printed numbers{whose} {'is' if matched < 2 else 'are'} reproduced"


def table_in_words(results: Results) -> str:
    """Whether the table of a report is reproduced, and what became of its numbers; empty without a table of nets.

    Where a table has numbers without training too, only those of trained systems are counted, and none that it quotes.
    """
    numbers = _trained(results)
    if not numbers:
        return ""
    exact = any(cell.column and cell.how == "exact" for cell in results.cells)
    quoted = [] if exact else [cell for cell in results.cells if cell.column and cell.outcome == "CITED"]
    outcomes = Counter[str](cell.outcome for cell in [*numbers, *quoted])
    said = reproduced(outcomes["MATCH"], outcomes.total(), of_nets=exact)
    others = ", ".join(f"{outcomes[name]} {words}" for name, words in _OTHERWISE.items() if outcomes[name])
    table = re.match(r"Table \d+\b", results.source)
    at = f"t {results.scale} scale {said[:1].lower()}{said[1:]}"
    return f"{f'{table[0]}: a' if table else 'A'}{at}{f'; {others}' if others else ''}"


def outside_table(results: Results) -> list[CellRecord]:
    """The cells that the words on the table leave out."""
    numbers = _trained(results)
    return [cell for cell in results.cells if cell not in numbers]


def _trained(results: Results) -> list[CellRecord]:
    """The numbers of the printed table that trained systems are to reproduce."""
    return [cell for cell in results.cells if cell.column and cell.how == "trained" and cell.outcome != "CITED"]
