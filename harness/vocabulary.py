"""Words that suites, plans, jobs and reports share: scales, metrics, numbers as printed, and the nearest known name."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

ScaleName = Literal["paper", "subset", "small", "ci"]
SCALES: tuple[ScaleName, ...] = ("paper", "subset", "small", "ci")
"""The four sizes of world that a suite can run in, from the largest to the smallest."""


class Metric(NamedTuple):
    """How a metric is written and read."""

    unit: str
    direction: Literal["lower", "higher"]
    """Which way is better."""
    label: str


METRICS: dict[str, Metric] = {
    "top1_error": Metric("%", "lower", "Top-1 error"),
    "top5_error": Metric("%", "lower", "Top-5 error"),
    "cross_entropy": Metric("nats", "lower", "Cross-entropy"),
}
"""What can be measured of a trained net on a split."""


MEMBERS = {metric: f"members_{metric}" for metric in METRICS}
"""The name of the mean, over an ensemble's nets, of what each has by itself: what averaging is to be set against."""


def guessing(classes: int) -> dict[str, float]:
    """Every metric of a net that gives all classes the same probability, by its name, in the metric's unit."""
    return {
        "top1_error": 100 * (1 - 1 / classes),
        "top5_error": 100 * (1 - min(5, classes) / classes),
        "cross_entropy": math.log(classes),
    }


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the nearest of the known names, or their list when there are few and none is near."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""
