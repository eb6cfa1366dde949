"""Works out what to ask Slurm for: the nodes, GPUs, cores, memory and time of each job, and arrays of those alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from harness.errors import UsageError
from harness.jobs.measures import MEASURES
from harness.machine.runtime import Runtime
from harness.plan.estimate import H200, estimate, estimate_on
from harness.plan.job import Job
from harness.plan.rates import on_gpu
from harness.run.executors.gpus import processes_of
from harness.run.executors.slurm.settings import Settings
from harness.store.store import Store

HEAD_ROOM = 3.0
"""Times its estimate that a job may take before Slurm ends it."""
START_UP_MIN = 10.0
"""Minutes beyond that, in which a node reads the program and the data."""
SHORTEST_MIN = 15
"""Walltimes double from here, so that jobs of like length share an array."""
PROGRAM_GB = 4.0
"""Memory of one process with torch and a decoder of images."""
COPIES = 4.0
"""Times the size of a job's files that its process may hold in memory."""

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Request:
    """What one array task asks for; tasks that ask for the same share an array."""

    nodes: int
    gpus: int
    """On each node."""
    cpus: int
    """On each node."""
    memory_gb: int
    """On each node."""
    minutes: int
    alone: bool = False
    """Whether it needs nodes of its own, because it measures time."""

    def document(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)

    def says(self) -> str:
        """Give it in words.

        >>> Request(1, 2, 16, 8, 60).says()
        '2 GPUs, 16 CPUs, 8 GB, 60 min'
        """
        gpus = f"{self.gpus} GPU{'s' if self.gpus > 1 else ''}, " if self.gpus else ""
        nodes = f"{self.nodes} nodes with each " if self.nodes > 1 else ""
        alone = ", no other job beside it" if self.alone else ""
        cpus = f"{self.cpus} CPU{'s' if self.cpus > 1 else ''}"
        return f"{nodes}{gpus}{cpus}, {self.memory_gb} GB, {self.minutes} min{alone}"


def runs_here(job: Job) -> bool:
    """Say whether a job follows exactly from definitions, without torch, so that the driver does it at once."""
    measure = MEASURES.get(job.spec.get("what", "")) if job.kind == "measure" else None
    return measure is not None and not measure.needs_torch


def needs_gpus(runtime: Runtime, settings: Settings) -> bool:
    """Say whether jobs ask for GPUs. Raises UsageError where neither the device nor the settings tell."""
    if runtime.device == "auto" and settings.gpus_per_node is None:
        raise UsageError(
            "--on slurm cannot see the nodes from here: say --device cuda or --device cpu, or how many GPUs a node has "
            "with --slurm gpus_per_node=N"
        )
    return runtime.device != "cpu"


def seconds_of(
    jobs: Sequence[Job], store: Store, runtime: Runtime, plan: Mapping[str, Job], *, gpus: bool
) -> dict[str, float]:
    """Estimate the seconds of each job, by key: as measured where this machine is like the nodes, else as assumed."""
    if gpus and not on_gpu(runtime):
        return estimate_on(H200, jobs).of_job
    return estimate(jobs, store, runtime, plan).of_job


def request_of(job: Job, seconds: float, runtime: Runtime, settings: Settings, nodes: int = 1) -> Request:
    """Ask for one job; raises UsageError for GPUs that do not fit on the nodes."""
    processes = processes_of(job.kind, job.spec, runtime)
    nodes = nodes if processes > 1 and processes == runtime.processes else 1
    if processes % nodes:
        raise UsageError(f"{processes} processes cannot be shared evenly among {nodes} nodes; ask for a multiple")
    each = processes // nodes
    gpus = each if needs_gpus(runtime, settings) else 0
    if settings.gpus_per_node is not None and gpus > settings.gpus_per_node:
        raise UsageError(
            f"{job.label} wants {gpus} GPUs on a node, and nodes have {settings.gpus_per_node} (gpus_per_node); "
            "ask for more --nodes, or fewer --gpus"
        )
    cpus = (settings.cpus_per_gpu or runtime.threads) * (each if gpus or settings.cpus_per_gpu is None else 1)
    return Request(
        nodes,
        gpus,
        cpus,
        settings.memory_gb or _doubling((PROGRAM_GB * each) + COPIES * (job.keeps_bytes + job.scratch_bytes) / 1e9, 4),
        settings.walltime_min or _doubling(START_UP_MIN + HEAD_ROOM * seconds / 60, SHORTEST_MIN),
        job.takes_time,
    )


def _doubling(least: float, smallest: int) -> int:
    size = smallest
    while size < least:
        size *= 2
    return size


def arrays(asked: Iterable[tuple[Each, Request]], largest: int) -> list[tuple[Request, list[Each]]]:
    """Group what asks for the same into arrays of at most `largest`, in the order of the first of each."""
    alike: dict[Request, list[Each]] = {}
    for one, request in asked:
        alike.setdefault(request, []).append(one)
    return [
        (request, found[start : start + largest])
        for request, found in alike.items()
        for start in range(0, len(found), largest)
    ]
