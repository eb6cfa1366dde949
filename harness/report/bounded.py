"""Cuts intervals of errors at 0 and 100 where they are shown; results.json holds them as they were computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from harness.report.results.verdict_records import CellRecord
from harness.vocabulary import METRICS

Bounds: TypeAlias = tuple[float | None, float | None]
LEAST, MOST = 0.0, 100.0


def is_error(cell: CellRecord) -> bool:
    """Whether a cell is an error in percent, which lies between 0 and 100 whatever an interval computes."""
    metric = METRICS.get((cell.metric or "").removeprefix("members_"))
    return metric is not None and metric.unit == cell.unit == "%"


def bounded(cell: CellRecord, ends: Sequence[float | None] | None) -> Bounds:
    """Both ends of an interval of a cell as they are shown; those of an error are cut at 0 and 100.

    An end is None where it is open, both where there is no interval.
    """
    low, high = ends or (None, None)
    if is_error(cell):
        low, high = (None if end is None else min(max(end, LEAST), MOST) for end in (low, high))
    return low, high


def cut_in_words(cell: CellRecord, ends: Sequence[float | None] | None) -> str:
    """Where an interval was cut, such as `cut at 0`; empty where it was not."""
    shown = bounded(cell, ends)
    changed = [
        f"{end:g}" for end, computed in zip(shown, ends or (), strict=False) if end is not None and end != computed
    ]
    return f"cut at {' and '.join(changed)}" if changed else ""
