"""The program of one array task: runs the job that has its index, as `python -m harness job DIR` does.

Usage: `python -m harness.run.executors.slurm.body SUBMISSION_FOLDER`, with Slurm's variables set.

Its last word, in the submission's folder, tells the driver why there is no result. A signal shortly before its
walltime makes it save and end. At any other signal it saves and waits to be killed: a preempted job that ends by itself
counts as finished, and Slurm would not start it again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import HarnessError, Interrupted, JobFailed
from harness.machine.relay import Told
from harness.run.executors.slurm.submissions import Submission, Word, submission_in
from harness.stop_signal import StopSignal
from harness.store.fences import hold, is_passed
from harness.store.locks import is_held
from harness.store.store import JobFolder

LOOKS_EVERY_S = 2.0
"""Seconds between two looks at the token and at the lock."""
LOCKED_FOR_S = 900.0
"""Seconds for which a lock of an earlier process of the job may last."""
KILLED_WITHIN_S = 300.0
"""Seconds after a signal within which Slurm kills what it preempts."""
EARLY_S = 90.0
"""Seconds by which Slurm's signal before the walltime, and its clock, may be early."""
PASSED = 75
"""Exit code of a process whose job was started again elsewhere."""
STARTED_AGAIN = "the job was started again elsewhere; this process ends\n"


@dataclass(frozen=True, slots=True)
class Task:
    """This task of an array."""

    submission: Submission
    index: int
    restarts: int

    @property
    def folder(self) -> JobFolder:
        """The directory of its job."""
        return self.submission.job_folder(self.index)

    @property
    def nodes(self) -> int:
        """The number of nodes that the job is shared among."""
        return int(self.submission.asked["nodes"])

    @property
    def meeting(self) -> Path:
        """The file in which the first of several nodes says where it is."""
        return self.submission.folder / f"meeting-{self.index}-{self.restarts}.json"

    def is_near_its_walltime(self, after_s: float, number: int | None) -> bool:
        """Say whether a signal so many seconds after the start announces the walltime, and no preemption."""
        left_s = 60 * self.submission.asked["minutes"] - after_s
        return number != signal.SIGTERM and left_s < self.submission.asked["save_before_s"] + EARLY_S

    def say(self, word: Word) -> None:
        """Leave a word; where that is impossible, the log has it."""
        sys.stderr.write(f"{word.says}: {word.why}\n" if word.why else f"{word.says}\n")
        told = replace(
            word,
            restarts=self.restarts,
            node=os.environ.get("SLURMD_NODENAME", ""),
            gpus=os.environ.get("CUDA_VISIBLE_DEVICES", ""),
        )
        try:
            self.submission.say(self.index, told)
        except OSError as error:
            sys.stderr.write(f"this could not be written down: {error}\n")


def main(folder: str) -> int:
    """Run the job of this task and leave a word; give the exit code."""
    index, restarts = (int(os.environ.get(name) or 0) for name in ("SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT"))
    started = time.monotonic()
    with Told().listening() as stop:
        task = Task(submission_in(Path(folder)), index, restarts)
        if _node() > 0:
            return _help(task, stop)
        if not hold(task.folder.path, task.submission.token(index, restarts)):
            sys.stderr.write("a later submission has this job\n")
            return PASSED
        task.say(Word("began"))
        word = worked(task, stop)
        if is_passed(task.folder.path):
            sys.stderr.write(STARTED_AGAIN)
            return PASSED
        task.say(word)
        told = word.says == "stopped" and stop.number is not None
        if told and not task.is_near_its_walltime(time.monotonic() - started, stop.number):
            time.sleep(KILLED_WITHIN_S)
        return 0 if word.says != "failed" else JobFailed.exit_code


def worked(task: Task, stop: StopSignal) -> Word:
    """Run the job; give the word about its end."""
    _watch_token(task.folder)
    try:
        _wait_for_lock(task.folder, stop)
        _run(task, stop)
    except Interrupted as error:
        return Word("stopped", str(error))
    except HarnessError as error:
        return Word("stopped" if _may_go_on(error, task.nodes) else "failed", str(error))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a node, the driver has to learn of it
        traceback.print_exc()
        return Word("failed", f"{type(error).__name__}: {error}")
    return Word("done")


def _may_go_on(error: HarnessError, nodes: int) -> bool:
    """Say whether a job may get further when it is tried again, because something outside it has ended a process.

    Where another node is lost, its processes are not there to tell: all that is seen is that a connection has ended.
    """
    from harness.run.executors.shared import ProcessLost  # noqa: PLC0415 - as below

    return isinstance(error, ProcessLost) or (nodes > 1 and isinstance(error.__cause__, RuntimeError | OSError))


def _run(task: Task, stop: StopSignal) -> None:
    from harness.progress import Progress  # noqa: PLC0415 - a node may lack what these import, and has to say so
    from harness.run.executors.local import Local  # noqa: PLC0415
    from harness.run.executors.slurm.carried import runtime_from  # noqa: PLC0415
    from harness.run.executors.slurm.several_nodes import launch  # noqa: PLC0415

    progress, runtime = Progress(), runtime_from(task.submission.runtime)
    progress.begin(task.submission.jobs[task.index].label)
    Local(runtime, progress, stop, "Slurm", launch(task.meeting, task.nodes)).run(task.folder)


def _node() -> int:
    """The number of this node in the allocation, from 0."""
    return int(os.environ.get("SLURM_NODEID") or 0)


def _help(task: Task, stop: StopSignal) -> int:
    """Do this node's part of a job that the first node of the allocation keeps."""
    from harness.run.executors.slurm.carried import runtime_from  # noqa: PLC0415
    from harness.run.executors.slurm.several_nodes import help_first  # noqa: PLC0415

    try:
        return help_first(task.meeting, task.nodes, runtime_from(task.submission.runtime), stop)
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _watch_token(folder: JobFolder) -> None:
    """End this process, whatever it does, once the job was started again elsewhere."""

    def watch() -> None:
        while not is_passed(folder.path):
            time.sleep(LOOKS_EVERY_S)
        sys.stderr.write(STARTED_AGAIN)
        os._exit(PASSED)

    threading.Thread(target=watch, name="token", daemon=True).start()


def _wait_for_lock(folder: JobFolder, stop: StopSignal) -> None:
    """Wait until an earlier process of the job, which sees our token, has let go of its directory."""
    until = time.monotonic() + LOCKED_FOR_S
    while is_held(folder.path) and time.monotonic() < until:
        stop.raise_if_asked()
        time.sleep(LOOKS_EVERY_S / 4)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
