"""Learning curves with matplotlib, experiments laid over each other, coloured by the page's theme."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from markupsafe import Markup

from harness.report.arms import far_seed
from harness.report.page.inline_svg import inline_svg
from harness.report.page.numbers import plain
from harness.report.page.theme import ARMS, INK, MUTED, SERIES, blank_figure, page_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = Sequence[Sequence[float | None]]
"""(epoch, value) pairs of one seed; a value is None where it was not finite."""
Seeds = Mapping[str, Points]
Held = TypeVar("Held")

METRICS = ("train_loss", "train_error", "validation_loss", "validation_error")
"""The order of the panels; other metrics follow by name."""
_WIDTH_IN, _HEIGHT_IN = 5.2, 3.0
_STEPS = (1, 2, 2.5, 5, 10)
AXES = {
    "train_loss": "training loss, nats",
    "train_error": "training error, %",
    "validation_error": "validation error, %",
}
"""The name of the vertical axis of each metric, with its unit."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart of several arms; `notes` say what a reader of it must know and cannot see."""

    metric: str
    arms: list[str]
    """The experiments in it, in the order of their colours and dashes."""
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


def learning_curves(
    curves: Mapping[str, Mapping[str, Seeds]],
    thresholds: Sequence[float] = (),
    steps: Mapping[str, float] = MappingProxyType({}),
) -> list[Panel]:
    """Panels of a metric each, with so many experiments laid over each other as there are colours.

    A thin line is a seed. The thick line is the median over seeds, the band runs from the smallest to the largest; both
    stop where the first seed stops, so that no median is ever taken over survivors. A metric has the same vertical axis
    in all of its panels. `thresholds` are drawn across training errors; `steps` are those of an epoch, by experiment.
    """
    names = {metric for metrics in curves.values() for metric in metrics}
    order = sorted(names, key=lambda name: (METRICS.index(name) if name in METRICS else len(METRICS), name))
    panels = []
    for name in order:
        arms = {arm: metrics[name] for arm, metrics in curves.items() if finite_seeds(metrics.get(name, {}))}
        extent = axis_range(name, arms.values())
        if extent is not None:
            groups = [list(arms)[first : first + len(ARMS)] for first in range(0, len(arms), len(ARMS))]
            panels += [
                overlaid({arm: arms[arm] for arm in group}, name, extent, f"curve-{order.index(name)}-{row}",
                         thresholds if name == "train_error" else (), steps)
                for row, group in enumerate(groups)
            ]  # fmt: skip
    return panels


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


def overlaid(
    arms: Mapping[str, Seeds],
    metric: str,
    extent: Range,
    name: str,
    thresholds: Sequence[float] = (),
    steps: Mapping[str, float] = MappingProxyType({}),
) -> Panel:
    """Several experiments in one chart, told apart by colour and dashes; `name` begins every id in it."""
    drawn = {arm: finite_seeds(seeds) for arm, seeds in arms.items()}
    with page_settings():
        figure = blank_figure(_WIDTH_IN, _HEIGHT_IN)
        axes = figure.add_axes((0.14, 0.165, 0.84, 0.8))
        axes.patch.set_visible(False)
        set_axes(axes, extent, [x for seeds in drawn.values() for points in seeds.values() for x, _ in points])
        axes.tick_params(length=0)
        axes.set_ylabel(AXES.get(metric, metric.replace("_", " ")))
        axes.set_xlabel(_epochs(arms, steps), labelpad=1)
        notes = [note for (colour, dashes), arm in zip(cycle(ARMS), arms, strict=False)
                 for note in _notes(arm, arms[arm], draw_seeds(axes, arms[arm], colour, dashes), extent)]  # fmt: skip
        for level in thresholds:
            axes.axhline(level, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)))
        if not extent.cut:
            _unclip(axes)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    notes += ["values above the axis are cut"] if extent.cut else []
    said = " ".join(f"{arm}: {_medians(seeds)}" for arm, seeds in drawn.items())
    return Panel(metric, list(arms), inline_svg(written.getvalue(), name, f"{metric}: {', '.join(arms)}", said), notes)


def _unclip(axes: Axes) -> None:
    """Let lines be drawn without a frame around them, where none leaves it."""
    grid = [*axes.get_xgridlines(), *axes.get_ygridlines()]
    for drawn in (*axes.lines, *axes.collections, *grid):
        drawn.set_clip_on(False)


def _medians(drawn: Mapping[str, list[tuple[float, float]]]) -> str:
    """The first and the last point of an arm, as a median over its seeds."""
    first, last = ([points[end] for points in drawn.values()] for end in (0, -1))
    ends = [
        f"{plain(median(y for _, y in some))} at epoch {plain(median(x for x, _ in some))}" for some in (first, last)
    ]
    return f"median of {len(drawn)} seed{'' if len(drawn) == 1 else 's'} from {ends[0]} to {ends[1]}."


def _epochs(arms: Iterable[str], steps: Mapping[str, float]) -> str:
    """The name of the axis, with the steps of an epoch where all arms take as many."""
    found = {steps.get(arm) for arm in arms}
    only = found.pop() if len(found) == 1 else None
    return "epoch" if only is None else f"epoch ({plain(only)} steps each)"


def _notes(arm: str, seeds: Seeds, stopped: list[tuple[str, float]], extent: Range) -> list[str]:
    """The seeds that stop early, have nothing to draw, or end far from all others."""
    drawn = finite_seeds(seeds)
    notes = [f"{arm} seed {seed} stops at epoch {plain(epoch)}" for seed, epoch in stopped]
    notes += [f"{arm} seed {seed} has no finite value" for seed, _ in by_seed(seeds) if seed not in drawn]
    last = {seed: points[-1][1] for seed, points in drawn.items()}
    far = far_seed(last, least=(extent.high - extent.low) / 50)
    return notes + ([] if far is None else [f"{arm} seed {far} ends at {plain(last[far])}, far from the others"])


def draw_seeds(axes: Axes, seeds: Seeds, colour: str = SERIES, dashes: Any = None) -> list[tuple[str, float]]:
    """The lines of one arm: each seed thin, their median thick in a band; gives the seeds that stop early, and where.

    The median and the band stop where the first seed stops. With `dashes` a median is drawn of a single seed too.
    """
    drawn = finite_seeds(seeds)
    for points in drawn.values():
        axes.plot(*zip(*points, strict=True), color=colour, linewidth=0.8, alpha=0.45)
    shared = sorted(set.intersection(*({x for x, _ in points} for points in map(_finite, seeds.values()))))
    if shared and (len(seeds) > 1 or dashes):
        columns = [[dict(points)[x] for points in drawn.values()] for x in shared]
        low, high = [min(column) for column in columns], [max(column) for column in columns]
        axes.fill_between(shared, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(shared, [median(column) for column in columns], color=colour, linewidth=1.8, linestyle=dashes or "-")
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
