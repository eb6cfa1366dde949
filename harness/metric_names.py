"""What can be measured of a trained net on a split: `METRICS` maps a metric's name to its unit, direction and label."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple


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
MEMBERS = {metric: f"members_{metric}" for metric in METRICS}
"""The name of the mean, over an ensemble's nets, of what each has by itself: what averaging is to be set against."""


def guessing(classes: int) -> dict[str, float]:
    """Every metric of a net that gives all classes the same probability, by its name, in the metric's unit."""
    return {
        "top1_error": 100 * (1 - 1 / classes),
        "top5_error": 100 * (1 - min(5, classes) / classes),
        "cross_entropy": math.log(classes),
    }
