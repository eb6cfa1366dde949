"""Says what a run would hand to Slurm, in order, with the hours that it takes and asks for; submits nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.plan.status import Survey
from harness.run.executors.slurm.cluster import Cluster
from harness.run.executors.slurm.request import arrays, needs_gpus, seconds_of
from harness.run.executors.slurm.submission import parameters_of

LARGEST = 1000
"""Jobs of an array at most; a cluster may allow fewer."""


def forecast(survey: Survey, runtime: Runtime, cluster: Cluster) -> dict[str, Any]:
    """Give the arrays of a run as plain data. Jobs of a later step need the results of an earlier one."""
    requests = cluster.requests(survey, runtime, blocked=True)
    todo = {key: survey.plan.jobs[key] for key in requests}
    gpus = needs_gpus(runtime, cluster.settings)
    seconds = seconds_of(list(todo.values()), survey.store, runtime, survey.plan.jobs, gpus=gpus)
    steps = steps_of(todo)
    found = []
    for step in sorted(set(steps.values())):
        ready = [(key, request) for key, request in requests.items() if request is not None and steps[key] == step]
        for request, keys in arrays(ready, LARGEST):
            units = len(keys) * request.nodes * max(request.gpus, 1)
            found.append(
                {
                    "step": step,
                    "jobs": len(keys),
                    "labels": [todo[key].label for key in keys],
                    **request.document(),
                    "says": request.says(),
                    "hours": sum(seconds[key] for key in keys) * request.nodes * max(request.gpus, 1) / 3600,
                    "hours_asked": units * request.minutes / 60,
                    "options": parameters_of(request, cluster.settings),
                }
            )
    here = [todo[key].label for key, request in requests.items() if request is None]
    unit = "GPU-hours" if gpus else "job-hours"
    return {"arrays": found, "here": here, "unit": unit, "jobs_at_once": cluster.settings.jobs_at_once}


def steps_of(jobs: Mapping[str, Job]) -> dict[str, int]:
    """Number the step in which each of these jobs can begin, from 1; inputs that are done do not count."""
    steps: dict[str, int] = {}
    for key, job in jobs.items():
        steps[key] = 1 + max((steps[other] for other in job.inputs.values() if other in steps), default=0)
    return steps
