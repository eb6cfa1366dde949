"""Draws how many times as long one arm of a claim takes as the other, at every training error."""

from __future__ import annotations

import functools
from statistics import median

from harness.report.page.numbers import plain
from harness.report.page.theme import MUTED, SERIES, blank_figure, page_settings, svg_data_uri
from harness.report.results.verdict_records import ClaimRecord

_WIDTH_IN, _HEIGHT_IN = 3.6, 2.0
_TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20)


def threshold_words(claim: ClaimRecord) -> str:
    """The content of the picture in words, for those who do not see it; empty where there is no picture."""
    said = [f"{plain(median(one.ratios))} at {plain(one.train_error)}%" for one in claim.thresholds]
    return f"Median ratio of epochs by training error: {', '.join(said)}" if said else ""


def threshold_chart(claim: ClaimRecord) -> str | None:
    """Ratios of epochs against training error as a data URI: dots are seeds, the line their median; None without."""
    found = tuple((one.train_error, tuple(one.ratios)) for one in claim.thresholds)
    return _drawn(found, threshold_words(claim)) if found else None


@functools.lru_cache(maxsize=64)
def _drawn(thresholds: tuple[tuple[float, tuple[float, ...]], ...], words: str) -> str:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator  # noqa: PLC0415 - slow to import

    errors = [error for error, _ in thresholds]
    with page_settings():
        figure = blank_figure(_WIDTH_IN, _HEIGHT_IN)
        axes = figure.add_axes((0.15, 0.25, 0.82, 0.7))
        axes.patch.set_visible(False)
        axes.set_yscale("log")
        axes.axhline(1, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)))
        for error, ratios in thresholds:
            axes.plot([error] * len(ratios), ratios, ".", color=SERIES, alpha=0.5, markersize=4)
        axes.plot(errors, [median(ratios) for _, ratios in thresholds], color=SERIES, linewidth=1.6)
        axes.set_xlim(max(errors) + 3, min(errors) - 3)  # as training goes
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(FixedLocator(_TICKS))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("training error, %")
        axes.set_ylabel("epochs, slow / fast")
        return svg_data_uri(figure, "Ratio of epochs against training error", words)
