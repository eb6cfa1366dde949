"""Writes a comparison as text: tables on the terminal, and the same tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report import markdown
from harness.report.compare.comparison import (
    ClaimSide,
    ComparedCell,
    ComparedClaim,
    ComparedNumber,
    ComparedRun,
    Comparison,
    NumberSide,
    Row,
)
from harness.report.compare.numbers import changed, left_out, moved
from harness.report.page.numbers import ABSENT, digits_after, interval, number, probability, signed

TITLES = {
    "declared": "Declared otherwise",
    "specs": "Specs that differ",
    "deviations": "Deviations that differ",
    "data": "Data that differ",
    "environment": "Environment that differs",
    "cost": "Cost",
}
"""The titles of the tables of what differs beside the results, in their order."""
_STYLES = {
    "identical": "green",
    "rounding": "green",
    "same": "green",
    "better": "green",
    "worse": "red",
    "other verdict": "red",
    "only in A": "yellow",
    "only in B": "yellow",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One table of text. A line end within a text is one on the terminal and a space elsewhere.

    `numbers` are the columns set right. On the terminal only the columns in `narrow` are drawn, all where it is empty;
    `styles` are those of each row's last drawn column, and `below` is said under the table.
    """

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: tuple[int, ...] = ()
    narrow: tuple[int, ...] = ()
    styles: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


def as_terminal(document: Comparison) -> str:
    """The whole comparison as a terminal shows it, in colour where standard output has any."""
    console = Console(highlight=False)
    with console.capture() as captured:
        _say(document, console.print)
    return captured.get()


def _say(document: Comparison, say: Callable[..., None]) -> None:
    say(Text(f"\n{document.title}", style="bold"))
    for side, run in zip("AB", document.runs, strict=True):
        say(Text(f"{side}: {run_line(run)}"), soft_wrap=True)
    for note in document.notes:
        say(Text(note, style="yellow"), soft_wrap=True)
    for shown in tables(document):
        say(Text(f"\n{shown.title}", style="bold"))
        say(_drawn(shown))
        for line in shown.below:
            say(Text(line), soft_wrap=True)
    if same := left_out(document.numbers):
        say(Text(f"\n{same}"), soft_wrap=True)
    say(Text(f"\n{document.headline}", style="bold"), soft_wrap=True)


def run_line(run: ComparedRun) -> str:
    """One run: where it lies, its scale, when it was finished."""
    finished = f", finished {run.finished_at}" if run.finished_at else ""
    return f"{run.name}, {run.scale} scale{finished}"


def as_markdown(document: Comparison) -> str:
    """The whole comparison in Markdown, a newline at its end."""
    lines = [f"# {markdown.plain_text(document.title)}", ""]
    lines += [f"- {side}: {markdown.plain_text(run_line(run))}" for side, run in zip("AB", document.runs, strict=True)]
    lines += [
        "",
        markdown.plain_text(document.headline),
        *(f"\n{markdown.plain_text(n)}" for n in document.notes),
    ]
    for shown in tables(document):
        lines += ["", f"## {shown.title}", "", markdown.table(shown.header, shown.rows, shown.numbers).rstrip("\n")]
    if same := left_out(document.numbers):
        lines += ["", markdown.plain_text(same)]
    return "\n".join(lines) + "\n"


def tables(document: Comparison) -> list[Shown]:
    """Every table that has a row."""
    shown = [
        _numbers("Cells", document.cells),
        _claims(document.claims),
        _numbers("Numbers that no cell shows", moved(document.numbers)),
        *(_differing(TITLES[name], rows) for name, rows in document.differing.tables()),
    ]
    return [table for table in shown if table.rows]


def _numbers(title: str, compared: Sequence[ComparedNumber]) -> Shown:
    return Shown(
        title,
        ("cell", "paper", "A", "B", "B - A", "p", "verdict", "B against A", "by"),
        [_number(one) for one in compared],
        numbers=(1, 2, 3, 4, 5),
        narrow=(0, 1, 2, 3, 4, 5, 6, 7),
        styles=tuple(_STYLES.get(one.better or one.change, "") for one in compared),
        below=_grouped((changed(one), one.id, one.said) for one in compared),
    )


def _number(one: ComparedNumber) -> tuple[str, ...]:
    cell = one if isinstance(one, ComparedCell) else None
    digits = digits_after(cell.printed if cell else None)
    bounds = one.interval_of_difference
    return (
        one.id,
        f"{cell.printed}{cell.unit}" if cell else "",
        *(_mean(side, digits) for side in (one.a, one.b)),
        "" if one.difference is None else signed(one.difference, digits) + _under(bounds, digits),
        p_shown(one),
        _verdicts(*(_verdict(side) for side in (one.a, one.b))),
        changed(one),
        one.said,
    )


def _under(bounds: Sequence[float | None] | None, digits: int | None = None) -> str:
    """An interval on a line of its own, where both its ends are known."""
    if bounds is None or None in bounds:
        return ""
    return f"\n{interval([end for end in bounds if end is not None], digits)}"


def _grouped(said: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Each reason once, with all that it speaks of: `identical: cnn.top1, cnn.top5: the same in ...`."""
    groups: dict[tuple[str, str], list[str]] = {}
    for change, name, reason in said:
        groups.setdefault((change, reason), []).append(name)
    return tuple(f"{change}: {', '.join(names)}: {reason}" for (change, reason), names in groups.items())


def _mean(side: NumberSide | None, digits: int | None) -> str:
    if side is None or side.mean is None:
        return ABSENT
    n = f"\nn {side.n}" if side.n and side.how != "exact" else ""
    at = f", look {side.look.number} of {side.look.of}" if n and side.look else ""
    return f"{number(side.mean, digits)}{n}{at}"


def p_shown(one: ComparedNumber) -> str:
    """The unadjusted p with Holm's; empty where nothing was tested."""
    if one.p is None:
        return ""
    return f"{probability(one.p)}\nHolm {probability(one.p_holm)}"


def _verdicts(a: str, b: str) -> str:
    return a if a == b else f"{a} → {b}"


def _verdict(side: NumberSide | None) -> str:
    if side is None:
        return ABSENT
    return _with_flags(side.outcome or "", EXTENDED=side.extended, STALE=side.stale)


def _claim_verdict(side: ClaimSide | None, level: str) -> str:
    if side is None:
        return ABSENT
    said = f"{side.outcome} {level}".strip()
    return _with_flags(said, EXTENDED=side.extended, POST_HOC=side.post_hoc, STALE=side.stale)


def _with_flags(said: str, **raised: object) -> str:
    """A verdict with the flags that are raised, each by its name."""
    return " ".join([said, *(name.replace("_", " ") for name, flag in raised.items() if flag)]).strip()


def _claims(claims: Sequence[ComparedClaim]) -> Shown:
    rows = [
        (
            claim.ref,
            claim.id,
            claim.says,
            *(_effect(side) for side in (claim.a, claim.b)),
            _verdicts(_claim_verdict(claim.a, claim.a_level), _claim_verdict(claim.b, claim.b_level)),
            claim.change,
            _reasons(claim),
        )
        for claim in claims
    ]
    return Shown(
        "Claims",
        ("ref", "claim", "says", "effect in A", "effect in B", "verdict", "B against A", "reason"),
        rows,
        numbers=(3, 4),
        narrow=(0, 1, 3, 4, 5, 6),
        styles=tuple(_STYLES.get(claim.change, "") for claim in claims),
        below=_grouped((one.change, one.id, _reasons(one)) for one in claims if one.change != "same"),
    )


def _effect(side: ClaimSide | None) -> str:
    if side is None or side.effect is None:
        return ABSENT
    return number(side.effect) + _under(side.interval)


def _reasons(claim: ComparedClaim) -> str:
    """The reasons of both runs, once where they say the same."""
    said = [(side, "" if one is None else one.reason) for side, one in (("A", claim.a), ("B", claim.b))]
    if said[0][1] == said[1][1]:
        return said[0][1]
    return "; ".join(f"{side}: {reason}" for side, reason in said if reason)


def _differing(title: str, rows: Iterable[Row]) -> Shown:
    shown = [(row.what, *(ABSENT if side is None else side for side in (row.a, row.b))) for row in rows]
    return Shown(title, ("what", "A", "B"), shown)


def _drawn(shown: Shown) -> Table:
    columns = shown.narrow or tuple(range(len(shown.header)))
    table = Table()
    for column in columns:
        table.add_column(shown.header[column], justify="right" if column in shown.numbers else "left", overflow="fold")
    for row, style in zip(shown.rows, shown.styles or [""] * len(shown.rows), strict=True):
        table.add_row(*(Text(row[column], style=style if column == columns[-1] else "") for column in columns))
    return table
