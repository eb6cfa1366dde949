"""A claim's record carries the readings of what came out, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from claim_samples import HIGH, LOW, claim, trained

from harness.judge.cells import judge_cell
from harness.judge.claims import judge_claims
from harness.judge.evidence import Evidence
from harness.plan.preregistration import Standing
from harness.report.records import cell_record, claim_record
from harness.suite.cells import Cell
from harness.suite.file import Reading
from harness.suite.printed_table import Logged
from tests.judge.test_cells import cell, judged

SAID = {"claims": ["it"], "scale": "small", "outcome": "CONFIRMED", "says": "the narrow net underfits"}


def readings(**changed: Any) -> list[str]:
    """The readings in the record of a claim that is CONFIRMED at small scale."""
    evidence = Evidence({}, {"a.t.top1_error": LOW, "b.t.top1_error": HIGH}, {}, "small")
    (verdict,) = judge_claims({"it": claim(less=["a.t.top1_error", "b.t.top1_error"])}, evidence)
    return claim_record(verdict, Standing(), evidence, [Reading.parsed(SAID | changed)]).readings


def test_a_reading_stands_with_the_claim_it_is_of() -> None:
    """In its own words."""
    assert readings() == ["the narrow net underfits"]


@pytest.mark.parametrize("changed", [{"claims": ["other"]}, {"scale": "paper"}, {"outcome": "INCONCLUSIVE"}])
def test_a_reading_of_something_else_is_not_shown(changed: dict[str, Any]) -> None:
    """Of another claim, another scale, or what a claim no longer comes to."""
    assert readings(**changed) == []


def test_the_intervals_of_a_cell_are_those_of_its_verdict() -> None:
    """Each under its own name: that which decides BETTER and WORSE, that which decides MATCH, and those beside."""
    printed = Cell("it", "it", "", "it", "", "37.5", 37.5, "%", 1.0, ("a", "t", "top1_error"))
    verdict = judge_cell(printed, trained(37.4, 37.6, 37.5, 37.7), "paper")
    found = cell_record(verdict, Standing())
    for name in ("interval", "tost_interval", "wilson", "prediction"):
        interval = getattr(verdict, name)
        assert getattr(found, name) == [interval.low, interval.high]
    assert len({tuple(getattr(found, name)) for name in ("interval", "tost_interval", "wilson", "prediction")}) == 4


def test_as_many_seeds_are_counted_as_have_a_value() -> None:
    """Of five that were declared, four."""
    printed = Cell("it", "it", "", "it", "", "37.5", 37.5, "%", 1.0, ("a", "t", "top1_error"))
    measured = replace(trained(37.4, 37.6, 37.5, 37.7), declared_seeds=5)
    assert cell_record(judge_cell(printed, measured, "paper"), Standing()).n == 4


def test_the_noted_digits_stand_beside_the_verdict_and_leave_it() -> None:
    """With how far ours and its interval are from them; a cell without any has no word of it."""
    noted = Logged(value="37.4727", run="145-2010", at="layer-params-145-2010.cfg:178")
    plain, beside = judged(37.4, 37.5, 37.6), judged(37.4, 37.5, 37.6, of=cell(logged=noted))
    record = cell_record(beside, Standing()).plain()
    found = record.pop("logged")
    assert record == cell_record(plain, Standing()).plain()
    assert (found["value"], found["run"], found["at"]) == ("37.4727", "145-2010", "layer-params-145-2010.cfg:178")
    assert found["difference"] == pytest.approx(0.0273)
    assert found["interval"] == pytest.approx([end - 37.4727 for end in record["interval"]])
