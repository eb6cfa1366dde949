"""The page's colours for matplotlib, whose SVG takes them up again wherever it is read: light or dark."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Shade(NamedTuple):
    """One colour of the style sheet: a placeholder that stands for it in a drawing, and its light and dark value."""

    placeholder: str
    light: str
    dark: str


SHADES = {
    "ink": Shade("#010101", "#1c1b19", "#e9e6df"),
    "muted": Shade("#020202", "#5d5a54", "#aaa69c"),
    "grid": Shade("#030303", "#e4e1da", "#2c2e33"),
    "series": Shade("#040404", "#1d4f86", "#8ab8ee"),
    "amber": Shade("#050505", "#7f5600", "#dfb25a"),
    "violet": Shade("#060606", "#74399a", "#cb9be8"),
    "green": Shade("#070707", "#1b6b3a", "#6fc98f"),
    "red": Shade("#080808", "#b0261c", "#f48d83"),
    "margin": Shade("#090909", "#dcd8cd", "#393b41"),
}
"""By the name of the page's variable; `grid` is its hair line."""

INK, MUTED, GRID, SERIES, AMBER, VIOLET, GREEN, RED, MARGIN = (shade.placeholder for shade in SHADES.values())
ARMS: tuple[tuple[str, Any], ...] = (
    (SERIES, "-"),
    (AMBER, "--"),
    (VIOLET, "-."),
    (GREEN, ":"),
    (RED, (0, (6, 1.5, 1, 1.5, 1, 1.5))),
)
"""Colour and dashes of the first, second, ... of several things in one chart; never told apart by colour alone."""

_SETTINGS: Any = {  # matplotlib types its keys one by one
    "svg.fonttype": "none",
    "svg.hashsalt": "harness",
    "path.simplify": True,
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that every machine leaves text the same room
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "text.color": MUTED,
    "xtick.color": MUTED,
    "xtick.labelsize": 10,
    "ytick.color": MUTED,
    "ytick.labelsize": 10,
}
_FONT = re.compile(r"'DejaVu Sans'(?:, [^;\"]*)?")
_FONTS = "-apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
_ABOUT = re.compile(r"^.*?(?=<svg\b)|\s*<metadata>.*?</metadata>", re.DOTALL)
_LONG = re.compile(r"(?<![\w#])(-?\d+\.\d{2})\d+")  # a hundredth of a point is finer than any screen
_ATTRIBUTE = re.compile(r"=\"(?!data:)[^\"]*\"")


@contextmanager
def page_settings() -> Iterator[None]:
    """Draw with the page's settings and nothing that a user or a session has set; put back at the end."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, and a suite without pictures never needs it

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def blank_figure(width_in: float, height_in: float) -> Figure:
    """A figure without a ground of its own."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - see page_settings

    figure = Figure(figsize=(width_in, height_in))
    figure.patch.set_visible(False)
    return figure


def svg_data_uri(figure: Figure, title: str, description: str) -> str:
    """The figure as an SVG that stands alone and follows the reader's light or dark scheme, as a data URI.

    To be called within `page_settings`. The same drawing gives the same bytes on every day.
    """
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    svg = _ABOUT.sub("", written.getvalue())
    svg = _ATTRIBUTE.sub(lambda found: _ours(found[0]), svg)
    opening, rest = svg.split(">", 1)
    about = f"<title>{escape(title)}</title><desc>{escape(description)}</desc><style>{_style()}</style>"
    whole = f'{opening} role="img">{about}{rest}'
    return "data:image/svg+xml;base64," + base64.b64encode(whole.encode("utf-8", "xmlcharrefreplace")).decode()


def _ours(attribute: str) -> str:
    """One attribute with the page's fonts and colours, and no more digits than can be seen."""
    text = _LONG.sub(r"\1", _FONT.sub(_FONTS, attribute))
    for name, shade in SHADES.items():
        text = text.replace(shade.placeholder, f"var(--{name})")
    return text


def _style() -> str:
    light, dark = (
        "".join(f"--{name}:{getattr(shade, scheme)};" for name, shade in SHADES.items()) for scheme in ("light", "dark")
    )
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
