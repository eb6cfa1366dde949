"""The whole of curves.json: what trainings measured epoch by epoch."""

from __future__ import annotations

from typing import TypeAlias

from harness.report.results.record import Number, Pair

Point = Pair[Number | None]
"""Epoch and value; the value is null where it was not finite."""

SeedCurves: TypeAlias = dict[str, list[Point]]
"""By seed, the seed as text."""

Curves: TypeAlias = dict[str, dict[str, SeedCurves]]
"""By experiment and quantity (`train_loss`, `train_error`, `validation_error`)."""
