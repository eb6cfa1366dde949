"""The contents of a store as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from harness.progress import duration
from harness.store.garbage import Garbage
from harness.store.inventory import Entry

KEY_SHOWN = 12
"""Letters of a key: enough to name a job, and few enough for a narrow terminal."""

_STYLES = {"done": "green", "damaged": "red", "running": "cyan"}


def show_entries(listed: Sequence[Entry]) -> None:
    """Print one line for each job, and the totals."""
    console = Console(highlight=False)
    table = Table("state", "kind", "job", "key", "age", "size", "took")
    for entry in listed:
        took = "" if entry.seconds is None else duration(entry.seconds)
        state = Text(entry.state, style=_STYLES.get(entry.state, "yellow"))
        key = Text(entry.key[:KEY_SHOWN], no_wrap=True)
        table.add_row(state, entry.kind, Text(entry.label), key, duration(entry.age_s), decimal(entry.bytes), took)
    console.print(table)
    seconds = sum(entry.seconds or 0.0 for entry in listed)
    size = decimal(sum(entry.bytes for entry in listed))
    console.print(f"{len(listed)} jobs, {size}, {duration(seconds)} of work")


def show_garbage(gone: Sequence[Garbage], removed: Sequence[Garbage] | None, stayed: Sequence[Garbage]) -> None:
    """Print the files to remove, or those removed; `removed` is None in a dry run."""
    console = Console(highlight=False)
    for one in gone if removed is None else removed:
        console.print(Text(f"{one.path}: {one.why}, {decimal(one.bytes)}"), soft_wrap=True)
    for one in stayed:
        console.print(Text(f"{one.path}: stays, because a process works in it"), soft_wrap=True)
    size = decimal(sum(one.bytes for one in (gone if removed is None else removed)))
    if removed is None:
        console.print(f"{len(gone)} to remove, {size}" + ("; --yes removes them" if gone else ""))
    else:
        console.print(f"{len(removed)} removed, {size}")
