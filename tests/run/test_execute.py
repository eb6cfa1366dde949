"""Walking a plan: inputs first, what is done left alone, a failure stopping only what needs it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from fabricated import Fake, finish, silent
from fake_places import FakePlaces
from suite_files import TABLE1

from harness.data.locate import Locations
from harness.errors import HarnessError, Interrupted, JobFailed, OutOfMemory, UsageError
from harness.plan.graph import Plan, make_plan
from harness.plan.status import statuses, surveyed
from harness.progress import Progress
from harness.run.execute import Execution, execute, execute_at_once, written
from harness.store.store import Store, write_json
from harness.suite.load import load_suite
from harness.suite.shipped import shipped_suites

TIMING = shipped_suites() / "prelu_timing.yaml"


@pytest.fixture
def plan() -> Plan:
    """Table 1 on the digits."""
    return make_plan(load_suite(TABLE1), "ci")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty one."""
    return Store(tmp_path / "runs")


def run(plan: Plan, store: Store, executor: Fake, progress: Progress | None = None) -> Execution:
    """Execute what is not done."""
    return execute(surveyed(plan, store, Locations()), executor, progress or silent())


def failing(error: Exception):
    """What raises when it is its turn."""

    def act() -> None:
        raise error

    return act


def test_every_job_runs_once_in_the_order_of_the_plan(plan: Plan, store: Store) -> None:
    """And everything is done then."""
    executor = Fake()
    execution = run(plan, store, executor)
    assert (execution.ran, execution.failed) == (list(plan.jobs), {})
    assert executor.labels == [job.label for job in plan.jobs.values()]
    assert {status.state for status in statuses(plan, store, Locations()).values()} == {"done"}


def test_what_is_done_is_left_alone(plan: Plan, store: Store) -> None:
    """A second run of a finished suite runs nothing."""
    run(plan, store, Fake())
    assert run(plan, store, again := Fake()) == Execution([], {})
    assert again.labels == []


def test_a_stale_result_is_not_run_again_unasked(plan: Plan, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only setting it aside makes it so."""
    run(plan, store, Fake())
    monkeypatch.setattr("harness.plan.status.is_current", lambda _, digest: digest == "x")
    assert run(plan, store, Fake()) == Execution([], {})


def test_a_failure_stops_only_what_needs_it(plan: Plan, store: Store) -> None:
    """The other seeds go on, and each reason is kept."""
    execution = run(plan, store, Fake({"train cnn, seed 1": failing(JobFailed("out of memory"))}))
    assert execution.failed == {
        plan.trainings["cnn", 1]: "out of memory",
        plan.evaluations["cnn", "ten_crop", 1]: "its input failed: out of memory",
    }
    assert len(execution.ran) == 5


def test_an_interrupt_stops_the_run(plan: Plan, store: Store) -> None:
    """What was done before stays done."""
    executor = Fake({"train cnn, seed 1": failing(Interrupted(15, "stopped"))})
    with pytest.raises(Interrupted):
        run(plan, store, executor)
    assert executor.labels[-1] == "train cnn, seed 1"
    assert plan.trainings["cnn", 0] in {
        key for key, status in statuses(plan, store, Locations()).items() if status.state == "done"
    }


def test_people_are_told_which_job_of_how_many(plan: Plan, store: Store) -> None:
    """And what failed, when it does."""
    progress = Progress(io.StringIO())
    labels: list[str] = []
    begin = progress.begin
    progress.begin = lambda label: (labels.append(label), begin(label))[1]
    run(plan, store, Fake({"train cnn, seed 2": failing(JobFailed("no luck"))}), progress)
    assert labels[:2] == ["[1/7] mean image and colour covariance of digits", "[2/7] train cnn, seed 0"]
    assert progress.stream.getvalue() == "train cnn, seed 2: FAILED: no luck\n"


def test_a_job_is_written_before_it_runs(plan: Plan, store: Store) -> None:
    """All that an executor on another machine needs to know."""
    job = plan.jobs[plan.trainings["cnn", 0]]
    document = json.loads(written(store, job).job.read_text())
    assert {name: document[name] for name in ("kind", "version", "spec", "inputs")} == json.loads(
        json.dumps(job.address())
    )
    assert document["key"] == job.key


def test_a_job_is_written_once(plan: Plan, store: Store) -> None:
    """A second time leaves the file as it is."""
    job = plan.jobs[plan.trainings["cnn", 0]]
    before = written(store, job).job.stat().st_mtime_ns
    assert written(store, job).job.stat().st_mtime_ns == before


def test_a_folder_with_another_job_is_refused(plan: Plan, store: Store) -> None:
    """Two keys may begin alike."""
    job = plan.jobs[plan.trainings["cnn", 0]]
    write_json(store.folder("train", job.key).job, {"key": job.key[:-1] + "?"})
    with pytest.raises(UsageError, match="holds another job with a like key; use another store"):
        written(store, job)


@pytest.mark.parametrize("content", ["{", "[]", "{}", "3"])
def test_a_damaged_job_file_is_told(plan: Plan, store: Store, content: str) -> None:
    """Nothing runs from it."""
    job = plan.jobs[plan.trainings["cnn", 0]]
    folder = finish(store, plan.jobs[next(iter(plan.jobs))]).path.parent / store.folder("train", job.key).path.name
    folder.mkdir()
    (folder / "job.json").write_text(content)
    with pytest.raises(HarnessError, match=r"job\.json is damaged; move"):
        written(store, job)


def at_once(plan: Plan, store: Store, fake: FakePlaces, progress: Progress | None = None) -> Execution:
    """Execute what is not done, several at a time."""
    return execute_at_once(surveyed(plan, store, Locations()), fake, progress or silent())


@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_at_once_every_job_runs_once_and_after_its_inputs(plan: Plan, store: Store, count: int) -> None:
    """With any number of places, none of them idle while a job could run."""
    fake = FakePlaces(count)
    execution = at_once(plan, store, fake)
    assert (execution.ran, execution.failed) == (list(plan.jobs), {})
    assert max(map(len, fake.together)) == min(count, 3)  # three seeds, each a training and then its test
    assert len(fake.together) == len(plan.jobs)
    by_label = {job.label: job for job in plan.jobs.values()}
    for labels in fake.together:
        keys = {by_label[label].key for label in labels}
        assert not any(keys & set(by_label[label].inputs.values()) for label in labels)


def test_at_once_a_failure_stops_only_what_needs_it(plan: Plan, store: Store) -> None:
    """As one after another."""
    fake = FakePlaces(2, {"train cnn, seed 1": JobFailed("out of memory")})
    progress = silent()
    execution = at_once(plan, store, fake, progress)
    assert execution.failed == {
        plan.trainings["cnn", 1]: "out of memory",
        plan.evaluations["cnn", "ten_crop", 1]: "its input failed: out of memory",
    }
    assert len(execution.ran) == 5
    assert progress.stream.getvalue() == "train cnn, seed 1: FAILED: out of memory\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [Interrupted(15, "stopped"), UsageError("another process is working on this job")])
def test_at_once_what_is_no_failure_of_a_job_ends_the_run(plan: Plan, store: Store, error: HarnessError) -> None:
    """A signal, or a job that another process works on."""
    with pytest.raises(type(error), match=str(error)):
        at_once(plan, store, FakePlaces(2, {"train cnn, seed 1": error}))


def test_at_once_what_takes_time_is_left_for_a_run_of_its_own(store: Store) -> None:
    """Two timings at once, or a timing beside a training, would measure each other."""
    plan, fake = make_plan(load_suite(TIMING), "ci"), FakePlaces(3)
    timings = [key for key, job in plan.jobs.items() if job.takes_time]
    survey = surveyed(plan, store, Locations())
    todo = [job.key for job in survey.jobs("to do")]
    execution = execute_at_once(survey, fake, silent())
    assert execution.ran == [key for key in todo if key not in timings]
    alone = execute(survey, Fake(), silent(), timed=True)
    assert alone.ran == [key for key in timings if key in todo]
    assert alone.ran


def test_at_once_a_job_without_memory_is_put_off_with_what_needs_it(plan: Plan, store: Store) -> None:
    """Of several, the first alone is told of; the rest of the run goes on."""
    lacking = {f"train cnn, seed {seed}": OutOfMemory("out of memory (CUDA)") for seed in (0, 2)}
    progress, fake = silent(), FakePlaces(3, dict(lacking))
    survey = surveyed(plan, store, Locations())
    first = execute_at_once(survey, fake, progress, put_off=True)
    put_off = {
        key for seed in (0, 2) for key in (plan.trainings["cnn", seed], plan.evaluations["cnn", "ten_crop", seed])
    }
    assert (set(first.put_off), first.failed, len(first.ran)) == (put_off, {}, 3)
    (line,) = progress.stream.getvalue().splitlines()  # type: ignore[attr-defined]
    assert line == "train cnn, seed 2: out of memory beside other jobs; it runs again alone, as any other that does"
    again = execute(survey.only(first.put_off), Fake(), progress)
    whole = first.followed_by(again)
    assert (set(whole.ran), whole.failed, whole.put_off) == (set(plan.jobs), {}, [])


def test_at_once_a_job_without_memory_fails_where_nobody_runs_it_again(plan: Plan, store: Store) -> None:
    """As any other failure."""
    execution = at_once(plan, store, FakePlaces(2, {"train cnn, seed 1": OutOfMemory("out of memory")}))
    assert execution.failed[plan.trainings["cnn", 1]] == "out of memory"
    assert execution.put_off == []
