"""Estimates the time and energy of jobs: as measured or calibrated here, else by stated assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.jobs import JOBS
from harness.machine.environment import nvml
from harness.machine.nvml import visible_gpus
from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.plan.rates import Rate, Rates, on_gpu
from harness.store.store import Store

ASSUMED_A_CORE = 2.0e10
ASSUMED_A_GPU = 5.0e12
"""Multiply-adds a second that are assumed until a device has measured its own: orders of magnitude, no promises."""

OVERHEAD_S = 0.5
"""Seconds that any job costs."""

JOULES_A_KWH = 3.6e6

Drawn = list[tuple[float | None, float]]
"""Watts, where they are known, and seconds of each job."""


@dataclass(frozen=True, slots=True)
class AssumedGpu:
    """A GPU that is not at hand, as an estimate has it."""

    name: str
    peak: dict[str, float]
    """Multiply-adds a second by precision."""
    sustained: float
    """The part of the peak that trainings are taken to reach."""
    power_w: float

    def rate(self, precision: str) -> Rate:
        """Give the rate at a precision; an unknown one is as slow as fp32."""
        return Rate(self.sustained * self.peak.get(precision, self.peak["fp32"]), self.power_w, "assumed")

    def says(self, precisions: Iterable[str]) -> str:
        """The assumption, for people."""
        peaks = " and ".join(f"{self.peak[one]:.2g} in {one}" for one in sorted(set(precisions) & self.peak.keys()))
        return (
            f"assumes one {self.name} at {self.sustained:.0%} of its peak multiply-adds a second ({peaks}) and at "
            f"{self.power_w:g} W; arithmetic alone, as if images arrived in time"
        )


H200 = AssumedGpu(
    name="NVIDIA H200",
    # fp32 without TF32: 132 multiprocessors of 128 lanes at 1.98 GHz, one multiply-add each a cycle. bf16: 790 TFLOP/s,
    # as matrix products were measured to reach; the data sheet has 989.
    peak={"fp32": 132 * 128 * 1.98e9, "bf16": 790e12 / 2},
    sustained=0.6,
    power_w=700.0,  # the data sheet's limit
)


@dataclass(slots=True)
class Estimate:
    """Seconds one after another, energy of the GPU where it can be told, and what both are based on."""

    seconds: float = 0.0
    basis: str = ""
    energy_j: float | None = None
    power_basis: str = ""
    by_source: dict[str, float] = field(default_factory=dict)
    """Seconds that were measured, calibrated or assumed; every job's overhead is left out."""
    of_job: dict[str, float] = field(default_factory=dict)
    """Seconds by key."""
    processor_s: float = 0.0
    """Seconds of one core, for jobs that leave a GPU alone; told apart where the GPU is not at hand."""
    cores: int | None = None
    """Cores of a processor that they keep busy; None on a GPU."""

    def document(self) -> dict[str, Any]:
        """Give it as plain data; hours are of one GPU, or of one core."""
        hours = self.seconds / 3600
        return {
            "seconds": self.seconds,
            "basis": self.basis,
            "gpu_hours": hours if self.cores is None else None,
            "core_hours": None if self.cores is None else hours * self.cores,
            "processor_core_hours": self.processor_s / 3600,
            "kwh": None if self.energy_j is None else self.energy_j / JOULES_A_KWH,
            "power_basis": self.power_basis,
            "seconds_by_source": self.by_source,
        }


def estimate(jobs: Iterable[Job], store: Store, runtime: Runtime, plan: Mapping[str, Job] | None = None) -> Estimate:
    """Estimate the time and energy that `jobs` take one after another on this machine.

    `plan` holds by key the jobs that they build on; without it, tests are not told apart by their nets.
    """
    rates = Rates.known(store, runtime)
    assumed = assumed_rate(runtime)
    found = Estimate(cores=None if on_gpu(runtime) else runtime.threads)
    drawn = Drawn()
    for job in jobs:
        rate = rates.of(job.kind, job.spec, training_of(job, plan or {})) or Rate(assumed, None, "assumed")
        _add(found, job, rate, drawn)
    found.basis = _basis(found, rates, assumed)
    _set_energy(found, drawn, power_limit_w() if on_gpu(runtime) else None)
    return found


def estimate_on(gpu: AssumedGpu, jobs: Iterable[Job]) -> Estimate:
    """Estimate the same on a GPU that is not at hand; its seconds and energy are of the jobs that use the GPU.

    `processor_s` has the others, such as features and classifiers, in seconds of one processor.
    """
    found, drawn, precisions = Estimate(), Drawn(), list[str]()
    for job in jobs:
        if JOBS[job.kind].on_processor:
            found.of_job[job.key] = OVERHEAD_S + job.work / ASSUMED_A_CORE
            found.processor_s += found.of_job[job.key]
            continue
        told = job.spec.get("recipe", {}) if job.kind == "train" else job.spec
        precisions.append(told.get("precision", "fp32"))  # tests are always fp32
        _add(found, job, gpu.rate(precisions[-1]), drawn)
    found.basis = gpu.says(precisions)
    _set_energy(found, drawn, gpu.power_w)
    return found


def assumed_rate(runtime: Runtime) -> float:
    """Multiply-adds a second of a device that has measured none."""
    return ASSUMED_A_GPU if on_gpu(runtime) else ASSUMED_A_CORE * runtime.threads


def training_of(job: Job, plan: Mapping[str, Job]) -> dict[str, Any] | None:
    """The spec of the training whose net a job looks through."""
    training = plan.get(job.inputs.get("network", ""))
    return None if training is None else training.spec


def power_limit_w() -> float | None:
    """The most that the GPU at hand may draw; None where it does not tell."""
    library = nvml()
    if library is None:
        return None
    try:
        library.nvmlInit()
        try:
            gpus = visible_gpus(library)
            return gpus[0].power_limit_w() if gpus else None
        finally:
            library.nvmlShutdown()
    except library.NVMLError:
        return None


def _add(found: Estimate, job: Job, rate: Rate, drawn: Drawn) -> None:
    seconds = job.work / rate.multiply_adds_s
    found.of_job[job.key] = OVERHEAD_S + seconds
    found.seconds += OVERHEAD_S + seconds
    drawn.append((rate.power_w, OVERHEAD_S + seconds))
    if job.work > 0:
        found.by_source[rate.source] = found.by_source.get(rate.source, 0.0) + seconds


def _basis(found: Estimate, rates: Rates, assumed: float) -> str:
    """Name the basis of the weakest part, and its share of the time."""
    if not found.by_source:
        return f"{OVERHEAD_S:g} s for each job, none of which trains or tests a net"
    weakest = next((source for source in ("assumed", "calibrated") if source in found.by_source), "measured")
    rest = sum(seconds for source, seconds in found.by_source.items() if source != weakest)
    share = f", {rest / (rest + found.by_source[weakest]):.0%} of the time measured or calibrated here" if rest else ""
    if weakest == "assumed":
        return f"assumes {assumed:.0e} multiply-adds a second on {rates.device}{share}"
    also = ", partly measured" if rest else ""
    return f"{weakest} here on {rates.device}{also}"


def _set_energy(found: Estimate, drawn: Drawn, limit_w: float | None) -> None:
    """Joules where the power of every job is known, or at least the limit that none can exceed."""
    if found.cores is not None:
        found.power_basis = "the power of a processor is not measured"
        return
    known = all(watts is not None for watts, _ in drawn)
    if not known and limit_w is None:
        found.power_basis = "the power of this GPU is not known"
        return
    found.energy_j = sum((limit_w or 0.0 if watts is None else watts) * seconds for watts, seconds in drawn)
    assumed = "assumed" in found.by_source or not found.by_source
    measured = "at the power assumed" if assumed else "at the power measured"
    found.power_basis = measured if known else f"at most, at its limit of {limit_w:g} W"
