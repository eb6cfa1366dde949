"""Adds up what the results of a plan cost: time and energy of all jobs, and of each experiment with all it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.jobs import JOBS
from harness.machine.gpu_summary import Summary, is_summary, joined
from harness.plan.graph import Plan
from harness.plan.job import Job
from harness.plan.status import Status
from harness.report.results.document import CostRecord, ExperimentCost
from harness.store.provenance import IMPORTED

Cost = dict[str, Any]
Ran = list[tuple[Job, Cost]]
"""Jobs that ran here or elsewhere under this program, with their costs."""
KINDS = tuple(kind for kind in JOBS if kind != "probe")
"""The kinds of job that a plan may hold; probes are jobs of checks."""
IF_ANY = ("vocabulary", "encode", "fit", "classify")
"""Kinds of which a cost is told only where the plan has such jobs."""


PEAK = "matrix_peak_flop_s"
"""The entry of a training's cost with the peak that it is set against."""


def cost_of(plan: Plan, standing: Mapping[str, Status]) -> CostRecord:
    """Seconds by kind of job, joules of the GPU over all jobs that measured them, and when the last job ended."""
    ran = _ran(plan, standing)
    known = [found["energy_j"] for _, cost in ran if (found := _telemetry(cost)) and found["energy_j"] is not None]
    planned = {job.kind for job in plan.jobs.values()}
    kinds = [kind for kind in KINDS if kind in planned or kind not in IF_ANY]
    fields: dict[str, object] = {f"{kind}_s": _seconds(cost for job, cost in ran if job.kind == kind) for kind in kinds}
    fields["energy_j"] = round(sum(known), 3) if known else None  # not measured is not 0 J
    fields |= {"energy_measured": f"of {len(known)} of {len(ran)} jobs"} if known else {}
    fields |= {"side_by_side": beside} if (beside := _side_by_side([cost for _, cost in ran])) else {}
    fields |= {"share_of_matrix_peak": share} if (share := _share_of_peak(ran)) else {}
    fields["finished_at"] = max((cost["finished_at"] for _, cost in ran), default=None)
    return CostRecord.model_validate(fields)


def _side_by_side(costs: list[Cost]) -> str:
    """The most jobs that ran at a time, and why so many shared a GPU; empty where each had the machine to itself."""
    most = max(costs, key=lambda cost: int(cost.get("jobs_at_once", 1)), default=Cost())
    why = most.get("jobs_because") or next((cost["jobs_because"] for cost in costs if "jobs_because" in cost), "")
    if (together := most.get("jobs_at_once", 1)) == 1:
        return f"1 job at a time: {why}" if why else ""
    return f"up to {together} jobs at a time" + (f": {why}" if why else "")


def _share_of_peak(ran: Ran) -> str:
    """The operations of all trainings that were set against the peak, of those that so much time had room for.

    A multiply-add counts as two operations, and three forward passes as a step: the model FLOP utilisation, with
    reading, validation and all else in the time. Empty where no training was long enough.
    """
    set_against = [(job, cost) for job, cost in ran if PEAK in cost]
    room = sum(cost["seconds"] * cost[PEAK] for _, cost in set_against)
    if not room:
        return ""
    trainings = sum(job.kind == "train" for job, _ in ran)
    peaks = [cost[PEAK] / 1e9 for _, cost in set_against]
    measured = " to ".join(dict.fromkeys(f"{one:,.0f}" for one in (min(peaks), max(peaks))))
    share = 2 * sum(job.work for job, _ in set_against) / room
    return f"{100 * share:.2g}% of {measured} GFLOP/s as measured, in {len(set_against)} of {trainings} trainings"


def costs_by_experiment(plan: Plan, standing: Mapping[str, Status]) -> list[ExperimentCost]:
    """The cost of each experiment that has results, with all it rests on; a shared job counts in each.

    Under `gpu` stands the telemetry of the jobs that have any, as one; None where nothing was measured.
    """
    ran = _ran(plan, standing)
    by_experiment = {
        name: [(job, cost) for job, cost in ran if name in job.wanted_by] for name in plan.suite.file.experiments
    }
    return [_experiment_cost(name, own) for name, own in by_experiment.items() if own]


def _experiment_cost(name: str, own: Ran) -> ExperimentCost:
    measured = [telemetry for _, cost in own if (telemetry := _telemetry(cost)) is not None]
    return ExperimentCost(
        experiment=name,
        jobs=len(own),
        shared=sum(len(job.wanted_by) > 1 for job, _ in own),
        measured=len(measured),
        seconds=_seconds(cost for _, cost in own),
        gpu=joined(measured),
    )


def _seconds(costs: Iterable[Cost]) -> float:
    total: float = round(sum(cost["seconds"] for cost in costs), 3)
    return total


def _ran(plan: Plan, standing: Mapping[str, Status]) -> Ran:
    return [
        (plan.jobs[key], status.result["cost"])
        for key, status in standing.items()
        if status.result and IMPORTED not in status.result
    ]


def _telemetry(cost: Cost) -> Summary | None:
    """The telemetry of a job; None where it has none, or one in another form, as a later version may write it."""
    found = cost.get("telemetry")
    return found if is_summary(found) else None
