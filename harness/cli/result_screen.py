"""The results of a suite on one screen of the terminal: the answer first, then as many verdicts as fit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from harness.cli.tables import tinted

if TYPE_CHECKING:
    from harness.report.results.document import Results
    from harness.report.results.verdict_records import CellRecord, ClaimRecord

    Verdict = CellRecord | ClaimRecord

_FIRST = (
    "CONTRADICTED", "WORSE", "DIFFERS", "FAILED", "CONFIRMED", "MATCH", "BETTER", "MIXED", "INCONCLUSIVE",
    "BY CONSTRUCTION", "NOT COMPARABLE", "NOT RUN", "CITED", "QUOTED",
)  # fmt: skip
"""The order in which verdicts are shown, so that those that are left out decide least."""

_FEWEST = 3
"""Verdicts that are shown on a screen however low it is."""


_NAME = 22
"""Letters of a name on one line; a longer one goes on below."""


def show_results(results: Results, folder: Path, *, full: bool = False) -> None:
    """Print the answer of a report, its verdicts and its path.

    Without `full`, as many verdicts as the screen holds, the weightiest first, and how many more there are. With it,
    all of them, and the reasons of each.
    """
    from harness.report.answers import answered  # noqa: PLC0415 - help does without it

    console, answer = Console(highlight=False), answered(results)
    title = Text(f"\n{results.title}: {results.scale} scale", style="bold")
    head = Group(title, Text(answer.sentence), Text(answer.ran, style="dim"))
    last = [Text(part) for part in (answer.balance,) if part]
    path = Text(f"report: {folder / 'index.html'}")
    everything: list[Verdict] = [*results.cells, *results.claims]
    verdicts = sorted(everything, key=_weight)
    used = len(console.render_lines(Group(head, *last))) + 4
    shown = verdicts if full else _fitting(console, results, verdicts, console.height - used)
    console.print(head)
    if shown:
        console.print(_table(results, shown, full=full))
    if more := verdicts[len(shown) :]:
        counts = Counter(verdict.outcome for verdict in more)
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        console.print(Text(f"and {told}: in the report, or with --full"))
    if full:
        from harness.cli.reasons import show_reasons  # noqa: PLC0415

        show_reasons(console, results)
    for part in last:
        console.print(part)
    console.print(path, soft_wrap=True)


def show_answer(results: Results, folder: Path) -> None:
    """Print the answer of a report and its path, for who asked for quiet."""
    from harness.report.answers import answer_of  # noqa: PLC0415

    console = Console(highlight=False)
    console.print(Text(answer_of(results)))
    console.print(Text(str(folder / "index.html")), soft_wrap=True)


def _weight(verdict: Verdict) -> int:
    return _FIRST.index(verdict.outcome) if verdict.outcome in _FIRST else len(_FIRST)


def _fitting(console: Console, results: Results, verdicts: list[Verdict], lines: int) -> list[Verdict]:
    """As many of the verdicts as so many lines hold."""
    count = min(len(verdicts), max(_FEWEST, lines))
    while count > _FEWEST and len(console.render_lines(_table(results, verdicts[:count]))) > lines:
        count -= 1
    return verdicts[:count]


def _table(results: Results, verdicts: list[Verdict], *, full: bool = False) -> Table:
    from harness.report.exports.beside import beside  # noqa: PLC0415 - the judge's words, and with them scipy

    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    table.add_column(no_wrap=True)
    table.add_column(max_width=_NAME, overflow="fold")
    table.add_column(ratio=1)
    for verdict in verdicts:
        parts = [verdict.ref if full else "", _ours(results, verdict), *beside(results, verdict)]
        table.add_row(
            tinted(verdict.outcome), Text(_on_lines(verdict.id)), Text("; ".join(part for part in parts if part))
        )
    return table


def _on_lines(name: str) -> str:
    """A name that is too long for a line, broken before its last dot."""
    return name if len(name) <= _NAME else "\n.".join(name.rsplit(".", 1))


def _ours(results: Results, verdict: Verdict) -> str:
    """The printed number and ours, or the effect of a claim, with the number of seeds."""
    from harness.judge.counts import seeds_said  # noqa: PLC0415
    from harness.report.results.verdict_records import CellRecord  # noqa: PLC0415 - pydantic

    seeds = f", {seeds_said(verdict.n)}" if verdict.n else ""
    look = f" (look {verdict.look.number} of {verdict.look.of})" if verdict.look else ""
    if isinstance(verdict, CellRecord):
        return f"{_numbers(verdict)}{seeds}{look}"
    from harness.report.effects import effect_of  # noqa: PLC0415

    effect = effect_of(results, verdict)
    return f"{verdict.reason if effect is None else effect.told}{seeds}{look}"


def _numbers(cell: CellRecord) -> str:
    """`printed 37.5%, ours 14.28% [13.17, 15.39]`."""
    from harness.report.bounded import bounded, cut_in_words  # noqa: PLC0415
    from harness.report.page.numbers import digits_after, plain  # noqa: PLC0415

    unit = cell.unit if cell.unit in ("", "%") else f" {cell.unit}"
    printed, digits = f"printed {cell.printed}{unit}", digits_after(cell.printed)
    if cell.mean is None:
        return printed
    low, high = (plain(end, digits) for end in bounded(cell, cell.interval))
    cut = cut_in_words(cell, cell.interval)
    interval = f" [{low}, {high}]{f' {cut}' if cut else ''}" if low else ""
    return f"{printed}, ours {plain(cell.mean, digits)}{unit}{interval}"
