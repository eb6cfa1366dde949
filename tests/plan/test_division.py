"""How many jobs run at a time of those that fit, how long they take, and what is said of it."""

from __future__ import annotations

from harness.machine.runtime import Runtime
from harness.plan.division import at_once, elapsed_s, taken, told
from harness.plan.job import Job

SHARED = Runtime(threads=4, jobs=16, shared_gpus=2, open_jobs=True, why_jobs="8 on each GPU, for more are never tried")
TODO = [Job("train", {"seed": seed}) for seed in range(20)]


def test_a_short_run_starts_few_processes_on_gpus_too() -> None:
    """And says that fewer run than could."""
    together = at_once(TODO, 70, SHARED)
    assert together == 7
    assert told(SHARED, together) == (
        "7 jobs at a time, 4 threads each (8 on each GPU, for more are never tried; fewer here, for little is to do)"
    )


def test_jobs_on_a_gpu_are_as_many_as_run() -> None:
    """Seven on two GPUs are four on one of them; two have one each."""
    assert [taken(SHARED, count).jobs_a_gpu for count in (16, 7, 2, 1)] == [8, 4, 1, 1]


def test_jobs_that_share_a_gpu_are_not_promised_to_be_faster() -> None:
    """Rates are those of a GPU: with two, an hour's work takes half an hour, however many jobs are on each."""
    assert [elapsed_s(3600, together, SHARED) for together in (1, 2, 16)] == [3600, 1800, 1800]
    assert elapsed_s(3600, 4, Runtime(jobs=4)) == 900


def test_without_a_reason_only_the_division_is_told() -> None:
    """As on processors."""
    assert told(Runtime(threads=1, jobs=4), 2) == "2 jobs at a time, 1 thread each"
