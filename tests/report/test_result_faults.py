"""A result that no report can be made of is refused by the name of its job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fabricated import finish, finish_all
from suite_files import TABLE1

from harness.data.locate import Locations
from harness.errors import HarnessError
from harness.plan.graph import make_plan
from harness.plan.scale_choice import Choice
from harness.plan.status import statuses
from harness.report.gather import gather
from harness.store.store import Store
from harness.suite.load import load_suite


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"diverged_at": "early"}, "diverged_at should be a whole number"),
        ({"weights_sha256": 7}, "weights_sha256 should be text"),
    ],
)
def test_the_job_and_the_field_are_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    """With the folder to move away."""
    plan, store = make_plan(load_suite(TABLE1), "ci"), Store(tmp_path)
    finish_all(store, plan)
    job = plan.jobs[plan.trainings["cnn", 1]]
    finish(store, job, **changes)
    with pytest.raises(HarnessError) as raised:
        gather(plan, store, statuses(plan, store, Locations()), Choice("ci", "", ""))
    folder = store.folder(job.kind, job.key).path.name
    assert str(raised.value) == (
        f"the result of train cnn, seed 1 does not fit a report: {said}; "
        f"move {folder} in the store away to run it again"
    )
