"""A user's Slurm as a run sees it: what is asked for each job of a survey, and the execution of all of them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

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
from harness.run.executors.slurm.submission import require_readable
from harness.stop_signal import StopSignal
from harness.store.store import JobFolder, Store


@dataclass(frozen=True, slots=True)
class Cluster:
    """The settings of Slurm, and on how many nodes each job that shares its batches runs."""

    settings: Settings = field(default_factory=Settings)
    nodes: int = 1
    lasting: bool = True
    """Whether the store outlives the run, so that jobs may go on without it."""

    def requests(self, survey: Survey, runtime: Runtime, *, blocked: bool = False) -> dict[str, Request | None]:
        """What to ask for each job that is to be done, by key; None for one that the driver does itself.

        With `blocked`, also for jobs that something missing blocks.

        Raises UsageError where the settings do not tell whether nodes have GPUs, or too few.
        """
        found = survey.jobs("to do", "blocked") if blocked else survey.jobs("to do")
        todo = [job for job in found if job.key not in survey.failed]
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
        requests = self.requests(survey, runtime)
        with self._places(survey.store, survey.plan.jobs, requests, runtime, progress, stop) as slurm:
            return execute_at_once(survey, slurm, progress, timed=True)

    def run(self, folder: JobFolder, job: Job, runtime: Runtime, progress: Progress, stop: StopSignal) -> None:
        """Run one job from its directory, as `Executor.run` does."""
        store = Store(folder.path.parent)
        seconds = seconds_of([job], store, runtime, {}, gpus=self.has_gpus(runtime))
        requests = {job.key: self._request(job, seconds[job.key], runtime)}
        with self._places(store, {job.key: job}, requests, runtime, progress, stop) as slurm:
            slurm.begin(folder, job.label)
            for _, error in slurm.ended():
                if error is not None:
                    raise error

    @contextmanager
    def _places(
        self,
        store: Store,
        jobs: Mapping[str, Job],
        requests: Mapping[str, Request | None],
        runtime: Runtime,
        progress: Progress,
        stop: StopSignal,
    ) -> Iterator[Slurm]:
        """The places of one run; where the store does not last, its jobs end with it."""
        require_slurm()
        require_readable(store.slurm)
        device: Literal["cuda", "cpu"] = "cuda" if self.has_gpus(runtime) else "cpu"
        slurm = Slurm(
            store,
            self.settings,
            runtime_document(replace(runtime, device=device)),
            requests.__getitem__,
            Local(replace(runtime, device="cpu"), progress, stop).run,
            jobs.__getitem__,
            progress,
            stop,
        )
        try:
            yield slurm
        except BaseException:
            if not self.lasting:
                slurm.cancel()
            raise
