"""Learning curves drawn once, which the many tests that render the same sample would otherwise each draw anew."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.report.page.curves import Panel, Range, Seeds


@functools.cache
def drawing_once() -> Callable[..., Panel]:
    """Return the drawing of a panel that draws the same points only once in a process.

    Points whose keys are in another order are drawn anew, so that a test of that order can fail.
    """
    from harness.report.page import curves

    draw = curves.overlaid
    known: dict[str, Panel] = {}

    def panel(
        arms: Mapping[str, Seeds],
        metric: str,
        extent: Range,
        name: str,
        thresholds: Sequence[float] = (),
        steps: Mapping[str, float] = MappingProxyType({}),
    ) -> Panel:
        key = json.dumps([arms, metric, repr(extent), name, list(thresholds), dict(steps)])
        if key not in known:
            known[key] = draw(arms, metric, extent, name, thresholds, steps)
        return known[key]

    return panel
