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
    """For people; not part of the address."""
    work: float = 0.0
    """Multiply-adds, for the estimate of time; not part of the address."""
    images: int = 0
    """That a test looks at, for a calibration of it; likewise."""
    keeps_bytes: int = 0
    """What its files will take on disk; likewise."""
    scratch_bytes: int = 0
    """What they take beyond that while it runs; likewise."""
    mixing: list[str] = field(default_factory=list)
    """The layers of its net that mix the images of a training batch, which nothing may divide then; likewise."""
    wanted_by: list[str] = field(default_factory=list)
    """The experiments of its suite that rest on it; likewise."""

    @cached_property
    def key(self) -> str:
        """sha256, in hexadecimal, of the canonical JSON of everything that decides the result."""
        return hashlib.sha256(canonical(self.address()).encode()).hexdigest()

    def address(self) -> dict[str, Any]:
        """What the key is the digest of."""
        return {"kind": self.kind, "version": JOBS[self.kind].version, "spec": self.spec, "inputs": self.inputs}

    def on(self, device: str) -> Job:
        """This job where it times nothing, else the same job on the device of this name."""
        return replace(self, spec={**self.spec, "device_name": device}) if self.takes_time else self

    @property
    def takes_time(self) -> bool:
        """Whether it measures time, which other work on the same machine would change."""
        return "device_name" in self.spec

    @property
    def data_name(self) -> str | None:
        """The data set that the job reads, if it reads one."""
        name: str | None = self.spec.get("data", {}).get("name")
        return name


def datasets_of(jobs: Mapping[str, Job]) -> list[str]:
    """The names of the data sets that these jobs read, in the order of their first use."""
    return list(dict.fromkeys(job.data_name for job in jobs.values() if job.data_name is not None))
