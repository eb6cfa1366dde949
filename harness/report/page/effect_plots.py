"""Draws the effect of one claim on a line: interval, null, smallest effect and printed size; and by training error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import median

from markupsafe import Markup

from harness.report.effects import Effect
from harness.report.page.numbers import number, plain
from harness.report.page.svg import joined, line, tag
from harness.report.results.verdict_records import ClaimRecord

_WIDTH, _HEIGHT, _MIDDLE = 240, 46, 16
_LEFT, _RIGHT = 12, 228
_CROWDED, _LEFT_END = 150, 84
"""Right of the first place there is no room beside the words for a direction, which then end at the second."""
_ERRORS_HEIGHT = 96
_RATIO_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


def effect_plot(effect: Effect, smallest: float | None, printed: float | None) -> Markup | None:
    """The effect with its interval beside no effect, the smallest that matters, and the size that the paper prints.

    To the right is as claimed. None for an effect that has no value which would mean no effect.
    """
    if math.isnan(effect.null):
        return None
    band = effect.band if effect.band is not None else smallest if effect.unit == "points" else None
    ends = [end for end in (effect.low, effect.high, printed) if end is not None and math.isfinite(end)]
    around = [effect.null - (band or 0), effect.null + (band or 0)]
    x = _scaled([effect.value, effect.null, *around, *ends], log=effect.null == 1)
    parts = [] if not band else [_band(x(around[0]), x(around[1]))]
    parts += [line("ep-axis", _LEFT, _RIGHT, _MIDDLE, _MIDDLE), line("ep-null", x(effect.null), x(effect.null), 4, 28)]
    parts += [] if printed is None else [_printed(x(printed), printed, x(effect.null))]
    parts += [_interval(effect, x), tag("circle", class_="ep-mean", cx=x(effect.value), cy=_MIDDLE, r=4)]
    parts += [_text(x(effect.null), 40, f"{effect.null:g}")]
    if effect.band is None:
        end = _RIGHT if x(effect.null) < _CROWDED else _LEFT_END
        parts.append(_text(end, 40, "as claimed \N{RIGHTWARDS ARROW}", "ep-end"))
    return _drawn(parts, effect.told, _HEIGHT)


def threshold_plot(claim: ClaimRecord) -> Markup | None:
    """How many times as long the slow arm takes, at every training error: dots are seeds, the line is their median."""
    found = [one for one in claim.thresholds if any(ratio > 0 for ratio in one.ratios)]
    if not found:
        return None
    ratios = [ratio for one in found for ratio in one.ratios if ratio > 0]
    errors = [one.train_error for one in found]
    y = _scaled([1.0, *ratios], log=True, low=72, high=8)
    x = _scaled([-error for error in errors], log=False, low=40)
    ticks = [tick for tick in _RATIO_TICKS if min([1.0, *ratios]) <= tick <= max([1.0, *ratios])]
    parts = [line("ep-null" if tick == 1 else "ep-axis", 34, _RIGHT, y(tick), y(tick)) for tick in ticks]
    parts += [_text(30, y(tick) + 4, f"{tick:g}", "ep-end") for tick in ticks]
    parts += [
        tag("circle", class_="ep-seed", cx=x(-one.train_error), cy=y(ratio), r=1.8)
        for one in found
        for ratio in one.ratios
        if ratio > 0
    ]
    middles = [(x(-one.train_error), y(max(median(one.ratios), min(ratios)))) for one in found]
    parts.append(tag("polyline", class_="ep-median", points=" ".join(f"{a},{b}" for a, b in middles)))
    ends = dict.fromkeys((max(errors), min(errors)))
    parts += [_text(x(-error), 86, f"{plain(error)}%") for error in ends]
    return _drawn(parts, threshold_words(claim), _ERRORS_HEIGHT)


def threshold_words(claim: ClaimRecord) -> str:
    """The content of the picture in words, for those who do not see it; empty where there is no picture."""
    said = [f"{plain(median(one.ratios))} at {plain(one.train_error)}%" for one in claim.thresholds]
    return f"Median ratio of epochs by training error: {', '.join(said)}" if said else ""


def _scaled(
    values: Iterable[float], *, log: bool, low: float = _LEFT, high: float = _RIGHT
) -> Callable[[float], float]:
    """The place of a value on the chart."""
    place = (lambda value: math.log(max(value, 1e-9))) if log else float
    seen = [place(value) for value in values if not log or value > 0]
    first, last = min(seen), max(seen)
    spare = 0.06 * (last - first) or 1.0
    first, last = first - spare, last + spare

    def at(value: float) -> float:
        share = (place(value) - first) / (last - first)
        return round(low + min(max(share, 0.0), 1.0) * (high - low), 1)

    return at


def _text(x: float, y: float, content: object, class_: str = "ep-text") -> Markup:
    """A word of the chart, centred at `x`, or ending there by its class."""
    return tag("text", content, class_=class_, x=x, y=y)


def _band(left: float, right: float) -> Markup:
    return tag("rect", class_="ep-band", x=left, y=6, width=round(right - left, 1), height=20)


def _printed(at: float, printed: float, null: float) -> Markup:
    """The printed size, its number below unless that would lie on the null's."""
    mark = tag("path", class_="ep-printed", d=f"M{at} 9l5 7-5 7-5-7z")
    return mark + (_text(at, 40, number(printed)) if abs(at - null) > 14 and _free(at, null) else Markup(""))


def _free(at: float, null: float) -> bool:
    """Whether a number fits below the line, beside the words for the direction."""
    return at < _CROWDED if null < _CROWDED else at > _LEFT_END + 14


def _interval(effect: Effect, x: Callable[[float], float]) -> Markup:
    """The interval; an end that is open goes on as an arrow, and none is drawn where both are."""
    if effect.low is None and effect.high is None:
        return Markup("")
    left = _LEFT if effect.low is None else x(effect.low)
    right = _RIGHT if effect.high is None else x(effect.high)
    arrows = [tag("path", class_="ep-arrow", d=f"M{_LEFT - 6} {_MIDDLE}l7-4v8z")] if effect.low is None else []
    arrows += [tag("path", class_="ep-arrow", d=f"M{_RIGHT + 6} {_MIDDLE}l-7-4v8z")] if effect.high is None else []
    return line("ep-interval", left, right, _MIDDLE, _MIDDLE) + joined(arrows)


def _drawn(parts: Iterable[Markup], said: str, height: int) -> Markup:
    return tag("svg", joined(parts), class_="effect", viewBox=f"0 0 {_WIDTH} {height}", role="img", aria_label=said)
