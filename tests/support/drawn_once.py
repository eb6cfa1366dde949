"""Learning curves drawn once, which the many tests that render the same sample would otherwise each draw anew."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.report.page.curves import Panel, Range, Seeds


@functools.cache
def drawing_once() -> Callable[[str, str, Seeds, Range, str], Panel]:
    """Return the drawing of a panel that draws the same points only once in a process.

    Points whose keys are in another order are drawn anew, so that a test of that order can fail.
    """
    from harness.report.page import curves

    draw = curves._panel
    known: dict[tuple[str, str, str, Range, str], Panel] = {}

    def panel(experiment: str, metric: str, seeds: Seeds, extent: Range, name: str) -> Panel:
        key = experiment, metric, json.dumps(seeds), extent, name
        if key not in known:
            known[key] = draw(experiment, metric, seeds, extent, name)
        return known[key]

    return panel
