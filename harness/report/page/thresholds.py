"""The picture beside a claim about convergence: how many times as long one arm takes, at every training error."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from statistics import median
from typing import Any

from harness.report.page.numbers import plain
from harness.report.page.theme import MUTED, SERIES, blank_figure, page_settings, svg_data_uri

_WIDTH_IN, _HEIGHT_IN = 3.6, 2.0
_TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20)


def threshold_words(claim: Mapping[str, Any]) -> str:
    """What the picture shows, for those who do not see it; empty without one."""
    found = claim.get("thresholds") or []
    said = [f"{plain(median(one['ratios']))} at {plain(one['train_error'])}%" for one in found]
    return f"Median ratio of epochs by training error: {', '.join(said)}" if said else ""


def threshold_chart(claim: Mapping[str, Any]) -> str | None:
    """Ratios of epochs against training error as a data URI: dots are seeds, the line their median; None without."""
    found = claim.get("thresholds") or []
    return _drawn(json.dumps(found), threshold_words(claim)) if found else None


@functools.lru_cache(maxsize=64)
def _drawn(thresholds: str, words: str) -> str:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator  # noqa: PLC0415 - slow to import

    found = json.loads(thresholds)
    errors = [one["train_error"] for one in found]
    with page_settings():
        figure = blank_figure(_WIDTH_IN, _HEIGHT_IN)
        axes = figure.add_axes((0.15, 0.25, 0.82, 0.7))
        axes.patch.set_visible(False)
        axes.set_yscale("log")
        axes.axhline(1, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)))
        for one in found:
            axes.plot(
                [one["train_error"]] * len(one["ratios"]), one["ratios"], ".", color=SERIES, alpha=0.5, markersize=4
            )
        axes.plot(errors, [median(one["ratios"]) for one in found], color=SERIES, linewidth=1.6)
        axes.set_xlim(max(errors) + 3, min(errors) - 3)  # as training goes
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(FixedLocator(_TICKS))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("training error, %")
        axes.set_ylabel("epochs, slow / fast")
        return svg_data_uri(figure, "Ratio of epochs against training error", words)
