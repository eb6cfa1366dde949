"""Which jobs other shipped suites want too: what their own plans hold, and nothing of the suite itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import TABLE1

from harness.plan import sharing
from harness.plan.graph import make_plan
from harness.plan.outline import outline_of
from harness.plan.sharing import also_wanted
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the shipped suites three, one of them without the scale `subset`."""
    for path in (TABLE1, suite_path("training"), suite_path("prelu_table1")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(sharing, "suite_files", lambda: sorted(tmp_path.glob("*.yaml")))
    return tmp_path


def test_shared_jobs_are_those_that_both_plans_hold(few: Path) -> None:
    """By key, at the same scale."""
    mine, other = (make_plan(load_suite(path), "ci").jobs for path in (TABLE1, suite_path("training")))
    found = also_wanted(mine, few / "table1.yaml", "ci", "")
    assert [key for key, names in found.items() if "training" in names] == [key for key in mine if key in other]
    assert any(found.values())


def test_a_suite_shares_nothing_with_itself(few: Path) -> None:
    """Whatever way its file was named."""
    mine = make_plan(load_suite(TABLE1), "ci").jobs
    found = also_wanted(mine, few / "." / "table1.yaml", "ci", "")
    assert all("table1" not in names for names in found.values())


def test_nobody_wants_an_unknown_job(few: Path) -> None:
    """And it is told with nobody."""
    assert also_wanted(["0" * 64], few / "table1.yaml", "ci", "") == {"0" * 64: []}


def test_what_was_read_is_remembered(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is slow once."""
    mine = outline_of(few / "table1.yaml").plan("ci").jobs
    first = also_wanted(mine, few / "table1.yaml", "ci", "")
    monkeypatch.setattr("harness.plan.outline._read", lambda _: pytest.fail("read again"))
    assert also_wanted(mine, few / "table1.yaml", "ci", "") == first
