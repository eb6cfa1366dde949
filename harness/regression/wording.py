"""What everything that tells of a check says alike: the order of gravity, the counts, and one finding in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from harness.regression.finding import Finding, Severity

GRAVEST_FIRST: tuple[Severity, ...] = get_args(Severity)
FAILING: tuple[Severity, ...] = ("regression", "error")
"""Of these one is enough for a check not to pass."""
_PLURALS = {"regression": "regressions", "error": "errors", "advisory": "advisories"}


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Regressions before errors before all that passed, and else in the order in which they were found."""
    return sorted(findings, key=lambda finding: GRAVEST_FIRST.index(finding.severity))


def counted(findings: Iterable[Finding], severities: Iterable[Severity] = GRAVEST_FIRST) -> str:
    """`2 regressions, 1 error`: how many there are of each severity that occurs; empty where none does."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(said_of(counts[severity], severity) for severity in severities if counts[severity])


def said_of(count: int, severity: Severity) -> str:
    """A count with its severity, in the plural where it has one."""
    return f"{count:,} {severity if count == 1 else _PLURALS.get(severity, severity)}"


def in_full(finding: Finding) -> str:
    """What was said, and whatever else is known, one thing a line."""
    known = {"before": finding.before, "now": finding.now, "reference": finding.ref}
    return "\n".join([finding.said, *(f"{name}: {value}" for name, value in known.items() if value)])


def without_controls(text: str) -> str:
    """The text with what would hide, reorder or overwrite some of it written as its number, such as `#x1B`."""
    lines = text.replace("\r\n", "\n")
    return "".join(letter if letter.isprintable() or letter == "\n" else f"#x{ord(letter):02X}" for letter in lines)
