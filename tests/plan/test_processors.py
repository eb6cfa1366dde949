"""The division of processors: by the trainings of a plan alone, and by what else runs only for jobs at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suite_files import shipped

from harness.machine import memory
from harness.machine.runtime import Runtime
from harness.plan import processors
from harness.plan.division import at_once, divided
from harness.plan.graph import make_plan
from harness.plan.job import Job
from harness.plan.plan import Plan
from harness.plan.processors import STEP_OF_A_THREAD, WIDE_STEP, step_work, threads_each
from harness.vocabulary import ScaleName

OPEN = Runtime(device="cpu", threads=4, open_threads=True, open_jobs=True)


@cache
def plan_of(suite: str, scale: ScaleName = "ci") -> Plan:
    """Return the plan of a shipped suite."""
    return make_plan(shipped(suite), scale)


def trainings(count: int, step: float) -> dict[str, Job]:
    """Return a plan's trainings of ten steps, each step of so many multiply-adds."""
    one = next(job for job in plan_of("table1").jobs.values() if job.kind == "train")
    return {str(seed): replace(one, spec={**one.spec, "seed": seed}, work=10 * step, steps=10) for seed in range(count)}


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a machine of four processors and much memory."""
    monkeypatch.setattr(processors, "cores", lambda: 4)
    monkeypatch.setattr(processors, "available_bytes", lambda: 2**40)


@given(st.integers(1, 200), st.integers(1, 128), st.floats(1, 2**40))
def test_no_plan_takes_more_threads_than_there_are_processors(count: int, cores: int, step: float) -> None:
    """Nor less than one; narrow nets together take no more than there are, if each job of the plan runs at once."""
    threads = threads_each(trainings(count, step), cores)
    assert 1 <= threads <= cores
    assert step >= WIDE_STEP or count > cores or threads * count <= cores


@pytest.mark.parametrize(("count", "step", "threads"), [
    (6, 2**30, 1), (2, 2**30, 2), (1, 2**33, 8), (1, 2 * STEP_OF_A_THREAD, 2), (6, WIDE_STEP, 8),
])  # fmt: skip
def test_threads_follow_from_trainings_and_their_steps(count: int, step: float, threads: int) -> None:
    """Of eight processors: many trainings take one each, few share them, a narrow one takes what it can use."""
    assert threads_each(trainings(count, step), 8) == threads


def test_a_step_is_that_of_the_batch() -> None:
    """Work of a training is that of its steps: 60 million multiply-adds an image, three passes, 128 images."""
    training = next(job for job in plan_of("table1", "paper").jobs.values() if job.kind == "train")
    assert step_work(training) == pytest.approx(3 * 128 * 7.2e8, rel=0.15)


def test_many_trainings_run_side_by_side() -> None:
    """Each in one thread, whatever else the machine does."""
    assert [getattr(divided(plan_of("ablations"), OPEN), name) for name in ("threads", "jobs")] == [1, 4]


def test_measurements_take_all_processors_one_after_another() -> None:
    """As before: nothing of them is a training."""
    found = divided(plan_of("architecture"), OPEN)
    assert (found.threads, found.jobs) == (4, 1)


@pytest.mark.parametrize(
    "given",
    [
        Runtime(device="cpu", threads=3, jobs=2),
        Runtime(device="cpu", threads=2, processes=2, open_threads=True, open_jobs=True),
    ],
    ids=["both given", "shared batches"],
)
def test_settings_that_were_given_stay(given: Runtime) -> None:
    """Also those of processes that share each batch."""
    assert divided(plan_of("ablations"), given) == given


def test_jobs_that_were_given_share_the_processors() -> None:
    """With --jobs 2 alone, each has half of the four."""
    found = divided(plan_of("ablations"), Runtime(device="cpu", threads=2, jobs=2, open_threads=True))
    assert (found.threads, found.jobs) == (2, 2)


def test_threads_that_were_given_decide_how_many_jobs_fit() -> None:
    """With --threads 2 alone, two jobs run at a time."""
    found = divided(plan_of("ablations"), Runtime(device="cpu", threads=2, open_jobs=True))
    assert (found.threads, found.jobs) == (2, 2)


def test_little_memory_lets_fewer_jobs_run_and_changes_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results depend on threads, so memory decides only how many run at a time."""
    monkeypatch.setattr(processors, "available_bytes", lambda: 2 * processors.PROCESS_BYTES)
    found = divided(plan_of("ablations"), OPEN)
    assert (found.threads, found.jobs) == (1, 2)


def test_memory_that_nobody_tells_of_limits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems other than Linux do not report it."""
    monkeypatch.setattr(processors, "available_bytes", lambda: None)
    assert divided(plan_of("ablations"), OPEN).jobs == 4


def test_a_short_run_starts_no_process() -> None:
    """Starting one costs seconds; a number of jobs that was given is kept."""
    todo = list(trainings(5, 1.0).values())
    assert [at_once(todo, seconds, Runtime(jobs=4, open_jobs=True)) for seconds in (3, 25, 1000)] == [1, 2, 4]
    assert at_once(todo, 3, Runtime(jobs=4)) == 4
    assert at_once(todo[:1], 1000, Runtime(jobs=4)) == 1


def test_a_limit_of_the_container_counts(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smaller of what is free and of what the container may use."""
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable: 8 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "memory_limit", lambda: 5000)
    assert memory.available_bytes() == 5000
