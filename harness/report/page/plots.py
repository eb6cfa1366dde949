"""Charts of what was read off trained nets: by depth, by class, and several experiments' learning in one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.report.page.curves import AXES, Seeds, axis_range, described, draw_seeds, finite_seeds, set_axes
from harness.report.page.numbers import MINUS, number, plain
from harness.report.page.pictures import Arrays, Picture
from harness.report.page.theme import ARMS, INK, MUTED, SERIES, blank_figure, page_settings, svg_data_uri

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Arms = Mapping[str, Mapping[str, Arrays]]
"""By experiment and seed, what an inspection stored."""

_WIDTH_IN, _HEIGHT_IN = 6.6, 3.4
_WORST = 3  # classes named, as PReLU's Figure 5 names them


def convergence(arms: Mapping[str, Seeds], quantity: str, title: str, threshold: float | None = None) -> Picture | None:
    """One quantity of several experiments against epochs, with bands over seeds; None where nothing is finite.

    Thin lines are seeds; median and band end where an arm's first seed stops, which a cross marks.
    """
    sound = {name: seeds for name, seeds in arms.items() if finite_seeds(seeds)}
    extent = axis_range(quantity, sound.values())
    if extent is None:
        return None
    with page_settings():
        figure, axes = _chart()
        set_axes(axes, extent, [x for seeds in sound.values() for one in finite_seeds(seeds).values() for x, _ in one])
        axes.set_ylabel(AXES.get(quantity, quantity.replace("_", " ")))
        for (colour, dashes), seeds in zip(_styles(len(sound)), sound.values(), strict=True):
            draw_seeds(axes, seeds, colour, dashes)
        if threshold is not None:
            axes.axhline(threshold, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)))
            axes.text(
                1.005, threshold, plain(threshold), transform=axes.get_yaxis_transform(), va="center", fontsize=10
            )
        _legend(axes, list(sound))
        said = " ".join(f"{name}: {described(finite_seeds(seeds))}" for name, seeds in sound.items())
        return Picture(svg_data_uri(figure, title, said), said)


def coefficients(arms: Arms, title: str) -> Picture:
    """The mean PReLU coefficient of each layer against depth: dots are seeds, lines and bands their mean and range."""
    with page_settings():
        figure, axes = _chart(bottom=0.75)
        names = _by_layer(axes, arms, "means")
        axes.set_ylabel("mean coefficient")
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        _legend(axes, list(arms))
        said = " ".join(_layers_said(name, names, _stacked(seeds, "means")) for name, seeds in arms.items())
        return Picture(svg_data_uri(figure, title, said), said)


def gradients(arms: Arms, title: str) -> Picture:
    """Norms of the loss gradient by layer, and pale those of the weight-decay term, on a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: PLC0415 - see theme.page_settings

    with page_settings():
        figure, axes = _chart(bottom=0.75, left=0.14)
        axes.set_yscale("log", nonpositive="mask")
        names = _by_layer(axes, arms, "gradients")
        for (colour, dashes), seeds in zip(_styles(len(arms)), arms.values(), strict=True):
            decays = _stacked(seeds, "decays").mean(0)
            axes.plot(range(len(decays)), _positive(decays), color=colour, linestyle=dashes, alpha=0.45, linewidth=1)
            axes.plot(range(len(decays)), _positive(decays), "_", color=colour, alpha=0.7)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", MINUS)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylabel("norm; pale: weight decay")
        _legend(axes, list(arms))
        said = " ".join(_layers_said(name, names, _stacked(seeds, "gradients")) for name, seeds in arms.items())
        return Picture(svg_data_uri(figure, title, said), said)


def per_class(arrays: Arrays, title: str) -> Picture:
    """The error of every class, rising; set against another net's, the reduction of every class instead."""
    compared = "reductions" in arrays
    tested = arrays["counts"] > 0
    shown = arrays["reductions" if compared else "errors"][tested]
    order = np.argsort(shown, kind="stable")
    values, names = shown[order], arrays["class_names"][tested][order]
    what = f"top-{int(arrays['top'])} error"
    said = f"{_counted(values, compared=compared)};\nworst: {_worst(values, names, compared=compared)}"
    with page_settings():
        figure, axes = _chart()
        edges = np.arange(len(values) + 1) + 0.5
        axes.stairs(values, edges, fill=True, color=SERIES, alpha=0.35)
        axes.stairs(values, edges, color=SERIES, linewidth=1.4, baseline=None)
        axes.axhline(float(values.mean()), color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)))
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.set_xlim(0.5, len(values) + 0.5)
        axes.set_xlabel("classes, sorted")
        axes.set_ylabel(f"reduction of the {what}, points" if compared else f"{what}, %")
        _grid(axes)
        axes.set_title(said, fontsize=9, loc="left", color=INK)
        return Picture(svg_data_uri(figure, title, said), said)


def _counted(values: Any, *, compared: bool) -> str:
    """How many classes are on which side of zero, and the mean (dashed in the chart)."""
    zero = int((values == 0).sum())
    mean = number(float(values.mean()), 2)
    if compared:
        return (
            f"{int((values > 0).sum())} classes better, {zero} the same, {int((values < 0).sum())} worse, mean {mean}"
        )
    return f"{zero} of {len(values)} classes at zero, mean {mean}"


def _worst(values: Any, names: Any, *, compared: bool) -> str:
    """The classes furthest on the bad side, which a reduction has at its lower end."""
    ends = range(len(values)) if compared else range(len(values) - 1, -1, -1)
    return ", ".join(f"{names[place]} {number(float(values[place]), 1)}" for place in ends[:_WORST])


def _chart(bottom: float = 0.5, left: float = 0.1) -> tuple[Figure, Axes]:
    figure = blank_figure(_WIDTH_IN, _HEIGHT_IN)
    axes = figure.add_axes((left, bottom / _HEIGHT_IN, 0.96 - left, (_HEIGHT_IN - bottom - 0.36) / _HEIGHT_IN))
    axes.patch.set_visible(False)
    return figure, axes


def _styles(count: int) -> list[tuple[str, Any]]:
    """Colour and dashes of so many arms; with more arms than colours, they begin again."""
    return [ARMS[place % len(ARMS)] for place in range(count)]


def _legend(axes: Axes, names: Sequence[str]) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - see theme.page_settings

    lines = [Line2D([], [], color=colour, linestyle=dashes) for colour, dashes in _styles(len(names))]
    axes.legend(
        lines,
        names,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        borderaxespad=0.1,
        handlelength=3,
        labelcolor=INK,
    )


def _grid(axes: Axes) -> None:
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(length=3)


def _by_layer(axes: Axes, arms: Arms, name: str) -> list[str]:
    """One line an arm over the layers, which are those of the deepest arm; gives their names."""
    layers = max((_layers(seeds) for seeds in arms.values()), key=len)
    for (colour, dashes), seeds in zip(_styles(len(arms)), arms.values(), strict=True):
        values = _stacked(seeds, name)
        places = range(values.shape[1])
        for row in values:
            axes.plot(places, _positive(row) if axes.get_yscale() == "log" else row, ".", color=colour, alpha=0.5)
        mean = values.mean(0)
        axes.plot(places, _positive(mean) if axes.get_yscale() == "log" else mean, color=colour, linestyle=dashes)
        axes.fill_between(places, values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0)
    axes.set_xticks(range(len(layers)), layers, rotation=45, ha="right", rotation_mode="anchor")
    _grid(axes)
    return layers


def _positive(values: Any) -> list[float]:
    """The values that a logarithmic axis can show; zero has no place on it."""
    return [float(value) if value > 0 else math.nan for value in values]


def _layers(seeds: Mapping[str, Arrays]) -> list[str]:
    return [str(layer) for layer in next(iter(seeds.values()))["layers"]]


def _stacked(seeds: Mapping[str, Arrays], name: str) -> Any:
    """[seeds, layers]."""
    return np.stack([arrays[name] for arrays in seeds.values()])


def _layers_said(arm: str, layers: Sequence[str], values: Any) -> str:
    return (
        f"{arm}: "
        + ", ".join(f"{layer} {plain(float(mean))}" for layer, mean in zip(layers, values.mean(0), strict=False))
        + "."
    )
