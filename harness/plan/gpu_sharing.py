"""Decides how many small trainings run side by side on each GPU, as processes of their own.

A step of a small net takes a GPU less time than its launches take the processor, so that a GPU with one such training
waits most of the time. Several processes fill it. A net whose step fills the GPU has it to itself.

The number never changes a result. A process computes on its GPU as if it were alone: it has its own context, its own
memory and its own generators, and the bits of a job depend on its device and on its threads only. The threads follow
from the plan, the processors and the number of GPUs. Free memory, which other programs change, and `--jobs` decide only
how many jobs run at a time, unless `--jobs` asks for so many that there are too few processors for those threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.machine.memory import available_bytes, free_gpu_bytes
from harness.machine.runtime import Runtime, cores
from harness.plan.job import Job
from harness.plan.plan import Plan
from harness.plan.processors import PROCESS_BYTES, step_work
from harness.progress import size

MOST_A_GPU = 8
"""Jobs that share a GPU at most, an assumption: processes take turns on it, so that each more of them gains less."""

FILLING_STEP = 2**34
"""Multiply-adds of a step that fills a GPU by itself, an assumption: half a millisecond of an H200's fp32 peak, longer
than it takes to launch the kernels of a step. Smaller steps share it until they come to as much together."""

Limit = tuple[int, str]
"""So many jobs on a GPU at most, and why."""


def of_gpus(plan: Plan, runtime: Runtime) -> Runtime:
    """Return the settings with the threads and jobs at a time that suit a plan on the GPUs that can be seen.

    A number of jobs that the user gave stays. Without trainings, each GPU runs one job at a time.
    """
    free = free_gpu_bytes()
    trainings = [job for job in plan.jobs.values() if job.kind == "train"]
    if free and trainings:
        by_plan = limits_of_plan(trainings, len(free), 1 if runtime.open_threads else runtime.threads)
        if runtime.open_jobs:
            each, why = chosen([*limits_of_memory(trainings, free), *by_plan])
            told = f"{'one' if each == 1 else each} on {'the' if len(free) == 1 else 'each'} GPU, for {why}"
            runtime = replace(runtime, jobs=each * len(free), why_jobs=told)
        if runtime.open_threads:
            most = max(chosen(by_plan)[0] * len(free), runtime.jobs)
            runtime = replace(runtime, threads=max(1, cores() // most))
    return replace(runtime, shared_gpus=len(free)) if 0 < len(free) < runtime.jobs else runtime


def chosen(limits: Sequence[Limit]) -> Limit:
    """Return the first of the narrowest limits, but at least one job.

    >>> chosen([(3, "so many steps fill it"), (8, "more are never tried")])
    (3, 'so many steps fill it')
    """
    count, why = min(limits, key=lambda limit: limit[0])
    return max(1, count), why


def limits_of_plan(trainings: Sequence[Job], gpus: int, threads: int = 1) -> list[Limit]:
    """Return the limits that a plan, the processors and the number of GPUs set, of which threads may follow.

    `threads` are those that the user gave to each job.
    """
    each = "one" if threads == 1 else str(threads)
    steps = int(FILLING_STEP // max(1.0, *map(step_work, trainings)))
    return [
        (steps, "its steps fill it" if steps <= 1 else "so many steps fill it"),
        (cores() // (gpus * threads), f"each needs {each} of the {cores()} processors"),
        (-(-len(trainings) // gpus), f"the plan has {len(trainings)} training{'' if len(trainings) == 1 else 's'}"),
        (MOST_A_GPU, "more are never tried"),
    ]


def limits_of_memory(trainings: Sequence[Job], free: Sequence[int | None]) -> list[Limit]:
    """Return the limits that the free memory of the fullest GPU and of the machine set.

    Tests and measurements are taken to need no more than a training. One that does, and finds none, runs again alone.
    """
    largest, known = max(job.gpu_bytes for job in trainings), [one for one in free if one is not None]
    least = min(known, default=0)
    by_gpu = least // max(1, largest) if len(known) == len(free) else 1
    why = f"{size(least)} are free and a training takes {size(largest)}" if known else "its free memory is not known"
    machine = available_bytes()
    by_machine = [] if machine is None else [(machine // PROCESS_BYTES // len(free), "the machine has no more memory")]
    return [(by_gpu, why), *by_machine]
