"""One unit of work and its address: plain data, which a plan makes, a store keeps and an executor runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.jobs import JOBS
from harness.store.documents import canonical


@dataclass(frozen=True)
class Job:
    """One unit of work, addressed by what it computes: kind, its version, the full spec and the keys of its inputs.

    Device, threads, library versions and paths are no part of the spec: they are recorded with the result. Only a
    timing job's spec names its device, for there the device is what is measured.
    """

    kind: str
    spec: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    label: str = ""
    """A name for people; not part of the address."""
    work: float = 0.0
    """Multiply-adds, for the estimate of time; not part of the address."""
    steps: int = 0
    """Steps of a training; not part of the address."""
    images: int = 0
    """Images that a test looks at, for a calibration of it; not part of the address."""
    keeps_bytes: int = 0
    """Bytes that its files will take on disk; not part of the address."""
    scratch_bytes: int = 0
    """Bytes that they take beyond that while it runs; not part of the address."""
    gpu_bytes: int = 0
    """Bytes of a GPU's memory that a training takes; not part of the address."""
    mixing: list[str] = field(default_factory=list)
    """Layers of its net that mix the images of a batch, so that no batch may be divided; not part of the address."""
    wanted_by: list[str] = field(default_factory=list)
    """Experiments of its suite that rest on it; not part of the address."""

    @cached_property
    def key(self) -> str:
        """sha256, in hexadecimal, of the canonical JSON of everything that decides the result."""
        return hashlib.sha256(canonical(self.address()).encode()).hexdigest()

    def address(self) -> dict[str, Any]:
        """Give everything that decides the result; the key is its digest."""
        return {"kind": self.kind, "version": JOBS[self.kind].version, "spec": self.spec, "inputs": self.inputs}

    def on(self, device: str) -> Job:
        """Give this job where it times nothing, else the same job on the device of this name."""
        return replace(self, spec={**self.spec, "device_name": device}) if self.takes_time else self

    @property
    def takes_time(self) -> bool:
        """Whether the job measures time, which other work on the same machine would change."""
        return "device_name" in self.spec

    @property
    def data_name(self) -> str | None:
        """The data set that the job reads, if it reads one."""
        name: str | None = self.spec.get("data", {}).get("name")
        return name


def datasets_of(jobs: Mapping[str, Job]) -> list[str]:
    """Name the data sets that these jobs read, in the order of their first use."""
    return list(dict.fromkeys(job.data_name for job in jobs.values() if job.data_name is not None))
