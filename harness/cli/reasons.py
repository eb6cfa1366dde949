"""The reasons behind verdicts on the terminal, with flags, looks, recorded scores and what is judged no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from harness.cli.tables import tinted
from harness.store.provenance import said

if TYPE_CHECKING:
    from rich.console import Console

    from harness.report.results.document import Results
    from harness.report.results.verdict_records import CellRecord, ClaimRecord, WithdrawnRecord


def show_reasons(console: Console, results: Results) -> None:
    """Print everything that stands behind the verdicts of a report, each reason once."""
    _show_reasons(console, results)
    _show_looks(console, results)
    _show_recorded(console, results.cells)
    _show_withdrawn(console, results.withdrawn)


def _show_reasons(console: Console, results: Results) -> None:
    """Print each reason once, with the cells and claims that it concerns."""
    judged: list[CellRecord | ClaimRecord] = [*results.cells, *results.claims]
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in judged:
        if one.outcome != "CITED":
            reasons.setdefault((one.outcome, one.reason), []).append(one.id)
    for (outcome, reason), ids in reasons.items():
        console.print(Text.assemble(tinted(outcome), f" {', '.join(ids)}: {reason}"))
    flags = [("EXTENDED", one.id, one.extended_reason) for one in judged]
    flags += [("STALE", one.id, one.stale) for one in judged]
    flags += [("POST HOC", one.id, one.post_hoc) for one in results.claims]
    for flag, name, why in flags:
        if why:
            console.print(Text.assemble(tinted(flag), f" {name}: {why}"))


def _show_looks(console: Console, results: Results) -> None:
    """Print the look of each verdict, and earlier verdicts on other seeds."""
    looks: dict[str, list[str]] = {}
    for one in (*results.cells, *results.claims):
        if one.look:
            looks.setdefault(one.look.says, []).append(one.id)
    for says, ids in looks.items():
        console.print(Text(f"{says}: {', '.join(ids)}"))
    for claim in results.claims:
        for before in claim.earlier:
            said = Text(f" {claim.id}: on other seeds ({before.seeds})")
            console.print(Text.assemble("earlier ", tinted(before.outcome), said))


def _show_recorded(console: Console, cells: list[CellRecord]) -> None:
    """Print the provenance of numbers entered by hand."""
    for cell in cells:
        for seed, record in (cell.recorded or {}).items():
            what = f"{record['value']}% of seed {seed} was recorded by hand: {said(record)}"
            before = [f"{one['value']}% ({said(one)})" for one in record.get("replaced", ())]
            what += f"; in the place of {', '.join(before)}" if before else ""
            console.print(Text(f"RECORDED {cell.id}: {what}"))


def _show_withdrawn(console: Console, withdrawn: Sequence[WithdrawnRecord]) -> None:
    """Print the cells and claims that were declared, had a result and are judged no more, each with its verdicts."""
    for one in withdrawn:
        verdicts = [f"{verdict.outcome}: {verdict.reason}" for verdict in one.came_to]
        if one.today is not None:
            verdicts.append(f"by its form it is today {one.today.outcome}: {one.today.reason}")
        came_to = "; ".join(verdicts) or "no run came to a report of it"
        console.print(Text.assemble(tinted("WITHDRAWN"), f" {one.kind} {one.id}: {one.why}; {came_to}"))
