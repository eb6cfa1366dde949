"""One of the processes that share the batches of a job; `harness.run.executors.shared` has torchrun start all of them.

torchrun --module harness.jobs.distributed.process SOCKET
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from harness.errors import Interrupted, JobFailed
from harness.jobs import JOBS
from harness.jobs.work import Work
from harness.machine.relay import Relayed, Told, heed
from harness.machine.runtime import Runtime
from harness.store.store import JobFolder

LOST = "lost.json"
"""What torchrun is asked to leave where a process was lost: `[[rank, exit code], ...]`, negative for a signal."""


@dataclass(frozen=True, slots=True)
class Order:
    """What every process is told of the job."""

    kind: str
    spec: dict[str, Any]
    folder: JobFolder
    inputs: dict[str, JobFolder]
    runtime: Runtime
    label: str


def main(address: str) -> int:
    """Do this process's part of a job; gives the exit code, and sends what came out before."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        connection = Connection(line.detach())
    stop, order = Told(), connection.recv()
    heed(connection, stop.tell, lambda: os._exit(1))  # who holds the job's lock is gone: at once, and write nothing
    first = int(os.environ["RANK"]) == 0
    try:
        result = worked(order, Relayed(send=connection.send if first else _nobody), stop)
    except Interrupted as error:
        connection.send(("ended", error, ""))
    except Exception as error:  # noqa: BLE001 - whatever it is, the process above has to be told
        connection.send(("ended", _sendable(error), traceback.format_exc()))
        return 1
    else:
        connection.send(("ended", result if first else None, ""))
    return 0


def worked(order: Order, progress: Relayed, stop: Told) -> dict[str, Any]:
    """The job's result as this process has it."""
    from harness.jobs.device import repeats_on, set_up  # noqa: PLC0415 - the connection first: torch takes seconds
    from harness.jobs.ranks import joining  # noqa: PLC0415

    progress.begin(order.label)
    device = set_up(order.runtime)
    with joining(device, repeats_on(device)):
        work = Work(order.spec, order.folder, order.inputs, order.runtime, progress, stop)
        return JOBS[order.kind].load()(work)


def _sendable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - of our own making
    except Exception:  # noqa: BLE001 - an error of any library may do anything
        return JobFailed(f"{type(error).__name__}: {error}")
    return error


def _nobody(_: Any) -> None:
    """Whom all but the first process speak to."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
