"""The summary of a GPU's readings during a job: energy, means, peaks, throttling and a short time series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.machine.nvml import Reading

ROWS = 120
"""The largest number of rows of a series; a longer one is thinned by averaging neighbours."""
COLUMNS = ("time_s", "power_w", "utilisation_percent", "memory_bytes", "clock_mhz", "temperature_c")
"""Columns of a series. Memory and temperature are the maximum over the time of a row, the others means."""

Summary = dict[str, Any]
_NUMBERS = ("samples", "energy_j", "mean_power_w", "max_power_w", "mean_utilisation_percent", "peak_memory_bytes",
            "mean_clock_mhz", "max_temperature_c", "throttled_s", "interval_s")  # fmt: skip
"""Numbers of a summary that may be null."""


@dataclass(slots=True)
class Tally:
    """Running totals over the readings of one process."""

    first_s: float = 0.0
    last: Reading | None = None
    """The last reading that was not empty."""
    samples: int = 0
    counted_j: float = 0.0
    counter_is_sound: bool = True
    """False once the energy counter ran backwards, as it does when the driver is reloaded."""
    integrated_j: float = 0.0
    powered_s: float = 0.0
    """Seconds between readings that both have a power."""
    slowed_s: dict[str, float] = field(default_factory=dict)
    """Throttled seconds by reason; `any` counts all reasons together."""
    rows: list[list[float | None]] = field(default_factory=list)
    counter: float | None = None
    """Last value of the energy counter."""
    largest: dict[str, float] = field(default_factory=dict)
    sums: dict[str, tuple[float, int]] = field(default_factory=dict)

    def add(self, now: Reading) -> None:
        """Add a reading, later than all before; an empty one is ignored."""
        if now.empty:
            return
        if self.last is None:
            self.first_s = now.time_s
        else:
            self._interval(self.last, now)
        self._count(now.counter_j)
        for name in COLUMNS[1:]:
            if (value := getattr(now, name)) is not None:
                self.largest[name] = max(value, self.largest.get(name, value))
                total, count = self.sums.get(name, (0.0, 0))
                self.sums[name] = (total + value, count + 1)
        self.last, self.samples = now, self.samples + 1
        self.rows.append([now.time_s - self.first_s, *(getattr(now, name) for name in COLUMNS[1:])])
        if len(self.rows) > 8 * ROWS:  # keeps memory bounded for jobs of any length
            self.rows = thinned(self.rows, 4 * ROWS)

    def _interval(self, before: Reading, now: Reading) -> None:
        passed_s = now.time_s - before.time_s
        if before.power_w is not None and now.power_w is not None:
            self.integrated_j += passed_s * (before.power_w + now.power_w) / 2
            self.powered_s += passed_s
        if now.slowed_by is not None:
            self.slowed_s["any"] = self.slowed_s.get("any", 0.0) + (passed_s if now.slowed_by else 0.0)
        for reason in now.slowed_by or ():
            self.slowed_s[reason] = self.slowed_s.get(reason, 0.0) + passed_s

    def _count(self, counter_j: float | None) -> None:
        if counter_j is None:
            return
        if self.counter is not None:
            self.counter_is_sound &= counter_j >= self.counter
            self.counted_j += max(0.0, counter_j - self.counter)
        self.counter = counter_j

    def energy(self) -> tuple[float | None, str | None]:
        """Return the energy in joules and its source: the GPU's own counter, otherwise power integrated over time."""
        if self.counter_is_sound and self.counted_j > 0:
            return self.counted_j, "energy counter of the GPU"
        if self.powered_s > 0:
            return self.integrated_j, "power integrated over time"
        return None, None

    def summary(self) -> Summary | None:
        """Return the totals as plain data, with null for unknown values; None without readings."""
        if self.last is None:
            return None
        energy_j, source = self.energy()
        slowed = self.slowed_s.get("any")
        power_w = self.integrated_j / self.powered_s if self.powered_s > 0 else self._mean("power_w")
        return {
            "measured_s": round(self.last.time_s - self.first_s, 3),
            "samples": self.samples,
            "energy_j": None if energy_j is None else round(energy_j, 3),
            "energy_from": source,
            "mean_power_w": _rounded(power_w),
            "max_power_w": _rounded(self.largest.get("power_w")),
            "mean_utilisation_percent": _rounded(self._mean("utilisation_percent")),
            "peak_memory_bytes": self.largest.get("memory_bytes"),
            "mean_clock_mhz": _rounded(self._mean("clock_mhz")),
            "max_temperature_c": self.largest.get("temperature_c"),
            "throttled_s": None if slowed is None else round(slowed, 3),
            "throttled_by": {name: round(s, 3) for name, s in sorted(self.slowed_s.items()) if name != "any" and s},
            "series": {"columns": list(COLUMNS), "rows": [list(map(_rounded, row)) for row in thinned(self.rows)]},
        }

    def _mean(self, name: str) -> float | None:
        total, count = self.sums.get(name, (0.0, 0))
        return total / count if count else None


def joined(sessions: Sequence[Summary]) -> Summary | None:
    """Join the summaries of the processes that ran one job in turn; None without any."""
    if not sessions:
        return None
    whole = {name: _added(sessions, name) for name in ("measured_s", "samples", "energy_j", "throttled_s")}
    means = ("mean_power_w", "mean_utilisation_percent", "mean_clock_mhz")
    largest = ("max_power_w", "peak_memory_bytes", "max_temperature_c", "interval_s")
    reasons = sorted({reason for one in sessions for reason in one["throttled_by"]})
    return {
        **whole,
        **{name: _weighted(sessions, name) for name in means},
        **{name: max((one[name] for one in sessions if one[name] is not None), default=None) for name in largest},
        "energy_from": "; ".join(dict.fromkeys(filter(None, (one["energy_from"] for one in sessions)))) or None,
        "throttled_by": {name: sum(one["throttled_by"].get(name, 0.0) for one in sessions) for name in reasons},
        "gpus": list(dict.fromkeys(name for one in sessions for name in one["gpus"])),
        "shared": any(one["shared"] for one in sessions),
        "ended": "; ".join(dict.fromkeys(filter(None, (one["ended"] for one in sessions)))) or None,
        "series": {"columns": list(COLUMNS), "rows": _end_to_end(sessions)},
    }


def shared_among(summary: Summary, jobs: int) -> Summary:
    """Give a job its part of the energy where several at a time shared the GPU, whose power is not told by process."""
    if jobs == 1 or summary["energy_j"] is None:
        return summary
    energy_j = round(summary["energy_j"] / jobs, 3)
    return summary | {"energy_j": energy_j, "energy_from": f"{summary['energy_from']}, 1/{jobs} of it"}


def is_summary(document: Any) -> bool:
    """Check that plain data from a file have the shape and types that `joined` returns and readers expect."""
    if not isinstance(document, dict) or not isinstance(series := document.get("series"), dict):
        return False
    by_reason, rows = document.get("throttled_by"), series.get("rows")
    if not (isinstance(by_reason, dict) and isinstance(rows, list) and series.get("columns") == list(COLUMNS)):
        return False
    texts = [document.get(name) for name in ("energy_from", "ended")]
    numbers = [document.get(name) for name in _NUMBERS] + [
        number for row in rows if isinstance(row, list) for number in row
    ]
    return (
        _is_number(document.get("measured_s"))
        and all(isinstance(row, list) and len(row) == len(COLUMNS) and _is_number(row[0]) for row in rows)
        and all(number is None or _is_number(number) for number in numbers)
        and all(text is None or isinstance(text, str) for text in texts)
        and all(map(_is_number, by_reason.values()))
        and isinstance(names := document.get("gpus"), list)
        and all(isinstance(name, str) for name in names)
        and isinstance(document.get("shared"), bool)
        and all(name in document for name in (*_NUMBERS, "energy_from", "ended"))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def thinned(rows: list[list[float | None]], at_most: int = ROWS) -> list[list[float | None]]:
    """Merge neighbouring rows of a series until at most `at_most` remain."""
    while len(rows) > at_most:
        rows = [_one_row(rows[place : place + 2]) for place in range(0, len(rows), 2)]
    return rows


def _one_row(rows: list[list[float | None]]) -> list[float | None]:
    known = [[value for value in column if value is not None] for column in zip(*rows, strict=True)]
    largest = ("memory_bytes", "temperature_c")
    return [
        None if not values else max(values) if name in largest else sum(values) / len(values)
        for name, values in zip(COLUMNS, known, strict=True)
    ]


def _end_to_end(sessions: Sequence[Summary]) -> list[list[float | None]]:
    rows, start = list[list[float | None]](), 0.0
    for one in sessions:
        rows += [[start + row[0], *row[1:]] for row in one["series"]["rows"]]
        start += one["measured_s"]
    return [list(map(_rounded, row)) for row in thinned(rows)]


def _added(sessions: Sequence[Summary], name: str) -> float | None:
    known = [one[name] for one in sessions if one[name] is not None]
    return round(sum(known), 3) if known else None


def _weighted(sessions: Sequence[Summary], name: str) -> float | None:
    """Return the mean of a number, weighted by the length of each session that has it."""
    known = [(one[name], max(one["measured_s"], 1e-9)) for one in sessions if one[name] is not None]
    return _rounded(sum(value * s for value, s in known) / sum(s for _, s in known)) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
