"""Fabricated checks for tests of their reports: every severity, hostile text, any number of findings."""

from __future__ import annotations

from hypothesis import strategies as st

from harness.regression.finding import Checked, Finding
from harness.regression.wording import GRAVEST_FIRST

REGRESSION = Finding(
    "table1",
    "cell cnn.top1",
    "regression",
    "rose by 1.20, beyond 0.50",
    "9.26 over 3 seeds",
    "10.46 over 3 seeds",
    "T1",
)
ERROR = Finding("table1", "cell cnn.top5", "error", "train cnn, seed 1, ended without a result", "0.37", "")
ADVISORY = Finding(
    "table1", "claim a35", "advisory", "its effect halved, and its verdict stands", "-3.1", "-1.5", "A35"
)
NOT_JUDGED = Finding("figure1", "cell relu.epochs", "not judged", "the baseline has other seeds", "5 seeds", "3 seeds")
OK = Finding("figure1", "probe cnn", "ok", "the first step gives the same loss", "2.3026", "2.3026")
EVERY = (REGRESSION, ERROR, ADVISORY, NOT_JUDGED, OK)
HOSTILE = "]]><b>&amp; \x00\x1b[31m\ud800\ufffe \r\n::error::x, | ` * @someone #12 </details> <!-- \u202e"


def checked(*findings: Finding) -> Checked:
    """Return a check of two suites with these findings."""
    return Checked("main", "ci", findings, {"table1": 12.3456, "figure1": 61.0}, 73.3456)


def many(severity: str, count: int, said: str = "as always") -> tuple[Finding, ...]:
    """Return `count` findings of one severity, each about its own subject."""
    return tuple(Finding("table1", f"cell c{number}.top1", severity, said) for number in range(count))  # type: ignore[arg-type]


text = st.text(st.characters(codec=None), max_size=40)
findings = st.builds(
    Finding, st.sampled_from(["a", "b", HOSTILE]), text, st.sampled_from(GRAVEST_FIRST), text, text, text, text
)
checks = st.builds(
    Checked,
    text,
    text,
    st.lists(findings, max_size=12).map(tuple),
    st.dictionaries(text, st.floats(0, 1e6), max_size=3),
    st.floats(0, 1e6),
)
"""Any check, with control characters and lone surrogates."""
