"""The forest plot: every cell's printed value, margin, our intervals and seeds, as SVG in the page's theme."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from harness.report.page.numbers import digits_after, number, signed
from harness.report.page.svg import line, tag, words
from harness.report.page.verdicts import JUDGED, mark
from harness.report.results.document import Results
from harness.report.results.record import BySeed, Ends
from harness.report.results.verdict_records import CellRecord

_WIDTH, _ROW, _HEAD, _FOOT = 980, 40, 40, 42
_LABEL_CHARACTERS = 30
_VERDICT_X = 832
_ALONE, _VALUES, _DIFFERENCES = (212, 790), (212, 520), (566, 800)
_VALUE_BARS, _DIFFERENCE_BARS = ("prediction", "interval"), ("prediction", "interval", "tost_interval")
_CLIP_AT = 10  # margins: further out an interval is cut with an arrow, or the margin would shrink to a line


@dataclass(frozen=True, slots=True)
class _Axis:
    """A linear axis from `low` to `high`, drawn between the abscissae `left` and `right`."""

    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 2)

    def ticks(self) -> list[float]:
        from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - matplotlib is slow to import, and not always needed

        wide = max(abs(self.low), abs(self.high)) >= 1000  # five digits and a comma need the room of two ticks
        ticks = MaxNLocator(nbins=3 if wide else 6, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        return [float(tick) for tick in ticks if self.low <= tick <= self.high]


def forest(results: Results) -> list[tuple[str, Markup]]:
    """One chart for each unit, as (unit, SVG): printed value and margin, our mean, intervals and seeds, the difference.

    What lies off an axis is drawn as an arrow.
    Cells that follow from definitions need no plot. Cells that are NOT COMPARABLE show ours alone, and at another scale
    than the paper's a printed number is only drawn for a cell that was judged all the same.
    """
    sampled = [cell for cell in results.cells if cell.how != "exact"]
    drawn = [cell for cell in sampled if _mean(cell) is not None or _shown_printed(cell, results.scale) is not None]
    units = list(dict.fromkeys(cell.unit for cell in drawn))
    groups = {unit: [cell for cell in drawn if cell.unit == unit] for unit in units}
    return [(unit, _chart(group, results.scale, f"forest-{k}")) for k, (unit, group) in enumerate(groups.items())]


def _shown_printed(cell: CellRecord, scale: str) -> float | None:
    """The printed number of a cell; None where it is not drawn."""
    at_home = scale == "paper" and cell.outcome != "NOT COMPARABLE"
    return cell.paper if cell.outcome in JUDGED or at_home else None


def _mean(cell: CellRecord) -> float | None:
    return cell.mean if cell.mean is not None and math.isfinite(cell.mean) else None


class _Set(NamedTuple):
    """A cell that was set against its printed number."""

    cell: CellRecord
    printed: float
    mean: float
    difference: float

    @classmethod
    def of(cls, cell: CellRecord) -> _Set | None:
        """None where no difference was taken."""
        mean = _mean(cell)
        if cell.outcome not in JUDGED or mean is None or cell.difference is None or cell.paper is None:
            return None
        return cls(cell, cell.paper, mean, cell.difference)


def _chart(cells: Sequence[CellRecord], scale: str, name: str) -> Markup:
    judged = [found for cell in cells if (found := _Set.of(cell)) is not None]
    values = _value_axis(cells, scale, _VALUES if judged else _ALONE)
    differences = _difference_axis(judged) if judged else None
    height = _HEAD + _ROW * len(cells) + _FOOT
    parts = [_frame(values, "Value", height)]
    if differences is not None:
        parts.append(_frame(differences, "Ours \N{MINUS SIGN} printed, against the margin", height))
        parts.append(_sides(differences, {one.cell.direction for one in judged}, height))
    parts += [_row(cell, _HEAD + _ROW * (k + 0.5), scale, values, differences) for k, cell in enumerate(cells)]
    unit = f" in {cells[0].unit}" if cells[0].unit else ""
    title = f"Forest plot of {len(cells)} cell{'s' if len(cells) > 1 else ''}{unit}"
    said = "One row a cell, in the order of the ledger, where the same numbers stand as text."
    heading = [tag("title", title, id=f"{name}-title"), tag("desc", said, id=f"{name}-desc")]
    return tag(
        "svg",
        Markup("").join(heading + parts),
        class_="forest",
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def _value_axis(cells: Iterable[CellRecord], scale: str, span: tuple[float, float]) -> _Axis:
    seen: list[float] = []
    for cell in cells:
        mean, printed = _mean(cell), _shown_printed(cell, scale)
        seen += [] if mean is None else [mean]
        seen += [*_finite(cell.values), *_ends(cell.interval), *_ends(cell.prediction)]
        seen += [] if printed is None else _margin_around(printed, cell.margin)
    return _padded(min(seen), max(seen), span)


def _difference_axis(judged: Iterable[_Set]) -> _Axis:
    judged = list(judged)
    reach = max(_reach(one) for one in judged)
    margins = [one.cell.margin for one in judged if one.cell.margin]
    reach = min(reach, _CLIP_AT * max(margins)) if margins else reach
    return _padded(-reach, reach, _DIFFERENCES)


def _reach(one: _Set) -> float:
    ends = [end - one.printed for end in _ends(one.cell.interval)]
    return max(abs(float(end)) for end in (one.difference, 1.2 * (one.cell.margin or 0), *ends))


def _margin_around(centre: float, margin: float | None) -> list[float]:
    return [centre - (margin or 0), centre + (margin or 0)]


def _padded(low: float, high: float, span: tuple[float, float]) -> _Axis:
    spare = 0.05 * (high - low) or 0.1 * abs(low) or 1.0
    return _Axis(low - spare, high + spare, *span)


def _frame(axis: _Axis, heading: str, height: float) -> Markup:
    bottom = height - _FOOT
    parts = [words("fp-heading", axis.left, 16, heading), line("fp-axis", axis.left, axis.right, bottom, bottom)]
    for tick in axis.ticks():
        x = axis.x(tick)
        parts += [
            line("fp-grid", x, x, _HEAD - 8, bottom),
            words("fp-tick", x, bottom + 16, _tick_label(tick), "middle"),
        ]
    return Markup("").join(parts)


def _sides(axis: _Axis, directions: set[str | None], height: float) -> Markup:
    """Which side of the printed number is the better one, where all cells of a chart agree on it."""
    if directions not in ({"lower"}, {"higher"}):
        return Markup("")
    left, right = ("better", "worse") if directions == {"lower"} else ("worse", "better")
    arrows = (f"\N{LEFTWARDS ARROW} {left}", f"{right} \N{RIGHTWARDS ARROW}")
    y = height - 8
    return words("fp-tick", axis.left, y, arrows[0]) + words("fp-tick", axis.right, y, arrows[1], "end")


def _tick_label(tick: float) -> str:
    return number(tick) if abs(tick) >= 1000 else f"{tick:g}".replace("-", "\N{MINUS SIGN}")


def _row(cell: CellRecord, y: float, scale: str, values: _Axis, differences: _Axis | None) -> Markup:
    parts = [_label(cell.label, y), _verdict(cell, y)]
    mean, printed, judged = _mean(cell), _shown_printed(cell, scale), _Set.of(cell)
    if printed is not None:
        parts.append(_printed(values, cell, printed, y))
    if mean is not None:
        parts.append(_ours(values, cell, mean, 0.0, _VALUE_BARS, y))
        parts += [_seed(values, value, y) for value in _finite(cell.values)]
    if differences is not None and judged is not None:
        parts.append(_printed(differences, cell, 0.0, y))
        parts.append(_ours(differences, cell, judged.mean, judged.printed, _DIFFERENCE_BARS, y))
    elif differences is not None and mean is not None:
        parts.append(words("fp-none", sum(_DIFFERENCES) / 2, y + 4, "no difference taken", "middle"))
    return tag("g", Markup("").join(parts), class_=f"fp-row v-{mark(cell.outcome)}")


def _finite(values: BySeed) -> list[float]:
    return sorted(value for value in values.values() if value is not None and math.isfinite(value))


def _ends(interval: Ends | None) -> list[float]:
    """Both ends; none of an interval that is open, which has no place on a chart."""
    return [] if interval is None else [end for end in interval if end is not None]


def _label(label: str, y: float) -> Markup:
    lines = textwrap.wrap(label, _LABEL_CHARACTERS, max_lines=2, placeholder=" \N{HORIZONTAL ELLIPSIS}") or [""]
    top = y + 4 - 7.5 * (len(lines) - 1)
    return Markup("").join(words("fp-label", 0, top + 15 * k, text) for k, text in enumerate(lines))


def _verdict(cell: CellRecord, y: float) -> Markup:
    shape = tag("use", href=f"#mark-{mark(cell.outcome)}", x=_VERDICT_X, y=y - 6, width=12, height=12)
    digits, measured = digits_after(cell.printed), _mean(cell) is not None
    below = signed(cell.difference, digits) if _Set.of(cell) else number(cell.mean, digits)
    word = words("fp-verdict", _VERDICT_X + 18, y + (-1 if measured else 4), cell.outcome)
    return shape + word + (words("fp-number", _VERDICT_X + 18, y + 14, below) if measured else Markup(""))


def _printed(axis: _Axis, cell: CellRecord, centre: float, y: float) -> Markup:
    low, high = (axis.x(end) for end in _margin_around(centre, cell.margin))
    band = tag("rect", class_="fp-margin", x=low, y=y - 15, width=round(high - low, 2), height=30)
    return band + line("fp-printed", axis.x(centre), axis.x(centre), y - 15, y + 15)


def _ours(axis: _Axis, cell: CellRecord, mean: float, origin: float, kinds: Sequence[str], y: float) -> Markup:
    spans = {kind: [end - origin for end in _ends(getattr(cell, kind))] for kind in kinds}
    bars = [_bar(axis, kind, ends, y) for kind, ends in spans.items() if ends]
    at = mean - origin
    if axis.low <= at <= axis.high:
        bars.append(tag("circle", class_="fp-mean", cx=axis.x(at), cy=y, r=4.5))
    return Markup("").join(bars) + _arrows(axis, at, at, y)


def _bar(axis: _Axis, kind: str, ends: Sequence[float], y: float) -> Markup:
    low, high = ends
    return line(f"fp-{kind.replace('_', '-')}", axis.x(low), axis.x(high), y, y) + _arrows(axis, low, high, y)


def _arrows(axis: _Axis, low: float, high: float, y: float) -> Markup:
    left = tag("path", class_="fp-arrow", d=f"M{axis.left - 7} {y}l7 -4v8z") if low < axis.low else Markup("")
    return left + (
        tag("path", class_="fp-arrow", d=f"M{axis.right + 7} {y}l-7 -4v8z") if high > axis.high else Markup("")
    )


def _seed(axis: _Axis, value: float, y: float) -> Markup:
    return tag("circle", class_="fp-seed", cx=axis.x(value), cy=y + 11, r=2.4)
