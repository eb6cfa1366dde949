"""The status of each job of a plan in a store: done, stale, to do, or blocked, and by what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from harness.data import DATASETS, Dataset
from harness.data.fingerprint import fingerprint
from harness.data.locate import Found, Locations, Missing
from harness.jobs.code import is_current
from harness.jobs.named import extended
from harness.machine.cuda_visible import lacking
from harness.plan.job import Job
from harness.plan.plan import Plan
from harness.store.provenance import IMPORTED, said
from harness.store.store import Store

State = Literal["done", "imported", "stale", "to do", "blocked"]


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one job; `why` tells what made it stale, what blocks it, or where an imported result is from."""

    state: State
    why: str = ""
    result: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """A plan as it stands in a store: the status of every job, asked once, and the failures of this run so far.

    When to use: wherever work is done or judged. It does not follow the store; after a run, `surveyed` gives another.
    """

    plan: Plan
    store: Store
    standing: Mapping[str, Status]
    """By key."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """By key, why a job failed or was left out."""

    def jobs(self, *states: State) -> list[Job]:
        """Give the jobs in one of these states, in the order of the plan."""
        return [job for key, job in self.plan.jobs.items() if self.standing[key].state in states]

    def of(self, plan: Plan) -> Survey:
        """Give the survey of a plan whose jobs are among these, such as the same plan at a look."""
        return replace(self, plan=plan, standing={key: self.standing[key] for key in plan.jobs})

    def only(self, keys: Collection[str]) -> Survey:
        """Give the survey of some of these jobs, in the order of the plan."""
        plan = self.plan.of_jobs({key: job for key, job in self.plan.jobs.items() if key in keys})
        return self.of(plan)


def surveyed(plan: Plan, store: Store, locations: Locations, failed: Mapping[str, str] | None = None) -> Survey:
    """Survey a plan in a store; raises HarnessError for a damaged result."""
    return Survey(plan, store, statuses(plan, store, locations), failed or {})


def statuses(plan: Plan, store: Store, locations: Locations) -> dict[str, Status]:
    """Give the status of every job, by key; an input that is stale or blocked makes the jobs that need it so too.

    Raises HarnessError for a damaged result.
    """
    known: dict[str, Status] = {}
    for key, job in plan.jobs.items():
        inputs = {name: (plan.jobs[input_key], known[input_key]) for name, input_key in job.inputs.items()}
        known[key] = _status(job, store, locations, inputs)
    return known


def _status(job: Job, store: Store, locations: Locations, inputs: dict[str, tuple[Job, Status]]) -> Status:
    result = store.folder(job.kind, job.key).read_result_of(job.key)
    if result is not None and IMPORTED in result:  # no code, data or input of ours has made it, so none can outdate it
        return Status("imported", f"trained elsewhere ({said(result[IMPORTED])})", result)
    found = None if job.data_name is None else locations.find(_dataset(job))
    if result is not None:
        with extended(job.spec, *(other.spec for other, _ in inputs.values())):
            reasons = _staleness(job, result, store, found)
        reasons += [
            reason for name, (other, status) in inputs.items() if (reason := _outdated(name, other, status, result))
        ]
        return Status("stale" if reasons else "done", "; ".join(reasons), result)
    if "gpus" in job.spec and (lack := lacking(job.spec["gpus"])) is not None:
        return Status("blocked", lack)
    if isinstance(found, Missing):
        return Status("blocked", f"{found.title} is not on disk")
    if found is not None and (absent := [split for split in job.spec.get("splits", ()) if _absent(job, split, found)]):
        return Status("blocked", f"the {absent[0]} images of {_dataset(job).title} are not on disk")
    blocked = [other.label for other, status in inputs.values() if status.state == "blocked"]
    return Status("blocked", f"it needs what is blocked: {blocked[0]}") if blocked else Status("to do")


def _dataset(job: Job) -> Dataset:
    """Give the declaration of the data set that a job reads."""
    assert job.data_name is not None
    return DATASETS[job.data_name]


def _absent(job: Job, split: str, found: Found) -> bool:
    """Say whether a split without labels is not on disk; a data set counts as found without it."""
    return split in _dataset(job).unlabelled and not (found.path / split).is_dir()


def _outdated(name: str, other: Job, status: Status, result: dict[str, Any]) -> str | None:
    """Say why a result was made from another input than there is now; None where it was not."""
    if status.state == "stale":
        return f"{other.label} is stale"
    if status.result is not None and status.result["outputs"] != result.get("inputs", {}).get(name):
        return f"{other.label} has run again since and came out otherwise"
    return None


def _staleness(job: Job, result: dict[str, Any], store: Store, found: Found | Missing | None) -> list[str]:
    reasons = []
    if not is_current(job.kind, result["code"]):
        reasons.append(f"the code of {job.kind} jobs has changed since")
    if isinstance(found, Found):
        dataset = _dataset(job)
        reasons += [
            f"the {seen['split']} data of {dataset.name} have changed since"
            for seen in result["data"]
            if not _absent(job, seen["split"], found)  # like a set that is gone, it outdates nothing
            and fingerprint(dataset, found, seen["split"], store.fingerprints) != seen["fingerprint"]
        ]
    return reasons
