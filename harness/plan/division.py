"""Divides this machine among the jobs of a plan, its processors or its GPUs, and says how."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from harness.machine.runtime import Runtime
from harness.plan.gpu_sharing import of_gpus
from harness.plan.job import Job
from harness.plan.plan import Plan
from harness.plan.processors import of_processors
from harness.plan.rates import on_gpu

WORTH_A_PROCESS_S = 10.0
"""Seconds of work for each process that runs jobs. With less, importing torch anew would cost more than it gains."""


def divided(plan: Plan, runtime: Runtime) -> Runtime:
    """Return the settings with the threads and jobs at a time that suit a plan, where the user has left them open.

    Where several processes share each batch, nothing changes.
    """
    if runtime.processes > 1:
        return runtime
    if on_gpu(runtime):
        return of_gpus(plan, runtime)
    return of_processors(plan, runtime) if runtime.open_threads or runtime.open_jobs else runtime


def at_once(todo: Collection[Job], seconds: float, runtime: Runtime) -> int:
    """Return how many of these jobs, which take so many seconds one after another, are to run at a time."""
    most = min(runtime.jobs, sum(not job.takes_time for job in todo))
    return max(1, min(most, int(seconds / WORTH_A_PROCESS_S)) if runtime.open_jobs else most)


def elapsed_s(seconds: float, together: int, runtime: Runtime) -> float:
    """Return how long jobs take side by side, which take so many seconds one after another.

    Jobs that share a GPU are taken to be no faster together than in turn, unless their rates were measured so.

    >>> elapsed_s(60, 4, Runtime(jobs=4)), elapsed_s(60, 4, Runtime(jobs=4, shared_gpus=2))
    (15.0, 30.0)
    """
    return seconds / min(together, runtime.shared_gpus or together)


def taken(runtime: Runtime, together: int) -> Runtime:
    """Return the settings of a run in which so many jobs of those that fit run at a time."""
    fewer = "; fewer here, for little is to do" if runtime.why_jobs and together < runtime.jobs else ""
    return replace(runtime, jobs=together, why_jobs=runtime.why_jobs + fewer)


def told(runtime: Runtime, together: int) -> str:
    """Say how jobs share the machine, and on GPUs why so many do.

    >>> told(Runtime(threads=1), 2)
    '2 jobs at a time, 1 thread each'
    >>> told(Runtime(threads=4, jobs=8, shared_gpus=1, why_jobs="8 on a GPU, which is the most"), 8)
    '8 jobs at a time, 4 threads each (8 on a GPU, which is the most)'
    """
    jobs = "1 job" if together == 1 else f"{together} jobs"
    said = f"{jobs} at a time, {runtime.threads} thread{'' if runtime.threads == 1 else 's'} each"
    why = taken(runtime, together).why_jobs
    return f"{said} ({why})" if why else said
