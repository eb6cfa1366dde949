"""Where jobs stand: done, stale and why, to do, blocked and by what; what is stale below is stale above."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fabricated import finish, finish_all, record
from suite_files import TABLE1

from harness.data.locate import Locations, Place
from harness.errors import HarnessError
from harness.plan.graph import Plan, make_plan
from harness.plan.job import Job
from harness.plan.status import Status, statuses, surveyed
from harness.run.execute import set_aside
from harness.store.store import Store
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

HERE = Locations()


@pytest.fixture
def plan() -> Plan:
    """Table 1 on the digits, which are always there."""
    return make_plan(load_suite(TABLE1), "ci")


@pytest.fixture
def store(tmp_path: Path, plan: Plan) -> Store:
    """Every job of it done."""
    store = Store(tmp_path / "runs")
    finish_all(store, plan)
    return store


def states(plan: Plan, store: Store, locations: Locations = HERE) -> dict[str, int]:
    """How many jobs stand where."""
    return dict(Counter(status.state for status in statuses(plan, store, locations).values()))


def job(plan: Plan, kind: str, seed: int = 0) -> Job:
    """The job of a kind and a seed."""
    key = {
        "pixels": next(iter(plan.jobs)),
        "train": plan.trainings["cnn", seed],
        "evaluate": plan.evaluations["cnn", "ten_crop", seed],
    }[kind]
    return plan.jobs[key]


def test_an_empty_store_has_everything_to_do(plan: Plan, tmp_path: Path) -> None:
    """And looking at it makes nothing."""
    assert states(plan, Store(tmp_path / "runs")) == {"to do": 7}
    assert not (tmp_path / "runs").exists()


def test_a_survey_gives_jobs_by_their_state(plan: Plan, store: Store) -> None:
    """In the order of the plan, whatever the order of the states."""
    gone = [job(plan, "evaluate", seed) for seed in (0, 2)]
    for one in gone:
        store.folder("evaluate", one.key).result.unlink()
    survey = surveyed(plan, store, HERE)
    assert survey.jobs("to do") == gone
    assert survey.jobs("to do", "done") == list(plan.jobs.values())


def test_a_survey_of_fewer_jobs_keeps_their_statuses(plan: Plan, store: Store) -> None:
    """As at an earlier look; what failed stays known."""
    few = {key: one for key, one in plan.jobs.items() if one.kind != "evaluate"}
    whole = surveyed(plan, store, HERE, {"a": "why"})
    part = whole.of(plan.of_jobs(few))
    assert part.standing == {key: whole.standing[key] for key in few}
    assert part.failed == {"a": "why"}


def test_results_are_done(plan: Plan, store: Store) -> None:
    """And come with the status."""
    standing = statuses(plan, store, HERE)
    assert {status.state for status in standing.values()} == {"done"}
    assert standing[job(plan, "evaluate").key].result["values"]["top1_error"] == 37.5


def test_without_its_data_a_job_is_blocked_and_by_what(tmp_path: Path) -> None:
    """ILSVRC-2010 is on few machines."""
    plan = make_plan(load_suite(TABLE1), "paper")
    nowhere = Locations(named={"ilsvrc2010": Place(tmp_path, "--data ilsvrc2010")})
    standing = statuses(plan, Store(tmp_path / "runs"), nowhere)
    assert {(status.state, status.why) for status in standing.values()} == {("blocked", "ILSVRC-2010 is not on disk")}


def test_a_job_without_data_is_never_blocked(plan: Plan, tmp_path: Path) -> None:
    """What measures a net alone can always run."""
    alone = Job("measure", {"what": "parameters", "splits": []})
    standing = statuses(replace(plan, jobs={alone.key: alone}), store := Store(tmp_path / "runs"), HERE)
    assert standing[alone.key].state == "to do"
    finish(store, alone)
    assert statuses(replace(plan, jobs={alone.key: alone}), store, HERE)[alone.key].state == "done"


def test_what_needs_a_blocked_job_is_blocked(plan: Plan, tmp_path: Path) -> None:
    """Though it needs no data of its own."""
    training = Job("train", {"data": {"name": "ilsvrc2010"}, "splits": ["train"]}, label="train it")
    after = Job("measure", {"what": "weights", "splits": []}, {"network": training.key})
    nowhere = Locations(named={"ilsvrc2010": Place(tmp_path, "--data ilsvrc2010")})
    chain = replace(plan, jobs={job.key: job for job in (training, after)})
    standing = statuses(chain, Store(tmp_path / "runs"), nowhere)
    assert standing[after.key] == Status("blocked", "it needs what is blocked: train it")


def test_a_result_whose_data_are_gone_stays_done(plan: Plan, store: Store, tmp_path: Path) -> None:
    """There is nothing that it could differ from."""
    assert states(plan, store, Locations(named={"digits": Place(tmp_path, "--data digits")})) == {"done": 7}


def test_a_folder_without_a_result_is_to_do(plan: Plan, store: Store) -> None:
    """It is unfinished, whatever else lies in it."""
    store.folder("evaluate", job(plan, "evaluate").key).result.unlink()
    assert states(plan, store) == {"done": 6, "to do": 1}


def test_a_damaged_result_is_an_error(plan: Plan, store: Store) -> None:
    """Never taken, never silently run again."""
    result = store.folder("train", job(plan, "train").key).result
    result.write_text(result.read_text().replace("40.0", "30.0"))
    with pytest.raises(HarnessError, match="is damaged or was edited"):
        statuses(plan, store, HERE)


@pytest.mark.parametrize(
    ("kind", "stale"),
    [("pixels", {"pixels", "train", "evaluate"}), ("train", {"train", "evaluate"}), ("evaluate", {"evaluate"})],
)
def test_changed_code_makes_results_stale_and_what_stands_on_them(
    plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch, kind: str, stale: set[str]
) -> None:
    """Only the code that a kind of job uses counts, and the reason is told."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda name, _: name != kind)
    standing = statuses(plan, store, HERE)
    assert {plan.jobs[key].kind for key, status in standing.items() if status.state == "stale"} == stale
    assert standing[job(plan, kind).key].why == f"the code of {kind} jobs has changed since"


def test_changed_data_make_results_stale(plan: Plan, store: Store) -> None:
    """The fingerprint of what is there now is another than that of what was seen."""
    one = job(plan, "evaluate")
    seen = record(one, "test", HERE) | {"fingerprint": "another"}
    finish(store, one, data=[seen])
    assert statuses(plan, store, HERE)[one.key] == Status(
        "stale", "the test data of digits have changed since", store.folder("evaluate", one.key).read_result()
    )
    assert states(plan, store) == {"done": 6, "stale": 1}


def test_an_input_that_ran_again_and_came_out_otherwise_makes_stale(plan: Plan, store: Store) -> None:
    """A test of weights that are there no more says nothing of those that are."""
    training = job(plan, "train")
    folder = store.folder("train", training.key)
    finish(store, training)
    assert states(plan, store) == {"done": 7}
    folder.weights.write_bytes(b"other weights")
    result: dict[str, Any] = folder.read_result()
    folder.write_result({name: value for name, value in result.items() if name != "outputs"})
    standing = statuses(plan, store, HERE)
    assert standing[job(plan, "evaluate").key].why == "train cnn, seed 0 has run again since and came out otherwise"
    assert states(plan, store) == {"done": 6, "stale": 1}


def test_every_reason_is_told(plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own and those of what it stands on."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda *_: False)
    why = statuses(plan, store, HERE)[job(plan, "evaluate", 1).key].why
    assert why.split("; ") == [
        "the code of evaluate jobs has changed since",
        "train cnn, seed 1 is stale",
        "mean image and colour covariance of digits is stale",
    ]


def test_a_stale_result_is_set_aside_and_kept(plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its job is to do again, and the old result lies beside the new one, however often that happens."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda name, _: name != "evaluate")
    folder = store.folder("evaluate", job(plan, "evaluate").key)
    for number in (1, 2):
        old = folder.result.read_text()
        survey = set_aside(surveyed(plan, store, HERE))
        assert Counter(status.state for status in survey.standing.values()) == {"done": 4, "to do": 3}
        assert states(plan, store) == {"done": 4, "to do": 3}
        kept = folder.path.with_name(f"{folder.path.name}.stale-{number}")
        assert json.loads((kept / "result.json").read_text()) == json.loads(old)
        finish_all(store, plan)


def test_what_cannot_be_set_aside_is_told(plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store on a disk that is read only, say."""
    monkeypatch.setattr("harness.plan.status.is_current", lambda _, digest: digest == "x")

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(HarnessError, match="cannot be moved aside: Read-only file system"):
        set_aside(surveyed(plan, store, HERE))


def test_nothing_stale_is_nothing_set_aside(plan: Plan, store: Store) -> None:
    """And nothing moves."""
    survey = surveyed(plan, store, HERE)
    assert set_aside(survey) == survey
    assert states(plan, store) == {"done": 7}


def test_a_measurement_of_more_gpus_than_there_are_is_blocked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what it needs; where they are, it is to do."""
    plan = make_plan(load_suite(shipped_suites() / "prelu_timing.yaml"), "ci")
    key = plan.measurements["four_gpus", 0]
    for count, expected in ((1, Status("blocked", "it needs 4 GPUs, and 1 can be seen here")), (4, Status("to do"))):
        uuids = [f"GPU-{number}" for number in range(count)]
        monkeypatch.setattr("harness.machine.cuda_visible.gpu_uuids", partial(list, uuids))
        assert statuses(plan, store, Locations())[key] == expected
