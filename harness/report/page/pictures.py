"""Pictures of what trained nets see and say: kernels, panels of test images, nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.report.page.numbers import plain
from harness.report.page.theme import AMBER, INK, MARGIN, MUTED, SERIES, blank_figure, page_settings, svg_data_uri

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Arrays = Mapping[str, NDArray[Any]]
"""The arrays that an inspection stored, by name."""
Pixels = NDArray[np.uint8]

LARGEST_SIDE = 64
"""Pixels of a small picture; a page with hundreds of images stays small."""
_COLUMNS = 16  # of kernels, as in AlexNet's Figure 3
_PANEL_COLUMNS = 4  # as in AlexNet's Figure 4
_TILE, _BELOW = 0.62, 0.2  # inches of a neighbour, and for the name below it
_LETTERS = 20  # of a class name below a small picture


class Picture(NamedTuple):
    """A picture, and what it shows for those who do not see it."""

    data_uri: str
    alt: str


def kernels(arrays: Arrays, title: str) -> Picture:
    """Every kernel [n, c, k, k], row after row and group below group, each stretched to its own darkest and lightest.

    Kernels of other depths than one and three are shown as the mean over their maps.
    """
    found, groups = arrays["kernels"], int(arrays["groups"])
    columns = min(_COLUMNS, max(1, len(found) // groups))
    rows = [_tiled(group, columns) for group in np.split(found, groups)]
    tile = min(0.42, 6.6 / columns)
    heights = [tile * len(row) / (found.shape[-1] + 1) for row in rows]
    left, gap = (0.85 if groups > 1 else 0.0), 0.14
    with page_settings():
        figure = blank_figure(left + tile * columns, sum(heights) + gap * (groups - 1))
        bottom = sum(heights) + gap * (groups - 1)
        for number, (row, height) in enumerate(zip(rows, heights, strict=True), start=1):
            bottom -= height
            _show(_placed(figure, left, bottom, tile * columns, height), row)
            if groups > 1:
                figure.text(0, (bottom + height / 2) / figure.get_figheight(), f"group {number}", va="center")
            bottom -= gap
        said = f"{len(found)} kernels of {found.shape[-1]} x {found.shape[-1]} in {groups} group{'s' * (groups > 1)}"
        return Picture(svg_data_uri(figure, title, said), said)


def panel(arrays: Arrays, title: str) -> Picture:
    """Test images with their true label and, as bars, the labels that the net finds most probable."""
    names, count, bars = arrays["class_names"], len(arrays["images"]), arrays["top"].shape[1]
    columns = min(_PANEL_COLUMNS, max(1, count))
    width, height = 1.75, 1.45 + 0.2 * bars
    with page_settings():
        figure = blank_figure(width * columns, height * -(-count // columns))
        for place in range(count):
            row, column = divmod(place, columns)
            left, bottom = width * column, figure.get_figheight() - height * (row + 1)
            _show(
                _placed(figure, left + 0.33, bottom + 0.34 + 0.2 * bars, 1.0, 1.0), _thumbnail(arrays["images"][place])
            )
            axes = _placed(figure, left + 0.06, bottom + 0.08, width - 0.12, 0.2 * bars)
            label = int(arrays["labels"][place])
            axes.set_title(_short(names[label]), fontsize=9, color=INK, fontweight="bold", pad=3)
            _bars(axes, arrays["top"][place], arrays["probabilities"][place], label, names)
        said = "; ".join(_said(arrays, place) for place in range(count))
        return Picture(svg_data_uri(figure, title, said), said)


def neighbours(arrays: Arrays, title: str) -> Picture:
    """Each query in a row, with the training images nearest to it in features and then in pixels, nearest first."""
    count, each = arrays["feature_labels"].shape
    head, gap = 0.24, 0.2
    lefts = {"": 0.0, "feature": _TILE + gap, "pixel": (1 + each) * _TILE + 2 * gap}
    with page_settings():
        figure = blank_figure(_TILE * (1 + 2 * each) + 2 * gap, head + count * (_TILE + _BELOW))
        wide, high = figure.get_size_inches()
        for kind, left in lefts.items():
            heading = f"nearest in {kind}s" if kind else "query"
            figure.text(left / wide, 1 - 0.16 / high, heading, fontsize=9, color=INK)
            for row in range(count):
                _strip(figure, arrays, kind, row, (left, high - head - row * (_TILE + _BELOW) - _TILE))
        said = "; ".join(_rows_said(arrays))
        return Picture(svg_data_uri(figure, title, said), said)


def _strip(figure: Figure, arrays: Arrays, kind: str, row: int, corner: tuple[float, float]) -> None:
    """The images of one row and kind from a corner, in inches, to the right; of no kind, the query itself."""
    prefix = f"{kind}_" if kind else ""
    labels, images = np.atleast_1d(arrays[f"{prefix}labels"][row]), arrays[f"{prefix}images"][row]
    for column, image in enumerate(images if kind else [images]):
        axes = _placed(figure, corner[0] + column * _TILE, corner[1], _TILE - 0.05, _TILE - 0.05)
        _show(axes, _thumbnail(image))
        same = bool(labels[column] == arrays["labels"][row])
        _labelled(axes, arrays["class_names"][labels[column]], same=same)


def _placed(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place in inches, without frame or ticks."""
    wide, high = figure.get_size_inches()
    axes = figure.add_axes((left / wide, bottom / high, width / wide, height / high))
    axes.set_axis_off()
    return axes


def _show(axes: Axes, pixels: Pixels) -> None:
    """Every pixel as it is: the browser enlarges it, in squares."""
    axes.imshow(pixels, interpolation="none", aspect="equal")


def _tiled(kernels: NDArray[Any], columns: int) -> Pixels:
    """Kernels [n, c, k, k] in rows as RGBA [rows (k + 1), columns (k + 1), 4], see-through between them."""
    side = kernels.shape[-1]
    rows = -(-len(kernels) // columns)
    found = np.zeros((rows * (side + 1), columns * (side + 1), 4), np.uint8)
    for place, kernel in enumerate(kernels):
        top, left = (side + 1) * (place // columns), (side + 1) * (place % columns)
        found[top : top + side, left : left + side] = _stretched(kernel)
    return found


def _stretched(kernel: NDArray[Any]) -> Pixels:
    """One kernel [c, k, k] as opaque RGBA, its smallest weight black and its largest white; a constant one is grey."""
    colours = kernel if len(kernel) in (1, 3) else kernel.mean(0, keepdims=True)
    low, span = colours.min(), np.ptp(colours)
    levels = np.rint(255 * (colours - low) / span) if span else np.full_like(colours, 128)
    rgb = np.broadcast_to(levels.astype(np.uint8), (3, *levels.shape[1:]))
    return np.concatenate([rgb, np.full((1, *rgb.shape[1:]), 255, np.uint8)]).transpose(1, 2, 0)


def _thumbnail(image: Pixels) -> Pixels:
    """An image [C, H, W] as RGB [h, w, 3], no larger than a small picture."""
    from PIL import Image  # noqa: PLC0415 - only where a picture is drawn

    rgb = np.broadcast_to(image, (3, *image.shape[1:])) if len(image) == 1 else image
    small = Image.fromarray(np.ascontiguousarray(rgb.transpose(1, 2, 0)))
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(small)


def _bars(axes: Axes, top: Sequence[int], probabilities: Sequence[float], label: int, names: NDArray[Any]) -> None:
    """The most probable labels from above, their bars from 0 to 1; the true one in another colour and bold."""
    axes.set_xlim(0, 1)
    axes.set_ylim(len(top) - 0.5, -0.5)
    for place, (guess, probability) in enumerate(zip(top, probabilities, strict=True)):
        own = int(guess) == label
        axes.barh(place, 1, height=0.82, color=MARGIN, alpha=0.35)
        axes.barh(place, float(probability), height=0.82, color=AMBER if own else SERIES, alpha=0.4)
        weight = "bold" if own else "normal"
        axes.text(0.02, place, _short(names[guess]), va="center", fontsize=8, color=INK, fontweight=weight)


def _labelled(axes: Axes, name: str, *, same: bool) -> None:
    """The class below a picture; of another class than the query's, in italics behind a cross."""
    text = _short(name, 9) if same else f"\N{MULTIPLICATION SIGN} {_short(name, 7)}"
    colour, slant = (INK, "normal") if same else (MUTED, "italic")
    axes.text(0.5, -0.03, text, transform=axes.transAxes, ha="center", va="top", fontsize=7, color=colour, style=slant)


def _short(name: object, letters: int = _LETTERS) -> str:
    text = str(name)
    return text if len(text) <= letters else f"{text[: letters - 1]}\N{HORIZONTAL ELLIPSIS}"


def _said(arrays: Arrays, place: int) -> str:
    names = arrays["class_names"]
    pairs = zip(arrays["top"][place], arrays["probabilities"][place], strict=True)
    guesses = ", ".join(f"{names[guess]} {plain(100 * float(share), 0)}%" for guess, share in pairs)
    return f"{names[arrays['labels'][place]]}: {guesses}"


def _rows_said(arrays: Arrays) -> Iterator[str]:
    each = arrays["feature_labels"].shape[1]
    for row, label in enumerate(arrays["labels"]):
        same = [int((arrays[f"{kind}_labels"][row] == label).sum()) for kind in ("feature", "pixel")]
        name = arrays["class_names"][label]
        yield f"{name}: {same[0]} of {each} nearest in features have its class, {same[1]} of {each} nearest in pixels"
