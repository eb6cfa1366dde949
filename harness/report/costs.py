"""What the results of a plan cost: time and energy of all of them, and of each experiment with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.jobs import JOBS
from harness.machine.gpu_summary import Summary, is_summary, joined
from harness.plan.graph import Plan
from harness.plan.job import Job
from harness.plan.status import Status
from harness.store.provenance import IMPORTED

Cost = dict[str, Any]
Ran = list[tuple[Job, Cost]]
"""Jobs that ran here or elsewhere under this program, with their costs."""


def cost_of(plan: Plan, standing: Mapping[str, Status]) -> dict[str, Any]:
    """Seconds by kind of job, joules of the GPU over all jobs of which they were measured, and when the last ended."""
    ran = _ran(plan, standing)
    kinds = [kind for kind in JOBS if kind != "probe"]  # which no plan holds
    seconds = {f"{kind}_s": round(sum(cost["seconds"] for job, cost in ran if job.kind == kind), 3) for kind in kinds}
    finished_at = max((cost["finished_at"] for _, cost in ran), default=None)
    known = [found["energy_j"] for _, cost in ran if (found := _telemetry(cost)) and found["energy_j"] is not None]
    energy: dict[str, Any] = {"energy_j": round(sum(known), 3) if known else None}  # not measured is not 0 J
    energy |= {"energy_measured": f"of {len(known)} of {len(ran)} jobs"} if known else {}
    return {**seconds, **energy, "finished_at": finished_at}


def costs_by_experiment(plan: Plan, standing: Mapping[str, Status]) -> list[dict[str, Any]]:
    """Of each experiment that has results, what all its jobs took, and those it rests on; shared ones count in each.

    Under `gpu` stands the telemetry of the jobs that have any, as one; None where nothing was measured.
    """
    ran = _ran(plan, standing)
    rows = []
    for name in plan.suite.file.experiments:
        own = [(job, cost) for job, cost in ran if name in job.wanted_by]
        if own:
            measured = [telemetry for _, cost in own if (telemetry := _telemetry(cost)) is not None]
            rows.append(
                {
                    "experiment": name,
                    "jobs": len(own),
                    "shared": sum(len(job.wanted_by) > 1 for job, _ in own),
                    "measured": len(measured),
                    "seconds": round(sum(cost["seconds"] for _, cost in own), 3),
                    "gpu": joined(measured),
                }
            )
    return rows


def _ran(plan: Plan, standing: Mapping[str, Status]) -> Ran:
    return [
        (plan.jobs[key], status.result["cost"])
        for key, status in standing.items()
        if status.result and IMPORTED not in status.result
    ]


def _telemetry(cost: Cost) -> Summary | None:
    """Of a job; None where it has none, or one in another form, as a later version may write it."""
    found = cost.get("telemetry")
    return found if is_summary(found) else None
