"""What a regression check found: one finding for each thing it looked at, sound or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["regression", "error", "advisory", "not judged", "ok"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check looked at: what, where it stood before, where it stands now, and what follows."""

    suite: str
    subject: str  # "cell cnn.top1", "claim a07", "probe cnn", "suite"
    severity: Severity
    said: str  # one sentence for people
    before: str = ""  # as shown
    now: str = ""
    ref: str = ""  # the paper's reference, where there is one


@dataclass(frozen=True, slots=True)
class Checked:
    """All findings of one check, with the baseline's name and how long each suite took."""

    baseline: str
    scale: str
    findings: tuple[Finding, ...]
    seconds: dict[str, float]
