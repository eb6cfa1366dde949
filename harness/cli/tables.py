"""Results, coverage and other documents as tables on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.store.provenance import said

if TYPE_CHECKING:
    from harness.report.coverage import Coverage
    from harness.report.results.document import Results
    from harness.report.results.verdict_records import CellRecord, ClaimRecord, WithdrawnRecord
    from harness.report.settled_choices import SettledRow

_STYLES = {
    "MATCH": "green",
    "BETTER": "green",
    "CONFIRMED": "green",
    "done": "green",
    "WORSE": "red",
    "DIFFERS": "red",
    "CONTRADICTED": "red",
    "FAILED": "red",
    "blocked": "red",
    "INCONCLUSIVE": "yellow",
    "MIXED": "yellow",
    "BY CONSTRUCTION": "cyan",
    "POST HOC": "yellow",
    "stale": "yellow",
    "imported": "yellow",
    "EXTENDED": "yellow",
    "STALE": "yellow",
    "WITHDRAWN": "yellow",
}


def show_results(results: Results, folder: Path) -> None:
    """Print the cells, claims and headline of a report, and its path."""
    console = Console(highlight=False)
    console.print(Text(f"\n{results.title}: {results.scale} scale", style="bold"))
    if results.cells:
        console.print(_cells(results.cells))
    if results.claims:
        console.print(_claims(results.claims))
    _show_reasons(console, results)
    _show_looks(console, results)
    _show_recorded(console, results.cells)
    _show_withdrawn(console, results.withdrawn)
    console.print(Text(f"\n{results.headline}", style="bold"))
    console.print(Text(f"report: {folder / 'index.html'}"), soft_wrap=True)


def _cells(cells: list[CellRecord]) -> Table:
    table = Table("cell", "paper", "ours", "95% interval", "seeds", "verdict")
    for cell in cells:
        ours = _number(cell.mean)
        interval = "" if cell.interval is None else " to ".join(map(_number, cell.interval))
        seeds = str(cell.n or "") + (f" (look {cell.look.number} of {cell.look.of})" if cell.look else "")
        paper = Text(f"{cell.printed}{cell.unit}")
        table.add_row(cell.id, paper, ours, interval, seeds, tinted(cell.outcome))
    return table


def _number(value: float | None) -> str:
    """Format with two decimals, or with thousands separators from 1000 on."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"


def _claims(claims: list[ClaimRecord]) -> Table:
    table = Table("claim", "says", "verdict")
    for claim in claims:
        table.add_row(Text(claim.ref), Text(claim.says), tinted(claim.outcome))
    return table


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


def show_coverage(rows: Sequence[Coverage | SettledRow]) -> None:
    """Print the ledger, one line for each reference and place, and the number of references by status."""
    console = Console(highlight=False)
    table = Table("paper", "reference", "suite", "where", "status", "why")
    for row in rows:
        table.add_row(row.paper, row.ref, row.suite, row.where, row.status, Text(row.reason))
    console.print(table)
    counts = Counter(status for *_, status in {(row.paper, row.ref, row.status) for row in rows})
    console.print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))


def show_nested(document: dict[str, Any], indent: int = 0) -> None:
    """Print a nested document, one entry per line."""
    console = Console(highlight=False)
    for name, value in document.items():
        if isinstance(value, dict):
            console.print(Text(f"{' ' * indent}{name}", style="bold"))
            show_nested(value, indent + 2)
        else:
            shown = ", ".join(map(str, value)) or "none" if isinstance(value, list) else value
            console.print(Text(f"{' ' * indent}{name}: {shown}"), soft_wrap=True)


def tinted(word: str) -> Text:
    """Return a state or an outcome in its colour."""
    return Text(word, style=_STYLES.get(word, "dim"))
