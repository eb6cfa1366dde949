"""Sets what a run cost on the page: watts, joules and bytes as people read them, and power drawn over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from harness.machine.gpu_summary import is_summary
from harness.report.page.numbers import ABSENT, plain
from harness.report.results.record import Json

NOT_MEASURED = "not measured"
WIDTH, HEIGHT = 120, 22
"""The size of a drawing of power over time, in pixels."""


def measured_gpu(document: Json | None) -> Json | None:
    """Telemetry in the form that this version knows; None for any other, which is then shown as not measured."""
    return document if is_summary(document) else None


def energy(joules: float | None) -> str:
    """Energy in kilowatt-hours where it is much, else in joules; what was not measured says so, and is never 0."""
    if joules is None:
        return NOT_MEASURED
    kwh = joules / 3.6e6
    return f"{kwh:.3g} kWh" if kwh >= 0.01 else f"{plain(joules)} J"


def watts(power: Mapping[str, Any] | None) -> str:
    """Mean and largest power."""
    if power is None or power["mean_power_w"] is None:
        return ABSENT
    largest = power["max_power_w"]
    return f"{power['mean_power_w']:.0f} W" + (f", at most {largest:.0f} W" if largest is not None else "")


def gibibytes(count: float | None) -> str:
    """Memory."""
    return ABSENT if count is None else f"{count / 2**30:.3g} GiB"


def power_drawn(gpu: Mapping[str, Any] | None) -> Markup | None:
    """Power over time, on its own scale from 0 W to the largest; None where fewer than two values are there."""
    points = [] if gpu is None else _points(gpu["series"])
    if len(points) < 2:
        return None
    last, most = points[-1][0] or 1.0, max(power for _, power in points) or 1.0
    line = " ".join(f"{WIDTH * time / last:.1f},{HEIGHT - HEIGHT * power / most:.1f}" for time, power in points)
    return Markup(  # noqa: S704 - numbers that were formatted here, and nothing else
        f'<svg class="power" width="{WIDTH}" height="{HEIGHT}" viewBox="0 -1 {WIDTH} {HEIGHT + 2}" role="img" '
        f'aria-label="Power over time, 0 to {most:.0f} W"><polyline class="stroke-series" fill="none" '
        f'stroke-width="1.2" points="{line}"/></svg>'
    )


def _points(series: Mapping[str, Any]) -> Sequence[tuple[float, float]]:
    time, power = (series["columns"].index(name) for name in ("time_s", "power_w"))
    return [(row[time], row[power]) for row in series["rows"] if row[time] is not None and row[power] is not None]
