"""The program of one array task: runs the job that has its index, as `python -m harness job DIR` does.

Usage: `python -m harness.run.executors.slurm.body SUBMISSION_FOLDER`, with Slurm's variables set.

Its last word, in the submission's folder, tells the driver why there is no result. A signal before its walltime makes
it save and end. At SIGTERM it saves and waits to be killed: one that ends by itself counts as finished, and Slurm would
not start it again after a preemption.
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
from harness.run.executors.slurm.records import Submission, Word, submission_in
from harness.store.fences import hold, is_passed
from harness.store.locks import is_held
from harness.store.store import JobFolder

LOOKS_EVERY_S = 2.0
"""Seconds between two looks at the token and at the lock."""
LOCKED_FOR_S = 900.0
"""Seconds for which a lock of an earlier process of the job may last."""
KILLED_WITHIN_S = 300.0
"""Seconds after SIGTERM within which Slurm kills."""
PASSED = 75
"""Exit code of a process whose job was started again elsewhere."""


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
    with Told().listening() as stop:
        task = Task(submission_in(Path(folder)), index, restarts)
        if not hold(task.folder.path, task.submission.token(index, restarts)):
            sys.stderr.write("a later submission has this job\n")
            return PASSED
        task.say(Word("began"))
        word = worked(task, stop)
        task.say(word)
        if word.says == "stopped" and stop.number == signal.SIGTERM:
            time.sleep(KILLED_WITHIN_S)
        return 0 if word.says != "failed" else JobFailed.exit_code


def worked(task: Task, stop: Told) -> Word:
    """Run the job; give the word about its end."""
    _watch_token(task.folder)
    try:
        _wait_for_lock(task.folder, stop)
        _run(task, stop)
    except Interrupted as error:
        return Word("stopped", str(error))
    except HarnessError as error:
        return Word("failed", str(error))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a node, the driver has to learn of it
        traceback.print_exc()
        return Word("failed", f"{type(error).__name__}: {error}")
    return Word("done")


def _run(task: Task, stop: Told) -> None:
    from harness.progress import Progress  # noqa: PLC0415 - a node may lack what these import, and has to say so
    from harness.run.executors.local import Local  # noqa: PLC0415
    from harness.run.executors.slurm.carried import runtime_from  # noqa: PLC0415

    progress = Progress()
    progress.begin(task.submission.jobs[task.index].label)
    Local(runtime_from(task.submission.runtime), progress, stop, engine="Slurm").run(task.folder)


def _watch_token(folder: JobFolder) -> None:
    """End this process, whatever it does, once the job was started again elsewhere."""

    def watch() -> None:
        while not is_passed(folder.path):
            time.sleep(LOOKS_EVERY_S)
        sys.stderr.write("the job was started again elsewhere; this process ends\n")
        os._exit(PASSED)

    threading.Thread(target=watch, name="token", daemon=True).start()


def _wait_for_lock(folder: JobFolder, stop: Told) -> None:
    """Wait until an earlier process of the job, which sees our token, has let go of its directory."""
    until = time.monotonic() + LOCKED_FOR_S
    while is_held(folder.path) and time.monotonic() < until:
        stop.raise_if_asked()
        time.sleep(LOOKS_EVERY_S / 4)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
