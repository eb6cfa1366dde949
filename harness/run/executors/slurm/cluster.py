"""A user's Slurm as a run sees it: what is asked for each job of a survey, and the execution of all of them there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from harness.machine.runtime import Runtime
from harness.plan.job import Job
from harness.plan.status import Survey
from harness.progress import Progress
from harness.run.execute import Execution, execute_at_once
from harness.run.executors.local import Local
from harness.run.executors.slurm.carried import runtime_document
from harness.run.executors.slurm.driver import Slurm
from harness.run.executors.slurm.queue import require_slurm
from harness.run.executors.slurm.request import Request, needs_gpus, request_of, runs_here, seconds_of
from harness.run.executors.slurm.settings import Settings
from harness.stop_signal import StopSignal


@dataclass(frozen=True, slots=True)
class Cluster:
    """The settings of Slurm, and on how many nodes each job that shares its batches runs."""

    settings: Settings = field(default_factory=Settings)
    nodes: int = 1

    def requests(self, survey: Survey, runtime: Runtime) -> dict[str, Request | None]:
        """What to ask for each job that is to be done, by key; None for one that the driver does itself.

        Raises UsageError where the settings do not tell whether nodes have GPUs, or too few.
        """
        todo = [job for job in survey.jobs("to do") if job.key not in survey.failed]
        gpus = needs_gpus(runtime, self.settings)
        seconds = seconds_of(todo, survey.store, runtime, survey.plan.jobs, gpus=gpus)
        return {job.key: self._request(job, seconds[job.key], runtime) for job in todo}

    def has_gpus(self, runtime: Runtime) -> bool:
        """Say whether jobs run on GPUs there; raises UsageError where nothing tells."""
        return needs_gpus(runtime, self.settings)

    def _request(self, job: Job, seconds: float, runtime: Runtime) -> Request | None:
        return None if runs_here(job) else request_of(job, seconds, runtime, self.settings, self.nodes)

    def execute(self, survey: Survey, runtime: Runtime, progress: Progress, stop: StopSignal) -> Execution:
        """Run every job that has no result and is not blocked; raises UsageError without Slurm, and Interrupted."""
        require_slurm()
        requests = self.requests(survey, runtime)
        device = "cuda" if needs_gpus(runtime, self.settings) else "cpu"
        slurm = Slurm(
            survey.store,
            self.settings,
            {**runtime_document(replace(runtime, device=device)), "nodes": self.nodes},
            lambda job: requests[job.key],
            Local(replace(runtime, device="cpu"), progress, stop).run,
            survey.plan.jobs.__getitem__,
            progress,
            stop,
        )
        return execute_at_once(survey, slurm, progress, timed=True)
