"""Coverage and other documents as tables on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from harness.report.coverage import Coverage
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
