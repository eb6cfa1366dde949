"""What finished jobs measured: an ensemble has, beside its own errors, the mean of what its nets have by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricated import finish
from suite_files import faults, written

from harness.data.locate import Locations
from harness.judge.cells import Measured
from harness.plan.graph import Plan, make_plan
from harness.plan.status import statuses
from harness.report.measured import measured_values
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

TABLE2 = shipped_suites() / "table2.yaml"


def values(store: Store, plan: Plan) -> dict[str, Measured]:
    """Everything that the store's results come to."""
    return dict(measured_values(plan, statuses(plan, store, Locations()), {}))


@pytest.fixture
def plan() -> Plan:
    """AlexNet's Table 2 on the digits: five nets and seven, of two seeds each."""
    return make_plan(load_suite(TABLE2), "ci")


def finished(store: Store, plan: Plan, errors: dict[str, float]) -> None:
    """Every job with a result; a test's or ensemble's top-1 error is the one given for its key, else 50."""
    for key, job in plan.jobs.items():
        if job.kind in ("evaluate", "ensemble"):
            finish(store, job, values={"top1_error": errors.get(key, 50.0), "top5_error": 5.0, "cross_entropy": 1.0})
        else:
            finish(store, job)


def test_members_have_the_mean_of_each_by_itself(tmp_path: Path, plan: Plan) -> None:
    """Of the nets that were averaged, and no others."""
    store, key = Store(tmp_path), plan.evaluations["five", "ten_crop", 1]
    members = list(plan.jobs[key].inputs.values())
    assert len(members) == 5
    finished(store, plan, {key: 12.0} | dict(zip(members, (10.0, 20.0, 30.0, 40.0, 60.0), strict=True)))
    found = values(store, plan)
    assert found["five.ten_crop.top1_error"].values == {0: 50.0, 1: 12.0}
    assert found["five.ten_crop.members_top1_error"].values == {0: 50.0, 1: 32.0}
    assert found["five.ten_crop.members_top5_error"].values == {0: 5.0, 1: 5.0}


def test_members_wait_for_the_last_of_them(tmp_path: Path, plan: Plan) -> None:
    """A mean of four is not that of the five."""
    store, key = Store(tmp_path), plan.evaluations["five", "ten_crop", 1]
    finished(store, plan, {})
    store.folder("evaluate", list(plan.jobs[key].inputs.values())[2]).result.unlink()
    assert set(values(store, plan)["five.ten_crop.members_top1_error"].values) == {0}


def test_a_single_net_has_no_members(tmp_path: Path, plan: Plan) -> None:
    """Neither among the values nor in a suite, where its place is told."""
    assert "cnn.ten_crop.members_top1_error" not in values(Store(tmp_path), plan)
    single = ("less: [cnn.top1, sift_fv.top1]", "less: [cnn.ten_crop.members_top1_error, sift_fv.top1]")
    [said] = faults(written(tmp_path, single))
    assert said.endswith("claims.beats_sift_fv.less.0: no metric 'members_top1_error'; did you mean 'top1_error'?")


def test_members_of_a_test_that_is_not_taken_are_said_to_be_absent(tmp_path: Path, plan: Plan) -> None:
    """As the ensemble itself is."""
    found = values(Store(tmp_path), plan)
    assert found["five.ten_crop_test.members_top1_error"] == found["five.ten_crop_test.top1_error"]
    assert "paper scale only" in found["five.ten_crop_test.members_top1_error"].blocked
