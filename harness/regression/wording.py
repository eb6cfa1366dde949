"""Wording shared by all reports of a check: the order of severities, counts, and one finding in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from harness.regression.finding import Finding, Severity

GRAVEST_FIRST: tuple[Severity, ...] = get_args(Severity)
FAILING: tuple[Severity, ...] = ("regression", "error")
"""Severities of which one finding makes a check fail."""
_PLURALS = {"regression": "regressions", "error": "errors", "advisory": "advisories"}


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by falling severity; those of equal severity keep their order."""
    return sorted(findings, key=lambda finding: GRAVEST_FIRST.index(finding.severity))


def counted(findings: Iterable[Finding], severities: Iterable[Severity] = GRAVEST_FIRST) -> str:
    """Count the findings of each severity that occurs, such as `2 regressions, 1 error`; empty without any."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(said_of(counts[severity], severity) for severity in severities if counts[severity])


def said_of(count: int, severity: Severity) -> str:
    """Format a count with its severity, in the plural where it has one.

    >>> said_of(2, "advisory")
    '2 advisories'
    """
    return f"{count:,} {severity if count == 1 else _PLURALS.get(severity, severity)}"


def in_full(finding: Finding) -> str:
    """Format a finding with everything known about it, one entry per line."""
    known = {"before": finding.before, "now": finding.now, "reference": finding.ref}
    return "\n".join([finding.said, *(f"{name}: {value}" for name, value in known.items() if value)])


def without_controls(text: str) -> str:
    """Replace each character that could hide, reorder or overwrite text by its number, such as `#x1B`."""
    lines = text.replace("\r\n", "\n")
    return "".join(letter if letter.isprintable() or letter == "\n" else f"#x{ord(letter):02X}" for letter in lines)
