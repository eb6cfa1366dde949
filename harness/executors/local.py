"""Runs jobs one after another in this process, so that torch is imported once."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.environment import code_digest, environment
from harness.errors import HarnessError, Interrupted, JobFailed
from harness.estimate import note_rate
from harness.jobs import JOBS
from harness.jobs.work import StopSignal, Work
from harness.progress import Progress
from harness.runtime import Runtime
from harness.store import JobFolder, Store, write_atomically, write_json


@dataclass(frozen=True, slots=True)
class Local:
    """The executor of a single machine."""

    runtime: Runtime
    progress: Progress

    def run(self, folder: JobFolder) -> None:
        """Run the job under its lock; whatever goes wrong is told as JobFailed, with the traceback in the job's log."""
        with folder.locked(), StopSignal().listening() as stop:
            if folder.read_result() is not None:  # another process finished it while we waited
                return
            job = folder.read_job()
            inputs = {name: folder.sibling(key) for name, key in job["inputs"].items()}
            work = Work(job["spec"], folder, inputs, self.runtime, self.progress, stop)
            try:
                result = JOBS[job["kind"]].load()(work)
            except (Interrupted, JobFailed):
                raise
            except HarnessError as error:
                raise JobFailed(str(error)) from error
            except Exception as error:  # the boundary: a job may fail in any way, and the run goes on
                write_atomically(folder.log, "\n".join([*self.progress.spoken, traceback.format_exc()]).encode())
                raise JobFailed(f"{type(error).__name__}: {_first_line(error)} (see {folder.log})") from error
            self._finish(folder, job, result)

    def _finish(self, folder: JobFolder, job: dict[str, Any], result: dict[str, Any]) -> None:
        """Write what came out; `result.json` last, for it is what makes the job done."""
        write_json(folder.environment, environment() | {"job": result.pop("environment")})
        write_atomically(folder.log, "".join(f"{line}\n" for line in self.progress.spoken).encode())
        result["cost"]["finished_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        note_rate(Store(folder.path.parent), job, result["cost"]["seconds"], self.runtime)
        folder.write_result({"key": job["key"], "kind": job["kind"], "code": code_digest(job["kind"]), **result})


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
