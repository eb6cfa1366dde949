"""Findings of a regression check: one for each item it looked at, sound or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["regression", "error", "advisory", "not judged", "ok"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of a check: its subject, its state before and now, and the severity of the change."""

    suite: str
    subject: str  # "cell cnn.top1", "claim a07", "probe cnn", "suite"
    severity: Severity
    said: str  # one sentence for people
    before: str = ""  # as displayed
    now: str = ""
    ref: str = ""  # the paper's reference, where the item has one


@dataclass(frozen=True, slots=True)
class Checked:
    """All findings of one check, with the baseline's name."""

    baseline: str
    scale: str
    findings: tuple[Finding, ...]
    seconds: dict[str, float]
    """Seconds of computing for each suite; suites that share a job count it each."""
    took_s: float
    """Seconds of the whole check by the clock. Jobs run side by side, so that suites together may take longer."""
