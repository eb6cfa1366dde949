"""Drawings of nets as they are declared: the sizes of every layer, and the activation functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.models.initialisation import learnable
from harness.models.layers import Activation, Shape, Traced
from harness.report.page.pictures import Picture
from harness.report.page.theme import ARMS, INK, MUTED, SERIES, blank_figure, page_settings, svg_data_uri

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_IN, _WIDTH_IN = 0.26, 8.0
_REACH = 2.0  # of the inputs that an activation is drawn over
_COLUMNS = (("layer", 0.0, "left"), ("kernels", 0.1, "left"), ("output", 0.4, "left"), ("neurons", 0.62, "right"),
            ("parameters", 0.76, "right"))  # fmt: skip
"""Heading, place from 0 to 1, and alignment."""


def architecture(layers: Sequence[Traced], title: str) -> Picture:
    """Every layer with weights, with its kernels, output, neurons and parameters; bars compare them.

    A bar is a layer's share of the parameters. Layers that take several others, such as sums, stand among them.
    """
    shown = {one.name for one in learnable(layers)} | {one.name for one in layers if one.layer.several}
    learned = [one for one in layers if one.name in shown]
    rows = [("input", "", _sides(layers[0].input), f"{np.prod(layers[0].input):,}", "")]
    rows += [(one.name, _kernels(one), _sides(one.output), f"{one.units:,}", f"{one.parameters:,}") for one in learned]
    most = max(one.parameters for one in learned)
    with page_settings():
        figure = blank_figure(_WIDTH_IN, _ROW_IN * (len(rows) + 1))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(len(rows), -1)
        for heading, x, side in _COLUMNS:
            axes.text(x, -0.5, heading, fontsize=9, ha=side, va="center", fontweight="bold", color=INK)
        for place, row in enumerate(rows):
            axes.axhline(place, color=MUTED, linewidth=0.4)
            for text, (_, x, side) in zip(row, _COLUMNS, strict=True):
                axes.text(x, place + 0.5, text, fontsize=9, ha=side, va="center", color=INK)
            if place:
                axes.barh(place + 0.5, 0.22 * learned[place - 1].parameters / most, 0.55, 0.78, color=SERIES, alpha=0.6)
        said = "; ".join(" ".join(part for part in row if part) for row in rows)
        return Picture(svg_data_uri(figure, title, said), said)


def activations(nets: Mapping[str, Sequence[Traced]], title: str) -> Picture:
    """The activation function of each net against its input; a PReLU with the slope that it starts at."""
    functions = {name: _activation(layers) for name, layers in nets.items()}
    with page_settings():
        figure = blank_figure(4.4, 3.0)
        axes = figure.add_axes((0.1, 0.15, 0.86, 0.71))
        axes.patch.set_visible(False)
        y = np.linspace(-_REACH, _REACH, 201)
        for place, layer in enumerate(functions.values()):
            colour, dashes = ARMS[place % len(ARMS)]
            axes.plot(y, _outputs(layer, y), color=colour, linestyle=dashes, linewidth=1.8)
        _crossed(axes, [_named(layer) for layer in functions.values()])
        said = "; ".join(f"{name}: {_named(layer)}" for name, layer in functions.items())
        return Picture(svg_data_uri(figure, title, said), said)


def _crossed(axes: Axes, names: Sequence[str]) -> None:
    """Axes through zero, and a legend above."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - see theme.page_settings

    axes.axhline(0, color=MUTED, linewidth=0.6, zorder=0)
    axes.axvline(0, color=MUTED, linewidth=0.6, zorder=0)
    axes.set_xlabel("y", labelpad=0)
    styles = [ARMS[place % len(ARMS)] for place in range(len(names))]
    lines = [Line2D([], [], color=colour, linestyle=dashes) for colour, dashes in styles]
    axes.legend(lines, names, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.1, labelcolor=INK)


def _activation(layers: Sequence[Traced]) -> Activation:
    found = [found for one in layers if (found := one.layer.activation) is not None]
    if not found:
        raise ValueError("the net has no activation to draw")
    return found[0]


def _outputs(layer: Activation, y: NDArray[np.float64]) -> NDArray[np.float64]:
    functions = {"tanh": np.tanh(y), "logistic": 1 / (1 + np.exp(-y))}
    return functions.get(layer.kind, np.where(y > 0, y, layer.slope * y))


def _named(layer: Activation) -> str:
    names = {"relu": "ReLU", "tanh": "tanh", "logistic": "logistic", "leaky": "leaky ReLU"}
    slope = f", slope {layer.slope:g}" if layer.slope else ""
    return names.get(layer.kind, "PReLU") + (f"{slope} at first, learned" if "prelu" in layer.kind else slope)


def _kernels(one: Traced) -> str:
    if one.layer.several:
        return f"{one.layer.kind_name} of {' and '.join(one.inputs)}"
    kernels = one.kernels
    if kernels is None:
        return ""
    groups = f", {kernels.groups} groups" if kernels.groups > 1 else ""
    stride = f", stride {kernels.stride}" if kernels.stride > 1 else ""
    return f"{kernels.filters} of {kernels.side} \N{MULTIPLICATION SIGN} {kernels.side}{stride}{groups}"


def _sides(shape: Shape) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(str(side) for side in (*shape[1:], shape[0]))
