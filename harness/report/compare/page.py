"""A comparison as one self-contained page in the style of a report: no script but sorting, no request, no day in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from harness.report.bounded import NOTE, cut, is_error
from harness.report.compare import shown
from harness.report.compare.comparison import ComparedCell, ComparedNumber, Comparison, Difference, NumberSide
from harness.report.compare.numbers import Changed, better_of, changed, left_out, moved
from harness.report.page.render import TEMPLATES, csp_hash, environment

CHANGES = {
    "identical": (
        "match",
        "Every seed gave the same bits in both runs, or a number that follows from definitions is the same.",
    ),
    "rounding": ("match", "Every seed gave the same within a millionth of its value: the order of additions, no more."),
    "higher": ("differs", "B lies above A: by the paired test over seeds at 0.05, or exactly."),
    "lower": ("differs", "B lies below A, by the same rule. Where the metric has a better side, it is named."),
    "undecided": ("inconclusive", "The difference is shown, and with these seeds no test tells it from zero."),
    "not compared": ("not-comparable", "Nothing may be subtracted; the reason stands beside it."),
    "only in A": ("not-run", "B has no such number or claim."),
    "only in B": ("not-run", "A has no such number or claim."),
    "same": ("confirmed", "A claim has the same verdict at the same level of evidence."),
    "other verdict": ("contradicted", "A claim has another verdict, or the same at another level of evidence."),
}
"""By each word for B against A: the mark that stands beside it, and its meaning."""


def render(document: Comparison) -> str:
    """The whole page as HTML; the same document gives the same text, and nothing in it can become markup."""
    style, script = ((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "script.js"))
    scales = list(dict.fromkeys(run.scale for run in document.runs))
    return (
        environment()
        .get_template("compare.html")
        .render(
            compared=document,
            runs=list(zip("AB", document.runs, strict=True)),
            scales=scales,
            tallies=_tallies(document),
            differing=[(shown.TITLES[name], rows) for name, rows in document.differing.tables()],
            others=moved(document.numbers),
            left_out=left_out(document.numbers),
            changes=[(Difference(change=word, said=""), meaning) for word, (_, meaning) in CHANGES.items()],
            mark_of=mark_of,
            changed=changed,
            ends=ends_shown,
            noted=noted,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            style_hash=csp_hash(style),
            script_hash=csp_hash(script),
        )
    )


def ends_shown(one: ComparedNumber, side: NumberSide) -> list[float] | None:
    """Both ends of the interval of a number in one run as they are shown; None where an end is open."""
    metric, unit = (one.metric, one.unit) if isinstance(one, ComparedCell) else (one.id.rpartition(".")[2], "%")
    ends = cut(side.interval) if is_error(metric, unit) else side.interval or ()
    return [end for end in ends if end is not None] if ends and None not in ends else None


def noted(caption: str, rows: Sequence[ComparedNumber]) -> str:
    """The caption of a table of numbers, with what is to be said where an interval of one is cut."""
    return f"{caption.rstrip('.')}. {NOTE}" if any(map(_is_cut, rows)) else caption


def _is_cut(one: ComparedNumber) -> bool:
    sides = [side for side in (one.a, one.b) if side is not None and side.interval and None not in side.interval]
    return any(ends_shown(one, side) != list(side.interval or ()) for side in sides)


def _tallies(document: Comparison) -> list[tuple[str, list[tuple[Changed, int]]]]:
    """How cells and claims changed, each where there are any."""
    kinds: tuple[tuple[str, Sequence[Changed]], ...] = (("cell", document.cells), ("claim", document.claims))
    return [(what, _tallied(compared)) for what, compared in kinds if compared]


def _tallied(compared: Sequence[Changed]) -> list[tuple[Changed, int]]:
    """One of each kind of change, with how many there are, the most frequent first."""
    first = {changed(one): one for one in compared}
    counts = Counter(changed(one) for one in compared)
    return [(first[word], count) for word, count in counts.most_common()]


def mark_of(one: Changed) -> str:
    """The mark and colour of a change: of a better or worse one those of such a verdict."""
    better = better_of(one)
    return better if better in ("better", "worse") else CHANGES[one.change][0]
