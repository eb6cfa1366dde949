"""Every verdict has a mark, a meaning and a place in the order."""

from types import SimpleNamespace

import pytest

from harness.report.page import verdicts


def test_counts_follow_the_legend():
    """What occurs is counted, in the legend's order, unknown words last."""
    listed = [SimpleNamespace(outcome=name) for name in ("NEW", "CITED", "MATCH", "CITED")]

    assert verdicts.counted(listed) == [("MATCH", 1), ("CITED", 2), ("NEW", 1)]


def test_every_outcome_is_in_the_order_once():
    """Sorting by verdict knows every word of the legend."""
    assert sorted(set(verdicts.CELL_OUTCOMES) | set(verdicts.CLAIM_OUTCOMES)) == sorted(verdicts.ORDER)


def test_marks_are_class_names():
    """A mark is a word of a style sheet; no foreign word becomes one."""
    assert verdicts.mark("NOT COMPARABLE") == "not-comparable"
    assert verdicts.mark('"><script>') == "unknown"
    assert verdicts.mark(None) == "unknown"


@pytest.mark.parametrize("outcome", [*verdicts.CELL_OUTCOMES, *verdicts.CLAIM_OUTCOMES, "SOMETHING NEW"])
def test_no_outcome_claims_a_reproduction(outcome):
    """A direction that holds on small data is CONFIRMED there, and nothing more."""
    assert "reproduced" not in (outcome + verdicts.CLAIM_OUTCOMES.get(outcome, "")).lower()


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ("small scale", "at small scale"),
        ("paper scale", "at paper scale"),
        ("exact", "exactly"),
        ("random nets, no data", "on random nets, without data"),
        ("timing on NVIDIA H200", "by timing on NVIDIA H200"),
        ("timing on AMD EPYC, 2 threads, small scale", "by timing on AMD EPYC, 2 threads, small scale"),
        ("something new", "something new"),
        ("", ""),
        (None, ""),
    ],
)
def test_level_reads_on_from_the_outcome(evidence, expected):
    """CONFIRMED at small scale, CONTRADICTED by timing on this device."""
    assert verdicts.level(SimpleNamespace(outcome="CONFIRMED", evidence=evidence)) == expected


@pytest.mark.parametrize("outcome", ["NOT RUN", "QUOTED", "FAILED", "NOT COMPARABLE"])
def test_what_was_not_tested_has_no_level(outcome):
    """Nothing was weighed, at no scale."""
    assert verdicts.level(SimpleNamespace(outcome=outcome, evidence="small scale")) == ""


def test_claims_are_counted_at_each_level():
    """Two confirmed at different levels are two entries, in the legend's order."""
    claims = [
        SimpleNamespace(outcome="QUOTED", evidence="quoted"),
        SimpleNamespace(outcome="CONFIRMED", evidence="small scale"),
        SimpleNamespace(outcome="CONFIRMED", evidence="exact"),
        SimpleNamespace(outcome="CONFIRMED", evidence="small scale"),
    ]

    expected = [("CONFIRMED", "at small scale", 2), ("CONFIRMED", "exactly", 1), ("QUOTED", "", 1)]
    assert verdicts.counted_at_levels(claims) == expected
