"""Executors: what takes a job's directory and sees that its result gets there; `EXECUTORS` names them."""

from __future__ import annotations

from typing import Protocol

from harness.store import JobFolder


class Executor(Protocol):
    """One method: run the job whose directory this is, to its result; raises JobFailed or Interrupted."""

    def run(self, folder: JobFolder) -> None:
        """Run one job."""


EXECUTORS: dict[str, str] = {"local": "harness.executors.local:Local"}
"""Name -> `module:class`, imported when chosen."""
