"""Findings shown on the terminal, and as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.progress import duration
from harness.regression.compare_probes import CHAOTIC
from harness.regression.finding import Checked, Finding, Severity

_STYLES: dict[Severity, str] = {
    "regression": "red",
    "error": "red",
    "advisory": "yellow",
    "not judged": "dim",
    "ok": "green",
}
_SHOWN: tuple[Severity, ...] = ("error", "regression", "advisory")
"""Severities whose findings are listed; the others are only counted."""


def show_checked(checked: Checked) -> None:
    """Print every change, the number of items by severity, how many were compared in part, and the running time."""
    console = Console(highlight=False)
    show_findings(finding for finding in checked.findings if finding.severity in _SHOWN)
    counts = Counter(finding.severity for finding in checked.findings)
    parts = [Text(f"{counts[severity]} {severity}", style=_STYLES[severity]) for severity in _STYLES]
    console.print(Text(", ").join(parts))
    if chaotic := sum(CHAOTIC in finding.said for finding in checked.findings):
        console.print(f"{chaotic} probes hold steps that rounding alone carries anywhere, which were not compared; "
                      "--json names them")  # fmt: skip
    took = duration(checked.took_s)
    console.print(f"{len(checked.seconds)} suites at {checked.scale} against {checked.baseline}, in {took}")


def show_findings(findings: Iterable[Finding]) -> None:
    """Print a table of findings, the gravest first; equal findings of several suites share a line.

    Nothing without findings.
    """
    suites: dict[Finding, list[str]] = {}
    for finding in findings:
        suites.setdefault(replace(finding, suite="", ref=""), []).append(finding.suite)
    if not suites:
        return
    table = Table("", "suite", "what", "before", "now", "why")
    for one in sorted(suites, key=lambda finding: list(_STYLES).index(finding.severity)):
        first, *others = suites[one]
        named = f"{first} and {len(others)} more" if others else first
        severity = Text(one.severity, style=_STYLES[one.severity])
        table.add_row(severity, *map(Text, (named, one.subject, one.before, one.now, one.said)))
    Console(highlight=False).print(table)


def as_document(checked: Checked) -> dict[str, Any]:
    """Return a check as plain data for JSON."""
    return {**asdict(checked), "findings": [asdict(finding) for finding in checked.findings]}
