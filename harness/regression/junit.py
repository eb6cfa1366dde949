"""A check as JUnit XML, which CI servers show test by test: a suite is a suite, a cell, claim or probe is a test case.

The document holds to the schemas that Jenkins' xUnit plugin and pytest publish. A regression is a failure, what could
not be computed an error, what was not judged is skipped, an advisory passes and says what it has to say as output. It
holds no clock time, so that the same check gives the same bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from harness.regression.finding import Checked, Finding, Severity
from harness.regression.wording import gravest_first, in_full

OUTCOMES: dict[Severity, str] = {"regression": "failure", "error": "error", "not judged": "skipped"}
"""The element that marks a test case; of the other severities it passes, and has none."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(checked: Checked) -> bytes:
    """The whole document in UTF-8, suites and subjects in the order in which the check looked at them.

    All findings of one subject are one test case, which the gravest of them decides. What XML cannot hold, such as a
    control character, stands as its number: `#x1B`.
    """
    suites = {name: _by_subject(checked, name) for name in _suite_names(checked)}
    counts = Counter(outcome for cases in suites.values() for outcome in _outcomes(cases))
    about = {
        "name": "paper-harness check",
        "tests": str(sum(map(len, suites.values()))),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "time": f"{sum(checked.seconds.values()):.3f}",
    }
    root = ET.Element("testsuites", about)
    for name, cases in suites.items():
        _add_suite(root, checked, name, cases)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite_names(checked: Checked) -> list[str]:
    """Those with findings in their order, then those that only took time."""
    return list(dict.fromkeys([*(finding.suite for finding in checked.findings), *sorted(checked.seconds)]))


def _by_subject(checked: Checked, suite: str) -> dict[str, list[Finding]]:
    """The findings of a suite's subjects, the gravest of each first."""
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
    """The gravest findings mark the case; of the others all but the silent ones are its output."""
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
    """The text with what no XML document can hold written as its number."""
    return _NOT_XML.sub(lambda found: f"#x{ord(found[0]):02X}", text)
