"""JUnit XML: complete, with correct counts, and within its published schemas, whatever the findings contain."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from findings import ADVISORY, ERROR, EVERY, HOSTILE, NOT_JUDGED, OK, REGRESSION, checked, checks
from harness.regression.finding import Checked, Finding
from harness.regression.junit import junit_xml

# Rules that junit-10.xsd of Jenkins' xUnit plugin, which pytest follows, and the older junit-4.xsd share.
ATTRIBUTES = {
    "testsuites": ({"tests", "failures", "errors"}, {"name", "time"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time"}),
    "testcase": ({"name", "classname"}, {"time"}),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
SECONDS = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def parsed(*findings: Finding) -> ET.Element:
    """Return the parsed document of a check."""
    return ET.fromstring(junit_xml(checked(*findings)))


def marks(case: ET.Element) -> list[str]:
    """Return the elements within a test case."""
    return [child.tag for child in case]


def assert_holds_to_the_schema(element: ET.Element) -> None:
    """Assert names, attributes, nesting and the format of times."""
    needed, allowed = ATTRIBUTES[element.tag]
    assert needed <= set(element.attrib) <= needed | allowed
    assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    assert SECONDS.fullmatch(element.get("time", "0.000"))
    for child in element:
        assert_holds_to_the_schema(child)


def assert_counts_are_right(suite: ET.Element) -> None:
    """Assert that counts equal the elements inside."""
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute, "-1")) == len(suite.findall(f"testcase/{tag}"))
    assert int(suite.get("tests", "-1")) == len(suite.findall("testcase"))


@pytest.mark.parametrize(
    ("finding", "within"),
    [
        (REGRESSION, ["failure"]),
        (ERROR, ["error"]),
        (NOT_JUDGED, ["skipped"]),
        (ADVISORY, ["system-out"]),
        (OK, []),
    ],
)
def test_a_severity_is_an_outcome(finding: Finding, within: list[str]) -> None:
    """Only an advisory passes with output."""
    (case,) = parsed(finding).iter("testcase")
    assert marks(case) == within
    assert (case.get("classname"), case.get("name")) == (finding.suite, finding.subject)


def test_a_failure_says_it_all() -> None:
    """It has a line, and in full before, now, and the paper's reference."""
    failure = parsed(REGRESSION).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.attrib == {"type": "regression", "message": "rose by 1.20, beyond 0.50"}
    assert failure.text == (
        "rose by 1.20, beyond 0.50\nbefore: 9.26 over 3 seeds\nnow: 10.46 over 3 seeds\nreference: T1"
    )


def test_the_whole_is_the_sum_of_its_suites() -> None:
    """This covers counts and times."""
    root = parsed(*EVERY)
    assert root.attrib == {
        "name": "paper-harness check", "tests": "5", "failures": "1", "errors": "1", "time": "73.346",
    }  # fmt: skip
    assert [(s.get("name"), s.get("tests"), s.get("skipped"), s.get("time")) for s in root] == [
        ("table1", "3", "0", "12.346"),
        ("figure1", "2", "1", "61.000"),
    ]


def test_a_subject_is_one_test_case_that_its_gravest_finding_decides() -> None:
    """The others are its output; nothing is lost or counted twice."""
    advisory, fine = (
        Finding("table1", REGRESSION.subject, severity, f"{severity} too") for severity in ("advisory", "ok")
    )
    root = parsed(fine, advisory, REGRESSION)
    (case,) = root.iter("testcase")
    assert marks(case) == ["failure", "system-out"]
    assert case.findtext("system-out") == "advisory: advisory too"
    assert (root.get("tests"), root.get("failures")) == ("1", "1")


def test_a_suite_that_only_took_time_is_there() -> None:
    """It has no test case, because nothing was compared."""
    assert [(s.get("name"), s.get("tests")) for s in parsed(OK)] == [("figure1", "1"), ("table1", "0")]


def test_a_control_character_stands_as_its_number() -> None:
    """The document stays readable, and nothing is hidden."""
    failure = parsed(Finding(HOSTILE, HOSTILE, "regression", HOSTILE)).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == HOSTILE.replace("\x00", "#x00").replace("\x1b", "#x1B").replace(
        "\ud800", "#xD800"
    ).replace("\ufffe", "#xFFFE")


@given(checks)
def test_any_check_is_a_document_of_the_schema(any_check: Checked) -> None:
    """Counts are correct, each subject is one test case, and a repetition gives the same bytes."""
    document = junit_xml(any_check)
    root = ET.fromstring(document)
    assert_holds_to_the_schema(root)
    for suite in root:
        assert_counts_are_right(suite)
    assert len(list(root.iter("testcase"))) == len({(f.suite, f.subject) for f in any_check.findings})
    assert junit_xml(any_check) == document
