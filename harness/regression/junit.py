"""Reports of a check as JUnit XML: each suite is a test suite, and each cell, claim or probe a test case.

The document conforms to the schemas of Jenkins' xUnit plugin and pytest. A regression is a failure, a failed job an
error, and an item that was not judged is skipped. An advisory passes, with its message as output. The document holds no
date, so the same check gives the same bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from harness.regression.finding import Checked, Finding, Severity
from harness.regression.wording import gravest_first, in_full

OUTCOMES: dict[Severity, str] = {"regression": "failure", "error": "error", "not judged": "skipped"}
"""The element that marks a test case of each severity; test cases of other severities pass without one."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(checked: Checked) -> bytes:
    """Format a check as XML in UTF-8, with suites and subjects in the order of the check.

    All findings of one subject form one test case, decided by the gravest. A character that XML forbids, such as a
    control character, is written as its number: `#x1B`.
    """
    suites = {name: _by_subject(checked, name) for name in _suite_names(checked)}
    counts = Counter(outcome for cases in suites.values() for outcome in _outcomes(cases))
    about = {
        "name": "paper-harness check",
        "tests": str(sum(map(len, suites.values()))),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "time": f"{checked.took_s:.3f}",
    }
    root = ET.Element("testsuites", about)
    for name, cases in suites.items():
        _add_suite(root, checked, name, cases)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite_names(checked: Checked) -> list[str]:
    """Return the suites with findings in their order, then those without."""
    return list(dict.fromkeys([*(finding.suite for finding in checked.findings), *sorted(checked.seconds)]))


def _by_subject(checked: Checked, suite: str) -> dict[str, list[Finding]]:
    """Return the findings of a suite by subject, the gravest of each first."""
    cases: dict[str, list[Finding]] = {}
    for finding in checked.findings:
        if finding.suite == suite:
            cases.setdefault(finding.subject, []).append(finding)
    return {subject: gravest_first(found) for subject, found in cases.items()}


def _outcomes(cases: dict[str, list[Finding]]) -> list[str]:
    return [OUTCOMES.get(findings[0].severity, "passed") for findings in cases.values()]


def _add_suite(root: ET.Element, checked: Checked, name: str, cases: dict[str, list[Finding]]) -> None:
    counts = Counter(_outcomes(cases))
    about = {
        "name": _xml(name),
        "tests": str(len(cases)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
        "time": f"{checked.seconds.get(name, 0.0):.3f}",
    }
    suite = ET.SubElement(root, "testsuite", about)
    properties = ET.SubElement(suite, "properties")
    for key, value in (("baseline", checked.baseline), ("scale", checked.scale)):
        ET.SubElement(properties, "property", {"name": key, "value": _xml(value)})
    for subject, findings in cases.items():
        _add_case(suite, name, subject, findings)


def _add_case(suite: ET.Element, name: str, subject: str, findings: list[Finding]) -> None:
    """Add a test case: the gravest findings mark it, and the others, except sound ones, are its output."""
    case = ET.SubElement(suite, "testcase", {"name": _xml(subject), "classname": _xml(name)})
    severity = findings[0].severity
    outcome = OUTCOMES.get(severity)
    deciding = [finding for finding in findings if outcome and finding.severity == severity]
    if outcome:
        said = _xml("; ".join(finding.said for finding in deciding))
        about = {"message": said} if outcome == "skipped" else {"type": severity, "message": said}
        ET.SubElement(case, outcome, about).text = _xml("\n\n".join(map(in_full, deciding)))
    beside = [f for f in findings if f not in deciding and f.severity != "ok"]
    if beside:
        ET.SubElement(case, "system-out").text = _xml("\n\n".join(f"{f.severity}: {in_full(f)}" for f in beside))


def _xml(text: str) -> str:
    """Replace each character that XML forbids by its number."""
    return _NOT_XML.sub(lambda found: f"#x{ord(found[0]):02X}", text)
