"""How long jobs will take: from what this machine has measured before, else from a stated assumption, and which."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.documents import parsed_json
from harness.environment import gpus, processor
from harness.job import Job
from harness.runtime import Runtime
from harness.store import Store, write_json

# Multiply-adds a second that are assumed until this machine has measured its own: orders of magnitude, no promises.
ASSUMED_A_CORE = 2.0e10
ASSUMED_A_GPU = 5.0e12

OVERHEAD_S = 0.5
"""Seconds that any job costs."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds, and what they are based on."""

    seconds: float
    basis: str


def estimate(jobs: Iterable[Job], store: Store, runtime: Runtime) -> Estimate:
    """The time that `jobs` take one after another on this machine."""
    rates, device = _measured_rates(store), device_name(runtime)
    seconds, assumed = 0.0, False
    for job in jobs:
        rate = rates.get(rate_key(job.kind, job.spec, device, runtime))
        assumed = assumed or (rate is None and job.work > 0)
        seconds += OVERHEAD_S + job.work / (rate or _assumed_rate(device, runtime))
    basis = (
        f"assumes {_assumed_rate(device, runtime):.0e} multiply-adds a second on {device}"
        if assumed
        else f"measured here on {device}"
    )
    return Estimate(seconds, basis)


def note_rate(store: Store, job: dict[str, Any], seconds: float, runtime: Runtime) -> None:
    """Remember how fast a finished job was, for the next plan."""
    if job.get("work", 0) <= 0 or seconds <= 0:
        return
    key = rate_key(job["kind"], job["spec"], device_name(runtime), runtime)
    write_json(store.rates, _measured_rates(store) | {key: job["work"] / seconds})


def rate_key(kind: str, spec: dict[str, Any], device: str, runtime: Runtime) -> str:
    """What a rate belongs to: the kind of job, the net's size, the precision and the device."""
    spec = spec if kind == "train" else {}
    recipe = spec.get("recipe", {})
    size = "x".join(map(str, spec.get("input", [])))
    what = (kind, spec.get("model", {}).get("name"), size, recipe.get("precision"))
    shared = "" if runtime.processes == 1 else f", {runtime.processes} processes"
    return f"{' '.join(part for part in what if part)} on {device}, {runtime.threads} threads{shared}"


def device_name(runtime: Runtime) -> str:
    """The device that jobs would run on, found without torch."""
    found = gpus() if runtime.device != "cpu" else []
    return str(found[0]["name"]) if found else processor()


def _assumed_rate(device: str, runtime: Runtime) -> float:
    return ASSUMED_A_CORE * runtime.threads if device == processor() else ASSUMED_A_GPU


def _measured_rates(store: Store) -> dict[str, float]:
    try:
        rates = parsed_json(store.rates.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a lost or broken cache costs an estimate, nothing else
        return {}
    if not isinstance(rates, dict):
        return {}
    return {key: float(rate) for key, rate in rates.items() if type(rate) in (int, float) and 0 < rate < math.inf}
