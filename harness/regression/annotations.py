"""Reports of a check for GitHub: annotations at lines of the suite files, a summary, and a comment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.progress import duration
from harness.regression.finding import Checked, Finding, Severity
from harness.regression.suite_lines import place_of
from harness.regression.wording import FAILING, GRAVEST_FIRST, counted, gravest_first, in_full, without_controls
from harness.report import markdown as md

# Limits of GitHub, from its documentation or the source of its runner. It silently drops what exceeds them.
ANNOTATIONS_A_STEP = 10  # of each kind
LONGEST_MESSAGE = 4096  # characters of one annotation
LONGEST_TITLE = 255  # characters
LARGEST_SUMMARY = 1024 * 1024  # bytes a step; a larger summary is not shown at all
LARGEST_COMMENT = 65_536  # characters of a comment on a pull request; a larger one is refused

LONGEST_SHOWN = 400
"""Characters of one entry in a table."""
MARKER = "<!-- paper-harness check -->"
"""The first line of the comment, by which the next check finds the comment to replace."""
COMMANDS: dict[str, tuple[Severity, ...]] = {"error": FAILING, "warning": ("advisory",)}
"""The annotation command for each severity; findings of other severities get no annotation."""


def annotation_lines(checked: Checked) -> list[str]:
    """Format a check as workflow commands, one per line: at most ten errors and ten warnings, regressions first.

    Where there are more, the tenth says how many were left out.
    """
    lines = []
    for command, severities in COMMANDS.items():
        found = gravest_first(finding for finding in checked.findings if finding.severity in severities)
        shown = found if len(found) <= ANNOTATIONS_A_STEP else found[: ANNOTATIONS_A_STEP - 1]
        lines += [_annotation(command, finding) for finding in shown]
        if left := found[len(shown) :]:
            said = f"{counted(left)} more; the summary of this step has them all"
            lines.append(f"::{command} title={_property(f'{len(left):,} more')}::{_data(said)}")
    return lines


def _annotation(command: str, finding: Finding) -> str:
    place = place_of(finding.suite, finding.subject)
    title = without_controls(f"{finding.severity}: {finding.suite}, {finding.subject}")
    properties = {"file": place[0], "line": str(place[1])} if place else {}
    properties["title"] = _cut(title, LONGEST_TITLE)
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {written}::{_data(_cut(without_controls(in_full(finding)), LONGEST_MESSAGE))}"


def _data(text: str) -> str:
    """Escape text for the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape text for a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


class _Section(NamedTuple):
    """A table of findings, with the text above and below it."""

    head: str
    rows: list[str]
    foot: str


def markdown(checked: Checked, limit: int = LARGEST_COMMENT) -> str:
    """Format a check as a comment on a pull request: regressions and errors visible, the rest folded.

    The text takes at most `limit` bytes of UTF-8, and so no more characters. Findings that do not fit are counted at
    the end. The headline is always included.
    """
    text, left = _opening(checked), len(checked.findings)
    ending = _ending(left)
    for section in _sections(checked):
        room = limit - len((text + section.head + section.foot + ending).encode())
        rows = _fitting(section.rows, room)
        left -= len(rows)
        if rows:
            text += section.head + "".join(rows) + section.foot
        if len(rows) < len(section.rows):
            break  # graver findings come first
    return text + (_ending(left) if left else "")


def _opening(checked: Checked) -> str:
    failing = counted(checked.findings, FAILING)
    judged = any(finding.severity in ("ok", "advisory") for finding in checked.findings)
    headline = failing or ("no regression" if judged else "nothing was judged")
    suites = len({finding.suite for finding in checked.findings} | set(checked.seconds))
    about = (
        f"Against the baseline {checked.baseline} at {checked.scale} scale: "
        f"{counted(checked.findings) or 'no finding'}, of {suites} suite{'s' if suites != 1 else ''}, "
        f"in {duration(checked.took_s)}."
    )
    return f"{MARKER}\n## Reproduction check: {headline}\n\n{_escaped(about, 2 * LONGEST_SHOWN)}\n"


def _sections(checked: Checked) -> list[_Section]:
    """Return one open table of regressions and errors, and a folded table for each other severity."""
    failing = [finding for finding in checked.findings if finding.severity in FAILING]
    sections = [_Section(f"\n{_header(with_severity=True)}", _rows(failing, with_severity=True), "")]
    for severity in GRAVEST_FIRST:
        found = [finding for finding in checked.findings if finding.severity == severity]
        if severity not in FAILING:
            head = f"\n<details>\n<summary>{counted(found)}</summary>\n\n{_header(with_severity=False)}"
            sections.append(_Section(head, _rows(found, with_severity=False), "\n</details>\n"))
    return sections


def _header(*, with_severity: bool) -> str:
    names = (["what"] if with_severity else []) + ["suite", "subject", "said", "before", "now", "reference"]
    return md.table(names, [])


def _rows(findings: Sequence[Finding], *, with_severity: bool) -> list[str]:
    get: list[Callable[[Finding], str]] = [lambda f: f.suite, lambda f: f.subject, lambda f: f.said]
    get += [lambda f: f.before, lambda f: f.now, lambda f: f.ref]
    if with_severity:
        get = [lambda f: f.severity, *get]
    return [f"{md.row(_escaped(one(finding)) for one in get)}\n" for finding in gravest_first(findings)]


def _escaped(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Escape text for a table: no markup, no mention of a person (`@name`), no link to another thread (`#12`)."""
    escaped = md.plain_text(_cut(without_controls(text), longest)).replace("&", "&amp;")
    return escaped.replace("@", "@\u200b").replace("#", "#\u200b")


def _fitting(rows: Sequence[str], room: int) -> list[str]:
    """Return the leading rows that fit into `room` bytes."""
    fitting = []
    for row in rows:
        room -= len(row.encode())
        if room < 0:
            break
        fitting.append(row)
    return fitting


def _ending(left: int) -> str:
    verb = "has" if left == 1 else "have"
    return f"\n{left:,} of these findings {verb} no room here; the JUnit file holds every one.\n"
