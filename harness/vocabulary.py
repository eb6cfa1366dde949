"""Words shared by suites, plans, jobs and reports: scales, metrics, and suggestions for unknown names."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

ScaleName = Literal["paper", "subset", "small", "ci"]
SCALES: tuple[ScaleName, ...] = ("paper", "subset", "small", "ci")
"""The four scales of a suite, from the largest to the smallest."""


class Metric(NamedTuple):
    """The unit, direction and label of a metric."""

    unit: str
    direction: Literal["lower", "higher"]
    """Whether a lower or a higher value is better."""
    label: str


METRICS: dict[str, Metric] = {
    "top1_error": Metric("%", "lower", "Top-1 error"),
    "top5_error": Metric("%", "lower", "Top-5 error"),
    "cross_entropy": Metric("nats", "lower", "Cross-entropy"),
}
"""Metrics of a trained net on a split, by name."""


MEMBERS = {metric: f"members_{metric}" for metric in METRICS}
"""Names of the mean metric of an ensemble's single nets, which shows the effect of averaging."""


def guessing(classes: int) -> dict[str, float]:
    """Return each metric of a net that gives all classes the same probability, by its name, in the metric's unit.

    >>> guessing(10)["top1_error"]
    90.0
    """
    return {
        "top1_error": 100 * (1 - 1 / classes),
        "top5_error": 100 * (1 - min(5, classes) / classes),
        "cross_entropy": math.log(classes),
    }


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name, or list the known names where they are few and none is near.

    >>> nearest("smal", ["paper", "small"])
    "; did you mean 'small'?"
    """
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""
