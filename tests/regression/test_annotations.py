"""GitHub's view of a check: within its limits, the gravest first, and without text that it would execute."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from suite_files import TABLE1

from findings import ADVISORY, ERROR, EVERY, HOSTILE, OK, REGRESSION, checked, checks, many
from harness.regression import annotations as github
from harness.regression.finding import Checked, Finding

COMMAND = re.compile(r"::(?P<kind>error|warning) (?P<properties>[^:\r\n]*)::(?P<message>[^\r\n]*)")
"""A line as GitHub's runner reads it: properties end at the first `::`, and a line ends the message."""


def unescaped(text: str) -> str:
    """Undo the escapes as the runner does."""
    for code, letter in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Return kind, properties and message of one annotation."""
    found = COMMAND.fullmatch(line)
    assert found, line
    properties = dict(one.split("=", 1) for one in found["properties"].split(","))
    return found["kind"], {name: unescaped(value) for name, value in properties.items()}, unescaped(found["message"])


def rendered(text: str) -> str:
    """Render the Markdown as HTML with tables and raw HTML, as GitHub does."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


def test_a_finding_is_shown_in_the_suite_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands at the row of its cell, with everything known about it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "table1.yaml").write_bytes(TABLE1.read_bytes())
    (line,) = github.annotation_lines(checked(REGRESSION))
    kind, properties, message = read(line)
    assert kind == "error"
    assert properties.pop("line").isdigit()
    assert properties == {"file": "table1.yaml", "title": "regression: table1, cell cnn.top1"}
    assert message == "rose by 1.20, beyond 0.50\nbefore: 9.26 over 3 seeds\nnow: 10.46 over 3 seeds\nreference: T1"


def test_regressions_come_before_errors_before_warnings() -> None:
    """Sound and unjudged findings have no annotation."""
    titles = [read(line)[1]["title"].split(":")[0] for line in github.annotation_lines(checked(*reversed(EVERY)))]
    assert titles == ["regression", "error", "advisory"]


def test_ten_of_a_kind_are_all_shown() -> None:
    """GitHub accepts ten."""
    lines = github.annotation_lines(checked(*many("regression", 10), *many("advisory", 10)))
    assert [read(line)[0] for line in lines] == ["error"] * 10 + ["warning"] * 10
    assert not any("more" in line for line in lines)


def test_beyond_ten_the_last_says_how_many_were_left_out() -> None:
    """No regression gives way to an error."""
    lines = [read(line) for line in github.annotation_lines(checked(*many("error", 5), *many("regression", 8)))]
    assert [properties["title"].split(":")[0] for _, properties, _ in lines] == ["regression"] * 8 + [
        "error", "4 more",
    ]  # fmt: skip
    assert lines[-1][2].startswith("4 errors more;")


@given(checks)
def test_any_text_stays_within_its_annotation(any_check: Checked) -> None:
    """Each line is one command of acceptable length that the runner reads back."""
    for line in github.annotation_lines(any_check):
        _, properties, message = read(line)
        assert set(properties) <= {"file", "line", "title"}
        assert len(properties["title"]) <= 255
        assert len(message) <= 4096
        assert "\x1b" not in line


def test_a_long_message_is_cut_and_shows_it() -> None:
    """The runner would cut it silently."""
    (line,) = github.annotation_lines(checked(many("regression", 1, "x" * 5000)[0]))
    assert read(line)[2] == "x" * 4095 + "…"


def test_regressions_are_in_the_open_and_the_rest_is_folded() -> None:
    """One table is above, and each other severity has a fold."""
    html = rendered(github.markdown(checked(*EVERY)))
    above, *folds = html.split("<details>")
    assert [above.count(f"<td>{severity}</td>") for severity in ("regression", "error")] == [1, 1]
    assert "rose by 1.20, beyond 0.50" in above
    assert [re.findall("<summary>(.*)</summary>", fold) for fold in folds] == [
        ["1 advisory"],
        ["1 not judged"],
        ["1 ok"],
    ]
    assert html.count("</details>") == 3


@pytest.mark.parametrize(
    ("findings", "headline"),
    [
        (EVERY, "1 regression, 1 error"),
        ((ADVISORY, OK), "no regression"),
        (many("not judged", 2), "nothing was judged"),
        ((), "nothing was judged"),
    ],
)
def test_the_headline_is_what_came_out(findings: tuple[Finding, ...], headline: str) -> None:
    """A check that judged nothing does not claim that there is no regression."""
    text = github.markdown(checked(*findings))
    assert text.startswith(f"{github.MARKER}\n## Reproduction check: {headline}\n")
    assert "Against the baseline main at ci scale: " in text
    assert "of 2 suites, in 1 min 13 s." in text


def test_a_comment_is_never_too_long() -> None:
    """The gravest findings stay, the others are counted, and every fold is closed."""
    findings = (*many("ok", 3000), *many("regression", 40), ERROR, *many("advisory", 900))
    text = github.markdown(checked(*findings))
    rows = len(re.findall(r"^\| (?!suite|what|---)", text, re.MULTILINE))
    assert len(text) <= len(text.encode()) <= 65_536
    assert text.count("| regression |") == 40
    assert rows > 900
    assert f"\n{len(findings) - rows:,} of these findings have no room here;" in text
    assert text.count("<details>") == text.count("</details>")


def test_a_check_that_has_room_leaves_nothing_out() -> None:
    """It does not mention room."""
    text = github.markdown(checked(*EVERY))
    assert "room" not in text
    assert text.count("\n| table1 |") + text.count("\n| figure1 |") + text.count("| table1 | cell") == 5


@given(checks, st.integers(10_000, 70_000))
def test_any_check_keeps_to_its_limit(any_check: Checked, limit: int) -> None:
    """The limit is in bytes of UTF-8, which can encode every check."""
    assert len(github.markdown(any_check, limit).encode()) <= limit


def test_nothing_in_a_finding_is_markup() -> None:
    """No tag, comment, fold or mention comes from a finding's text."""
    hostile = Finding(HOSTILE, HOSTILE, "regression", HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    html = rendered(github.markdown(Checked(HOSTILE, HOSTILE, (hostile,), {}, 0.0)))
    assert set(re.findall(r"<(/?[a-z0-9]+|!--)", html)) == {
        "!--", "h2", "/h2", "p", "/p", "table", "/table", "thead", "/thead", "tbody", "/tbody",
        "tr", "/tr", "th", "/th", "td", "/td",
    }  # fmt: skip
    assert html.count("<!--") == 1
    assert not re.search(r"@\w|#\d", html)


@given(checks)
def test_any_check_is_a_table_of_as_many_rows(any_check: Checked) -> None:
    """The text of the findings does not matter."""
    html = rendered(github.markdown(any_check))
    tables = len({f.severity if f.severity not in ("regression", "error") else "" for f in any_check.findings})
    assert html.count("<tr>") == len(any_check.findings) + tables
