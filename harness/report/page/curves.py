"""Learning curves with matplotlib, one small SVG for each experiment and metric, coloured by the page's theme."""

from __future__ import annotations

import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from markupsafe import Markup

from harness.report.page.numbers import plain
from harness.report.page.theme import INK, SERIES, SHADES, blank_figure, page_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = Sequence[Sequence[float | None]]
"""(epoch, value) pairs of one seed; a value is None where it was not finite."""
Seeds = Mapping[str, Points]
Held = TypeVar("Held")

METRICS = ("train_loss", "train_error", "validation_loss", "validation_error")
"""The order of the panels; other metrics follow by name."""
_WIDTH_IN, _HEIGHT_IN = 4.4, 2.5
_CLASSES = {shade.placeholder: name for name, shade in SHADES.items()}
_LONG = re.compile(r"\d+\.\d{3,}")  # a hundredth of a point is finer than any screen
_STEPS = (1, 2, 2.5, 5, 10)
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart; `notes` say what a reader of it must know and cannot see."""

    metric: str
    svg: Markup
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Range:
    """A vertical axis; with `cut`, some values lie above it."""

    low: float
    high: float
    log: bool
    cut: bool


def by_seed(values: Mapping[str, Held]) -> list[tuple[str, Held]]:
    """The entries of a mapping by seed, in the order of the seeds as numbers."""
    return sorted(values.items(), key=lambda pair: (not pair[0].isdecimal(), len(pair[0]), pair[0]))


def learning_curves(curves: Mapping[str, Mapping[str, Seeds]]) -> dict[str, list[Panel]]:
    """By experiment, one panel a metric; a metric has the same vertical axis in every experiment.

    A thin line is a seed. The thick line is the mean over seeds, the band runs from the smallest to the largest; both
    stop where the first seed stops, so that no mean is ever taken over survivors.
    """
    names = {metric for metrics in curves.values() for metric in metrics}
    order = sorted(names, key=lambda name: (METRICS.index(name) if name in METRICS else len(METRICS), name))
    ranges = {
        name: axis_range(name, [metrics[name] for metrics in curves.values() if name in metrics]) for name in order
    }
    if not any(extent is not None for extent in ranges.values()):
        return {experiment: [] for experiment in curves}
    with page_settings():
        return {
            experiment: [
                _panel(experiment, name, metrics[name], extent, f"curve-{row}-{order.index(name)}")
                for name in order
                if name in metrics and (extent := ranges[name]) is not None
            ]
            for row, (experiment, metrics) in enumerate(curves.items())
        }


def _finite(points: Points) -> list[tuple[float, float]]:
    return [(x, y) for x, y in points if x is not None and y is not None and math.isfinite(x) and math.isfinite(y)]


def axis_range(metric: str, arms: Iterable[Seeds]) -> Range | None:
    """The axis that holds every arm, logarithmic for a loss; None where no value is finite."""
    seeds = [points for arm in arms for points in map(_finite, arm.values()) if points]
    values = [y for points in seeds for _, y in points]
    if not values:
        return None
    highest, ceiling = max(values), 10 * max(points[0][1] for points in seeds)
    cut = "loss" in metric and highest > ceiling > 0
    high = ceiling if cut else highest
    if "loss" in metric and min(values) > 0:
        return Range(min(values) / 1.15, high * 1.15, log=True, cut=cut)
    return Range(min(0.0, *values), (high * 1.06) or 1.0, log=False, cut=cut)


def _panel(experiment: str, metric: str, seeds: Seeds, extent: Range, name: str) -> Panel:
    drawn = finite_seeds(seeds)
    figure = blank_figure(_WIDTH_IN, _HEIGHT_IN)
    axes = figure.add_axes((0.115, 0.165, 0.865, 0.8))
    axes.patch.set_visible(False)
    set_axes(axes, extent, [x for points in drawn.values() for x, _ in points])
    stopped = draw_seeds(axes, seeds)
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    notes = [f"seed {seed} stops at epoch {plain(epoch)}" for seed, epoch in stopped]
    notes += [f"seed {seed} has no finite value" for seed, _ in by_seed(seeds) if seed not in drawn]
    notes += ["values above the axis are cut"] if extent.cut else []
    return Panel(metric, _themed(written.getvalue(), name, f"{experiment}: {metric}", described(drawn)), notes)


def draw_seeds(axes: Axes, seeds: Seeds, colour: str = SERIES, dashes: Any = None) -> list[tuple[str, float]]:
    """The lines of one arm: each seed thin, their mean thick within a band; gives the seeds that stop early, and where.

    The mean and the band stop where the first seed stops. With `dashes` a mean is drawn of a single seed too.
    """
    drawn = finite_seeds(seeds)
    for points in drawn.values():
        axes.plot(*zip(*points, strict=True), color=colour, linewidth=0.8, alpha=0.45)
    shared = sorted(set.intersection(*({x for x, _ in points} for points in map(_finite, seeds.values()))))
    if shared and (len(seeds) > 1 or dashes):
        columns = [[dict(points)[x] for points in drawn.values()] for x in shared]
        low, high = [min(column) for column in columns], [max(column) for column in columns]
        axes.fill_between(shared, low, high, color=colour, alpha=0.18, linewidth=0)
        means = [math.fsum(column) / len(column) for column in columns]
        axes.plot(shared, means, color=colour, linewidth=1.8, linestyle=dashes or "-")
    last = max((points[-1][0] for points in drawn.values()), default=0)
    ends = {
        seed: points[-1] for seed, points in drawn.items() if points[-1][0] < last or len(points) < len(seeds[seed])
    }
    axes.plot([x for x, _ in ends.values()], [y for _, y in ends.values()], "x", color=INK, markersize=6)
    return [(seed, x) for seed, (x, _) in ends.items()]


def finite_seeds(seeds: Seeds) -> dict[str, list[tuple[float, float]]]:
    """The points of each seed that has any."""
    return {seed: points for seed, raw in by_seed(seeds) if (points := _finite(raw))}


def set_axes(axes: Axes, extent: Range, epochs: Sequence[float]) -> None:
    """Epochs against what the range says, with the ticks of every chart of this page."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator  # noqa: PLC0415 - see above

    axes.set_yscale("log" if extent.log else "linear")
    axes.set_ylim(extent.low, extent.high)
    axes.set_xlim(min(0.0, *epochs), max(epochs) * 1.02 or 1.0)
    narrow = extent.log and extent.high / extent.low < 100
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5) if narrow else (1,)) if extent.log else MaxNLocator(5, steps=_STEPS)
    )
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=_STEPS))
    axes.yaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}")))
    axes.set_xlabel("epoch", labelpad=1)
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(length=3)


def described(drawn: Mapping[str, list[tuple[float, float]]]) -> str:
    """The epochs at which each seed began and ended, in words."""
    parts = [
        f"seed {seed}: from {plain(points[0][1])} at epoch {plain(points[0][0])} to {plain(points[-1][1])}"
        f" at epoch {plain(points[-1][0])}"
        for seed, points in drawn.items()
    ]
    return "; ".join(parts) + "."


def _themed(svg: str, name: str, title: str, description: str) -> Markup:
    """Matplotlib's SVG made part of the page: its styles as attributes, its colours as classes, ids that are unique."""
    root = ET.fromstring(svg)  # noqa: S314 - what matplotlib wrote a moment ago, with no text of ours in it
    for element in list(root):
        if element.tag != f"{_SVG}g" and element.find(f"{_SVG}clipPath") is None:
            root.remove(element)
    used = {value for element in root.iter() for value in _references(element)}
    renamed = {old: f"{name}-{k}" for k, old in enumerate(sorted(used))}
    for element in root.iter():
        _clean(element, renamed)
    root.attrib = {"class": "curve", "viewBox": root.attrib["viewBox"], "role": "img"}
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        child = ET.Element(tag, id=f"{name}-{tag}")
        child.text = text
        root.insert(place, child)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - serialised, so every text in it is escaped


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}"


def _references(element: ET.Element) -> list[str]:
    clip = element.get("clip-path", "").removeprefix("url(#").removesuffix(")")
    return [name for name in (element.get(_XLINK, "").removeprefix("#"), clip) if name]


def _clean(element: ET.Element, renamed: Mapping[str, str]) -> None:
    element.tag = element.tag.removeprefix(_SVG)
    element.text = (element.text or "").strip() if element.tag in ("text", "tspan") else None
    element.tail = None
    style = dict(part.split(": ", 1) for part in element.attrib.pop("style", "").split("; ") if part)
    style.pop("font-family", None)
    kinds = {key: _CLASSES[value] for key, value in style.items() if value in _CLASSES}
    element.attrib = {key: _LONG.sub(_rounded, value) for key, value in element.attrib.items()}
    element.attrib.update({key: value for key, value in style.items() if key not in kinds})
    if kinds:
        element.set("class", " ".join(f"{key}-{kind}" for key, kind in kinds.items()))
    if (target := element.attrib.pop(_XLINK, None)) is not None:
        element.set("href", f"#{renamed[target.removeprefix('#')]}")
    if "clip-path" in element.attrib:
        element.set("clip-path", f"url(#{renamed[_references(element)[-1]]})")
    old = element.attrib.pop("id", "")
    if old in renamed:
        element.set("id", renamed[old])
