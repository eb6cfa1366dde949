"""The program of one of the processes that share a job; `harness.run.executors.shared` starts them by torchrun.

Usage: `torchrun --module harness.jobs.distributed.process SOCKET`.
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
"""File in which torchrun's wrapper records lost processes: `[[rank, exit code], ...]`, negative for a signal."""


@dataclass(frozen=True, slots=True)
class Order:
    """Description of the job, sent to every process."""

    kind: str
    spec: dict[str, Any]
    folder: JobFolder
    inputs: dict[str, JobFolder]
    runtime: Runtime
    label: str


def main(address: str) -> int:
    """Do this process's part of a job and return the exit code.

    `address` is the path of a Unix socket. The process receives its `Order` there and sends back progress and the
    result.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        connection = Connection(line.detach())
    stop, order = Told(), connection.recv()
    heed(connection, stop.tell, lambda: os._exit(1))  # the lock's holder is gone: exit at once and write nothing
    first = int(os.environ["RANK"]) == 0
    try:
        result = worked(order, Relayed(send=connection.send if first else _nobody), stop)
    except Interrupted as error:
        connection.send(("ended", error, ""))
    except Exception as error:  # noqa: BLE001 - the parent process has to learn of any error
        connection.send(("ended", _sendable(error), traceback.format_exc()))
        return 1
    else:
        connection.send(("ended", result if first else None, ""))
    return 0


def worked(order: Order, progress: Relayed, stop: Told) -> dict[str, Any]:
    """Run the job and return its result as this process has it."""
    from harness.jobs.device import repeats_on, set_up  # noqa: PLC0415 - torch takes seconds, so connect first
    from harness.jobs.ranks import joining  # noqa: PLC0415

    progress.begin(order.label)
    device = set_up(order.runtime)
    with joining(device, repeats_on(device)):
        work = Work(order.spec, order.folder, order.inputs, order.runtime, progress, stop)
        return JOBS[order.kind].load()(work)


def _sendable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - a pickle made here
    except Exception:  # noqa: BLE001 - pickling an error of any library may fail in any way
        return JobFailed(f"{type(error).__name__}: {error}")
    return error


def _nobody(_: Any) -> None:
    """Discard progress reports: only the first process sends its own."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
