"""Executors, which take a job's directory and see that its result gets there: one at a time, or many."""

from __future__ import annotations

from typing import Protocol

from harness.errors import HarnessError
from harness.store.store import JobFolder


class Executor(Protocol):
    """One method: run the job whose directory this is, to its result; raises JobFailed or Interrupted."""

    def run(self, folder: JobFolder) -> None:
        """Run one job."""


class Places(Protocol):
    """Where several jobs run at a time."""

    @property
    def free(self) -> int:
        """How many more may begin now."""

    def begin(self, folder: JobFolder, label: str) -> None:
        """Begin the job whose directory this is, on a free place."""

    def ended(self) -> list[tuple[JobFolder, HarnessError | None]]:
        """Wait until any job is over; give each that is, with the error where it has no result. Raises Interrupted."""
