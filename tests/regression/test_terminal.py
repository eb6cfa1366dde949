"""Findings for people: the gravest first, the sound ones only counted."""

from __future__ import annotations

import json

import pytest

from harness.regression.finding import Checked, Finding
from harness.regression.terminal import as_document, show_checked, show_findings

CHECKED = Checked(
    "ci.json",
    "ci",
    (
        Finding("table1", "probe cnn", "ok", "bit for bit"),
        Finding("table1", "suite", "advisory", "made elsewhere"),
        Finding("table2", "probe star", "regression", "logits [of] first weights", "0.1", "0.2"),
    ),
    {"table1": 1.0, "table2": 2.0},
    3.0,
)


def test_what_is_wrong_is_told_and_what_is_sound_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """Regressions come before advisories."""
    show_checked(CHECKED)
    said = capsys.readouterr().out
    assert "probe cnn" not in said
    assert said.index("probe star") < said.index("made")
    assert "1 regression, 0 error, 1 advisory, 0 not judged, 1 ok" in said
    assert "2 suites at ci against ci.json, in 3 s" in said
    assert "[of]" in said  # not read as markup


def test_what_was_not_compared_is_counted_though_it_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    """A baseline that calls every step chaotic would compare nothing, and say so here alone."""
    said = "within rounding (1% of what is allowed); chaotic, and not compared: loss of step 2 and later"
    show_checked(Checked("ci.json", "ci", (Finding("table1", "probe cnn", "ok", said),), {"table1": 1.0}, 1.0))
    assert "1 probes hold steps that rounding alone carries anywhere" in capsys.readouterr().out


def test_nothing_to_tell_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no empty table."""
    show_findings([])
    assert capsys.readouterr().out == ""


def test_what_suites_share_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """An example is a baseline made on another machine."""
    show_findings(Finding(name, "suite", "advisory", "made elsewhere") for name in ("table1", "table2", "table3"))
    said = capsys.readouterr().out
    assert "table1 and 2" in said
    assert said.count("elsewhere") == 1


def test_a_check_is_data_too() -> None:
    """Every field of every finding is included."""
    document = json.loads(json.dumps(as_document(CHECKED)))
    assert document["findings"][2] == {
        "suite": "table2", "subject": "probe star", "severity": "regression", "said": "logits [of] first weights",
        "before": "0.1", "now": "0.2", "ref": "",
    }  # fmt: skip
    assert document["seconds"] == {"table1": 1.0, "table2": 2.0}
