"""Divides the processors of this machine among the jobs of a plan: threads for each job, and jobs at a time.

Threads that share one job wait for each other at every layer. Beside other work each wait lasts until the system gives
the slowest of them a processor, so that two threads may take longer than one. Several jobs of one thread never wait for
each other. So a plan of many trainings gives each one thread, and runs as many at a time as there
are processors. A plan of few trainings gives each as many threads as its steps can use.

The threads of a job depend only on the trainings of its plan and on the processors that this process may use. Nothing
measured decides them, because results are equal bit for bit only between equal numbers of threads. Memory and the time
that a run will take decide only how many jobs run at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.machine.memory import available_bytes
from harness.machine.runtime import Runtime, cores
from harness.plan.job import Job
from harness.plan.plan import Plan

STEP_OF_A_THREAD = 2**29
"""Multiply-adds of a training step for each thread, an assumption: with fewer, threads mostly wait for each other."""

WIDE_STEP = 2**34
"""Multiply-adds of a step from which a net takes all processors, an assumption: two such nets may not fit in memory."""

PROCESS_BYTES = 3 * 2**29
"""Memory reckoned for a process, 1.5 GiB, an assumption: torch, a small data set, a small net and its batches."""


def of_processors(plan: Plan, runtime: Runtime) -> Runtime:
    """Return the settings with the threads and jobs at a time that suit a plan, where the user has left them open."""
    own = threads_each(plan.jobs, cores()) if runtime.open_jobs else max(1, cores() // runtime.jobs)
    threads = own if runtime.open_threads else runtime.threads
    return replace(runtime, threads=threads, jobs=places(threads) if runtime.open_jobs else runtime.jobs)


def places(threads: int) -> int:
    """Return how many jobs of so many threads may run at a time, by processors and by memory."""
    by_memory = cores() if (free := available_bytes()) is None else free // PROCESS_BYTES
    return max(1, min(cores() // threads, by_memory))


def threads_each(jobs: Mapping[str, Job], processors: int) -> int:
    """Return the threads of each job of a plan: its share of the processors, or fewer if its steps cannot use them.

    Without trainings there is nothing to share: measurements take all processors, one after another. So do wide nets.
    """
    trainings = [job for job in jobs.values() if job.kind == "train"]
    if not trainings:
        return processors
    widest = max(step_work(job) for job in trainings)
    if widest >= WIDE_STEP:
        return processors
    return max(1, min(processors // len(trainings), int(widest // STEP_OF_A_THREAD)))


def step_work(training: Job) -> float:
    """Return the multiply-adds of one step of a training."""
    return training.work / max(1, training.steps)
