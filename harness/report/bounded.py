"""Cuts intervals of errors at 0 and 100 where they are shown; results.json holds them as they were computed.

They are t intervals, which take values as normal and know of no bounds. Every verdict rests on the whole interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from harness.report.results.verdict_records import CellRecord
from harness.suite.known_metrics import metric_of

Bounds: TypeAlias = tuple[float | None, float | None]
LEAST, MOST = 0.0, 100.0
INTERVALS = ("interval", "tost_interval", "wilson", "prediction")
"""The intervals of a cell."""
NOTE = (
    "No error is below 0 or above 100, and intervals that take values as normal do not know it: here they are cut "
    "there. Verdicts rest on them as they were computed."
)
"""What a page says of its intervals, where one of them was cut."""


def is_error(metric: str | None, unit: str) -> bool:
    """Whether a number is an error in percent, which lies between 0 and 100 whatever an interval computes."""
    known = metric_of(metric or "")
    return known is not None and known.unit == unit == "%"


def cut(ends: Sequence[float | None] | None) -> Bounds:
    """Both ends of an interval of an error, those beyond 0 and 100 at these.

    An end is None where it is open, both where there is no interval.
    """
    low, high = (None if end is None else min(max(end, LEAST), MOST) for end in ends or (None, None))
    return low, high


def bounded(cell: CellRecord, ends: Sequence[float | None] | None) -> Bounds:
    """Both ends of an interval of a cell as they are shown; those of an error are cut at 0 and 100."""
    if is_error(cell.metric, cell.unit):
        return cut(ends)
    low, high = ends or (None, None)
    return low, high


def cut_in_words(cell: CellRecord, ends: Sequence[float | None] | None) -> str:
    """Where an interval was cut, such as `cut at 0`; empty where it was not."""
    shown = bounded(cell, ends)
    changed = [
        f"{end:g}" for end, computed in zip(shown, ends or (), strict=False) if end is not None and end != computed
    ]
    return f"cut at {' and '.join(changed)}" if changed else ""


def as_shown(cell: CellRecord) -> CellRecord:
    """The cell with every interval as it is shown."""
    ends = {name: getattr(cell, name) for name in INTERVALS}
    given = {name: list(bounded(cell, some)) for name, some in ends.items() if some is not None}
    return cell.model_copy(update=given)


def note_on(cells: Iterable[CellRecord]) -> str:
    """What to say where an interval of one of these is cut; empty where none is."""
    is_cut = any(cut_in_words(cell, getattr(cell, name)) for cell in cells for name in INTERVALS)
    return NOTE if is_cut else ""
