"""What a plan's results cost: each job once in the sum, in each experiment that rests on it, and never a made-up 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fabricated import finish, finish_all
from suite_files import TABLE1

from harness.data.locate import Locations
from harness.machine.gpu_summary import Tally, joined
from harness.machine.nvml import Reading
from harness.plan.graph import Plan, make_plan
from harness.plan.status import statuses
from harness.report.costs import cost_of, costs_by_experiment
from harness.store.provenance import IMPORTED
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import suite_path


def telemetry(watts: float = 360.0, seconds: float = 10.0) -> dict[str, Any]:
    """Of a job that drew so much for so long."""
    tally = Tally()
    for reading in (Reading(0.0, watts, memory_bytes=5), Reading(seconds, watts, memory_bytes=7)):
        tally.add(reading)
    found = joined(
        [{"gpus": ["NVIDIA H200"], "interval_s": 1.0, "shared": False, "ended": None, **(tally.summary() or {})}]
    )
    assert found is not None
    return found


def cost(**more: Any) -> dict[str, Any]:
    """Of a job of 1.5 s."""
    return {"seconds": 1.5, "finished_at": "2026-01-05T10:21:44+00:00", **more}


@pytest.fixture
def plan() -> Plan:
    """Table 1 on the digits: one experiment, three seeds."""
    return make_plan(load_suite(TABLE1), "ci")


@pytest.fixture
def store(tmp_path: Path, plan: Plan) -> Store:
    """Every job done on a processor."""
    store = Store(tmp_path)
    finish_all(store, plan)
    return store


def costs(plan: Plan, store: Store) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The sum and the experiments."""
    standing = statuses(plan, store, Locations())
    return cost_of(plan, standing).plain(), [one.plain() for one in costs_by_experiment(plan, standing)]


def on_gpu(plan: Plan, store: Store, seeds: range, **more: Any) -> None:
    """Have the trainings of these seeds run on a GPU."""
    for seed in seeds:
        finish(store, plan.jobs[plan.trainings["cnn", seed]], cost=cost(**more))


def test_a_run_on_a_processor_has_no_energy(plan: Plan, store: Store) -> None:
    """Null, which the page calls not measured."""
    whole, (row,) = costs(plan, store)
    assert whole["energy_j"] is None
    assert "energy_measured" not in whole
    assert (row["experiment"], row["jobs"], row["measured"], row["gpu"]) == ("cnn", 7, 0, None)
    assert row["seconds"] == pytest.approx(7 * 1.5)


def test_energy_adds_up_and_says_of_how_many_jobs(plan: Plan, store: Store) -> None:
    """Twice 3600 J."""
    on_gpu(plan, store, range(2), telemetry=telemetry())
    whole, (row,) = costs(plan, store)
    assert (whole["energy_j"], whole["energy_measured"]) == (7200.0, "of 2 of 7 jobs")
    assert (row["measured"], row["gpu"]["energy_j"], row["gpu"]["measured_s"]) == (2, 7200.0, 20.0)
    assert row["gpu"]["peak_memory_bytes"] == 7


@pytest.mark.parametrize("odd", ["x", 3, [], {}, {"energy_j": 5.0}, None])
def test_telemetry_in_another_form_is_none(plan: Plan, store: Store, odd: Any) -> None:
    """As a later version, or somebody's hand, may write it."""
    on_gpu(plan, store, range(1), telemetry=odd)
    whole, (row,) = costs(plan, store)
    assert (whole["energy_j"], row["measured"], row["gpu"]) == (None, 0, None)


def test_energy_that_a_gpu_did_not_tell_is_not_counted_as_nothing(plan: Plan, store: Store) -> None:
    """The job has telemetry, and no joules."""
    on_gpu(plan, store, range(1), telemetry=telemetry() | {"energy_j": None})
    on_gpu(plan, store, range(1, 2), telemetry=telemetry())
    whole, (row,) = costs(plan, store)
    assert (whole["energy_j"], whole["energy_measured"]) == (3600.0, "of 1 of 7 jobs")
    assert row["measured"] == 2


def test_a_shared_job_counts_in_each_experiment_and_once_in_the_sum(tmp_path: Path) -> None:
    """The mean image of the PReLU paper's Table 6 serves eight nets."""
    plan, store = make_plan(load_suite(suite_path("prelu_table6")), "ci"), Store(tmp_path)
    finish_all(store, plan)
    whole, rows = costs(plan, store)
    assert len(rows) == 8
    assert {(row["jobs"], row["shared"]) for row in rows} == {(5, 1)}
    assert whole["pixels_s"] == 1.5


def test_what_was_trained_elsewhere_cost_nothing_here(plan: Plan, store: Store) -> None:
    """Nobody knows what it did there."""
    job = plan.jobs[plan.trainings["cnn", 0]]
    finish(store, job, **{IMPORTED: {"from": "x"}, "cost": None, "code": None})
    whole, (row,) = costs(plan, store)
    assert whole["train_s"] == 3.0
    assert row["jobs"] == 6


def test_an_experiment_without_results_has_no_row(plan: Plan, tmp_path: Path) -> None:
    """Rather than one of zeros."""
    whole, rows = costs(plan, Store(tmp_path / "empty"))
    assert (whole["train_s"], whole["energy_j"], whole["finished_at"], rows) == (0, None, None, [])


def test_jobs_that_shared_the_machine_are_told(plan: Plan, store: Store) -> None:
    """The most at a time; nothing where each had the machine to itself."""
    assert "side_by_side" not in costs(plan, store)[0]
    first, second, *_ = plan.jobs.values()
    finish(store, first, cost=cost(jobs_at_once=2))
    finish(store, second, cost=cost(jobs_at_once=4))
    assert costs(plan, store)[0]["side_by_side"] == "up to 4 jobs at a time"


def test_jobs_that_shared_a_gpu_say_why_so_many_did(plan: Plan, store: Store) -> None:
    """In the words of the run; a GPU that one job filled is told too."""
    first, second, *_ = plan.jobs.values()
    finish(store, first, cost=cost(jobs_because="one on the GPU, for its steps fill it"))
    assert costs(plan, store)[0]["side_by_side"] == "1 job at a time: one on the GPU, for its steps fill it"
    because = "8 on the GPU, for more are never tried"
    finish(store, second, cost=cost(jobs_at_once=8, jobs_a_gpu=8, jobs_because=because))
    assert costs(plan, store)[0]["side_by_side"] == f"up to 8 jobs at a time: {because}"


def test_trainings_are_set_against_the_matrix_peak(plan: Plan, store: Store) -> None:
    """By all their operations, of those that their time had room for; those without a peak are counted apart."""
    assert "share_of_matrix_peak" not in costs(plan, store)[0]
    trainings = [job for job in plan.jobs.values() if job.kind == "train"]
    first, second, *_ = trainings
    finish(store, first, cost=cost(matrix_peak_flop_s=2e9) | {"seconds": first.work / 1e9})
    assert " of 2 GFLOP/s as measured, in 1 of 3 trainings" in costs(plan, store)[0]["share_of_matrix_peak"]
    finish(store, second, cost=cost(matrix_peak_flop_s=4e9) | {"seconds": second.work / 1e9})
    share = (first.work + second.work) / (first.work + 2 * second.work)
    said = costs(plan, store)[0]["share_of_matrix_peak"]
    assert said == f"{100 * share:.2g}% of 2 to 4 GFLOP/s as measured, in 2 of 3 trainings"
