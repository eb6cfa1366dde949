"""Hands one array to Slurm through submitit, and tells the three ways apart in which that can fail.

submitit writes the script for sbatch, calls it and reads the number from its answer. Its pickled functions are not
used: they get their names only once sbatch has answered, so a job that was accepted although the answer was lost could
not find its own. An array task finds its job by its index in `submission.json`, which is there before.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import harness
from harness.errors import HarnessError, UsageError
from harness.run.executors.slurm.request import Request
from harness.run.executors.slurm.settings import Settings
from harness.run.executors.slurm.submissions import Submission

ANSWERS_S = 300
"""Seconds after which sbatch counts as not answering."""

SRUN = ["--kill-on-bad-exit=1", "--wait=60"]
"""Where a node's part of a job has ended, the others end soon."""

INHERITED = re.compile(
    r"SLURM_(?!CONF$)|SLURMD_|SRUN_|SUBMITIT_|PMIX?_|(MASTER_(ADDR|PORT)|(LOCAL_|NODE_|GROUP_)?RANK|(LOCAL_)?WORLD_SIZE|"
    r"CUDA_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|ROCR_VISIBLE_DEVICES|ZE_AFFINITY_MASK|TORCHELASTIC_.*|HARNESS_JOB_TOKEN)$"
)
"""Variables of an allocation that the driver itself may run in; none of them is the jobs'."""

LATER = re.compile(
    r"Connection refused|connect failure|temporarily unable|Resource temporarily unavailable|[Ss]ubmit[A-Za-z]*Limit|"
    r"job submit limit|[Ss]lurm controller is in standby|Zero Bytes were transmitted"
)
"""Answers with which nothing was accepted, and the same may be accepted later."""
REFUSED = re.compile(
    r"[Ii]nvalid|not available|not permitted|[Aa]ccess/permission denied|[Pp]ermission denied|unrecognized option|"
    r"[Uu]nable to open|is not allowed|specification|[Bb]ad |does not exist|More processors requested|violates"
)
"""Answers with which nothing was accepted, nor ever will be."""


class Refused(HarnessError):
    """Slurm will not accept this; the message is its own."""


class Later(HarnessError):
    """Slurm has accepted nothing, and may do so later."""


class Unclear(HarnessError):
    """Slurm's answer was lost: it may have accepted the array."""


def require_readable(folder: Path) -> None:
    """Raise UsageError for a path below which Slurm would write logs to another place, or nowhere."""
    if signs := [sign for sign in "%\\\n" if sign in str(folder.absolute())]:
        raise UsageError(
            f"{folder.parent}: Slurm takes {signs[0]!r} in the path of a log for a sign of its own; name a store whose "
            "path has none with --store DIR"
        )


def submit(submission: Submission, request: Request, settings: Settings, avoid: Iterable[str] = ()) -> str:
    """Hand an array to Slurm; give its number. Raises Refused, Later or Unclear."""
    from submitit.core.utils import FailedJobError, FailedSubmissionError  # noqa: PLC0415 - an extra

    said = io.StringIO()
    try:
        with without_allocation(), redirect_stderr(said):
            return str(_executor(submission, request, settings, avoid).submit_tasks(len(submission.jobs)))
    except (FailedJobError, FailedSubmissionError, OSError) as error:
        text = " ".join((str(error) or said.getvalue() or "sbatch ended without an answer").split())
        text = text.replace("sbatch: error: ", "")
        if re.search(r"timed out|[Tt]imeout", text):
            raise Unclear(text) from None
        raise (Later if LATER.search(text) else Refused if REFUSED.search(text) else Unclear)(text) from None


def parameters_of(request: Request, settings: Settings, avoid: Iterable[str] = ()) -> dict[str, Any]:
    """The options of sbatch, by the names that submitit has for them."""
    more: dict[str, Any] = dict(settings.options)
    more["requeue" if settings.requeue else "no-requeue"] = True
    # One process is told alone: it is in the place of the shell. On several nodes srun passes the signal on.
    more["signal"] = f"{'B:' if request.nodes == 1 else ''}USR1@{settings.save_before_s}"
    wanted = {
        "partition": settings.partition,
        "account": settings.account,
        "qos": settings.qos,
        "time": request.minutes,
        "nodes": request.nodes,
        "ntasks_per_node": 1,
        "cpus_per_task": request.cpus,
        "gpus_per_node": request.gpus or None,
        "mem": f"{request.memory_gb}GB",
        "exclude": ",".join([*settings.exclude, *avoid]) or None,
        "exclusive": request.alone or None,
        "setup": [*settings.setup, *(["trap '' TERM USR1"] if request.nodes > 1 else [])] or None,
        "use_srun": request.nodes > 1,
        "srun_args": [*SRUN, f"--cpus-per-task={request.cpus}"] if request.nodes > 1 else None,
        "additional_parameters": more,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _executor(submission: Submission, request: Request, settings: Settings, avoid: Iterable[str]) -> Any:
    from submitit import SlurmExecutor  # noqa: PLC0415 - an extra

    class Arrays(SlurmExecutor):  # type: ignore[misc, unused-ignore]
        """submitit's executor with the program of a task in the place of a pickled function."""

        def submit_tasks(self, count: int) -> str:
            """Submit as many tasks; give the array's number."""
            self.parameters["map_count"] = count
            return str(self._submit_command(self._submitit_command_str).job_id)

        @property
        def _submitit_command_str(self) -> str:
            what = [sys.executable, "-u", "-m", "harness.run.executors.slurm.body", str(self.folder)]
            return shlex.join(what) if request.nodes > 1 else f"exec {shlex.join(what)}"

        def _make_submission_command(self, submission_file_path: Path) -> list[str]:
            return ["timeout", str(ANSWERS_S), "sbatch", str(submission_file_path)]

    made = Arrays(submission.folder)
    made.update_parameters(
        job_name=submission.name,
        array_parallelism=submission.throttle,
        wckey=None,  # submitit's own default, which few clusters know
        **parameters_of(request, settings, avoid),
    )
    return made


@contextmanager
def without_allocation() -> Iterator[None]:
    """Hide what this process inherits from an allocation of its own, and show the jobs where this program is."""
    before = dict(os.environ)
    package = str(Path(harness.__file__).parents[1])
    try:
        for name in [name for name in os.environ if INHERITED.match(name)]:
            del os.environ[name]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [package, before.get("PYTHONPATH")]))
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
