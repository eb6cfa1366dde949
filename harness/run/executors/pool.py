"""Runs several jobs at a time, each in a process of its own that keeps to its GPU and lives for many jobs."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from harness.errors import HarnessError, JobFailed
from harness.machine.cuda_visible import VISIBLE
from harness.machine.relay import Relayed, Told, heed
from harness.machine.runtime import Runtime
from harness.progress import Progress
from harness.run.executors.gpus import groups
from harness.run.executors.local import Local
from harness.stop_signal import STOPPING, StopSignal
from harness.store.store import JobFolder

LOOK_EVERY_S = 0.1
"""How long a signal may wait until the workers are told of it."""

Ended = tuple[JobFolder, HarnessError | None]
"""A job that is over, and why it has no result, if it has none."""


@dataclass
class Worker:
    """One process of the pool, as the pool sees it."""

    process: SpawnProcess
    connection: Connection
    gpus: str | None
    folder: JobFolder | None = None
    """The folder of the job at work."""
    moved: tuple[float, str, float] = (0.0, "", 0.0)
    """The progress of that job, as `Progress.moving` takes it."""


class Pool:
    """As many processes as jobs may run at a time; a context, at whose end all of them have stopped.

    A worker ends with this process, whatever ends it: it saves what it has as if a signal had asked it to.
    """

    def __init__(self, runtime: Runtime, progress: Progress, stop: StopSignal) -> None:
        self.runtime, self.progress, self.stop = runtime, progress, stop
        self.workers: list[Worker] = []
        self._told = False

    def __enter__(self) -> Self:
        self.workers = [started(self.runtime, gpus) for gpus in groups(self.runtime)]
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is not None and not issubclass(kind, Exception):  # a second signal: at once
            self._kill()
        self._tell(self.stop.number or signal.SIGTERM)
        while self._at_work():
            self._heard()
        for worker in self.workers:
            worker.connection.close()
            worker.process.join()

    @property
    def free(self) -> int:
        """How many more jobs may begin now."""
        return len(self.workers) - len(self._at_work())

    def begin(self, folder: JobFolder, label: str) -> None:
        """Have the job whose directory this is run by a free worker."""
        worker = next(worker for worker in self.workers if worker.folder is None)
        worker.folder, worker.moved = folder, (0.0, "", 0.0)
        with suppress(OSError):  # it has died, which is heard when the pool is asked what ended
            worker.connection.send((folder.path, label))

    def ended(self) -> list[Ended]:
        """Wait until any job is over; raises Interrupted once a signal came and every job has stopped."""
        while self._at_work():
            if self.stop.number is not None:
                self._tell(self.stop.number)
            if (ended := self._heard()) and self.stop.number is None:
                return ended
        self.stop.raise_if_asked()
        return []

    def _at_work(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.folder is not None]

    def _heard(self) -> list[Ended]:
        """Wait a moment for messages of the workers; give the jobs that are over."""
        ready = wait([worker.connection for worker in self._at_work()], LOOK_EVERY_S)
        found = [self._hear(worker) for worker in self._at_work() if worker.connection in ready]
        if moved := [worker.moved for worker in self._at_work()]:
            done = sum(one for one, _, _ in moved) / len(moved)
            self.progress.moving(done, f"{len(moved)} at work", max(left for _, _, left in moved))
        return [ended for ended in found if ended is not None]

    def _hear(self, worker: Worker) -> Ended | None:
        try:
            what, *content = worker.connection.recv()
        except (EOFError, OSError):
            return self._died(worker)
        if what == "said":
            self.progress.say(*content)
        elif what == "moved":
            worker.moved = content[0], content[1], content[2]
        else:
            return _over(worker, content[0])
        return None

    def _died(self, worker: Worker) -> Ended:
        """Replace a worker that ended in the middle of a job; give the job with its failure."""
        worker.process.join()
        self.workers[self.workers.index(worker)] = started(self.runtime, worker.gpus)
        code = worker.process.exitcode or 0
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return _over(worker, JobFailed(f"its process ended {how}; the same command goes on from what it had saved"))

    def _tell(self, number: int) -> None:
        if not self._told:
            self._told = True
            for worker in self.workers:
                with suppress(OSError):
                    worker.connection.send(number)

    def _kill(self) -> None:
        for worker in self.workers:
            worker.process.kill()
            worker.folder = None


def _over(worker: Worker, error: HarnessError | None) -> Ended:
    assert worker.folder is not None
    folder, worker.folder = worker.folder, None
    return folder, error


def started(runtime: Runtime, gpus: str | None) -> Worker:
    """A new worker, waiting for its first job."""
    context = multiprocessing.get_context("spawn")  # a fork would share the threads and GPUs of this process
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, runtime, gpus), name="worker")
    with _signals_blocked():  # which the worker inherits, until it can heed them
        process.start()
    theirs.close()
    return Worker(process, ours, gpus)


@contextmanager
def _signals_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(connection: Connection, runtime: Runtime, gpus: str | None) -> None:
    """Run the jobs that the pool sends, until it hangs up; the main function of a worker."""
    if gpus is not None:
        os.environ[VISIBLE] = gpus  # before torch is imported
    stop, jobs = Told(), SimpleQueue[tuple[Path, str] | None]()

    def order(one: Any) -> None:
        if isinstance(one, int):
            stop.tell(one)
        else:
            jobs.put(one)

    def loss() -> None:
        stop.tell(signal.SIGTERM)
        jobs.put(None)

    with stop.listening():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        heed(connection, order, loss)
        progress = Relayed(send=connection.send)
        with suppress(OSError):  # the pool is gone, and nobody hears of the end
            while (job := jobs.get()) is not None:
                progress.begin(job[1])
                connection.send(("ended", outcome(JobFolder(job[0]), Local(runtime, progress, stop))))


def outcome(folder: JobFolder, executor: Local) -> HarnessError | None:
    """Run a job; give the error where it has no result."""
    try:
        executor.run(folder)
    except HarnessError as error:
        return error
    return None
