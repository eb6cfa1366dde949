"""Runs one job in several processes that share its batches, started by a torchrun of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import harness
from harness.errors import JobFailed
from harness.jobs.distributed.process import LOST, Order
from harness.jobs.work import Work
from harness.machine.runtime import Runtime

LOOK_EVERY_S = 0.1
LAST_LINES = 5


class ProcessLost(JobFailed):
    """A process of a job was ended from outside, and the others with it: tried again, the job may go on."""


@dataclass
class Ranks:
    """The processes at work, as the one that started them hears them."""

    order: Order
    work: Work
    connections: list[Connection] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    """The last messages of the processes that ended, each a result, an error or nothing; the earliest first."""
    told: bool = False

    def hear(self, server: socket.socket) -> None:
        """Accept connections, take messages, and pass a signal on to all; waits a moment for each."""
        for ready in wait([server, *self.connections], LOOK_EVERY_S):
            if isinstance(ready, Connection):
                self._hear(ready)
            else:
                self._let_in(Connection(server.accept()[0].detach()))
        if self.work.stop.number is not None and not self.told:
            self.told = True
            for connection in self.connections:
                _send(connection, self.work.stop.number)

    def _let_in(self, connection: Connection) -> None:
        self.connections.append(connection)
        _send(connection, self.order)
        if self.told:
            _send(connection, self.work.stop.number)

    def _hear(self, connection: Connection) -> None:
        try:
            what, *content = connection.recv()
        except (EOFError, OSError):
            self.connections.remove(connection)
            connection.close()
            return
        if what == "said":
            self.work.progress.say(*content)
        elif what == "moved":
            self.work.progress.moving(*content)
        elif content[0] is not None:
            self.results.append(content[0])
            self.work.progress.spoken += filter(None, [content[1]])  # a traceback is for the log


Launch = Callable[[Path, Runtime], AbstractContextManager["subprocess.Popen[bytes]"]]
"""Starts torchrun with a folder for its socket and logs."""


def run_shared(kind: str, work: Work, launch: Launch | None = None) -> dict[str, Any]:
    """Run a job whose batches several processes share; give its result.

    `launch` starts them where they are not all on this machine, or need shelter from signals. Raises what the
    processes raise, Interrupted once a signal came, and JobFailed where one of them was lost.
    """
    order = Order(kind, work.spec, work.folder, work.inputs, work.runtime, work.progress.label)
    ranks = Ranks(order, work)
    with tempfile.TemporaryDirectory(prefix="harness-ranks-") as temporary, socket.socket(socket.AF_UNIX) as server:
        folder = Path(temporary)
        server.bind(str(folder / "socket"))
        server.listen()
        with (launch or torchrun)(folder, work.runtime) as process:
            while process.poll() is None or ranks.connections:
                ranks.hear(server)
        for result in ranks.results:
            if isinstance(result, dict) and process.returncode == 0:
                return result
        work.stop.raise_if_asked()
        raise _failure(folder, work.runtime.processes, ranks.results)


@contextmanager
def torchrun(folder: Path, runtime: Runtime) -> Iterator[subprocess.Popen[bytes]]:
    """A fresh torchrun, in a session of its own for signals to reach it through us alone; it ends with the block."""
    arguments = (str(runtime.processes), str(folder / "socket"), str(folder))
    command = [sys.executable, "-m", "harness.jobs.distributed.torchrun", *arguments]
    with (
        (folder / "torchrun.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own module
            command, env=environment(runtime), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()  # its processes see that we are gone


def environment(runtime: Runtime, *, loopback: bool = True) -> dict[str, str]:
    """The variables of torchrun and of its processes, which speak over the loopback where all are on this machine."""
    package = str(Path(harness.__file__).parents[1])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    gloo = {"GLOO_SOCKET_IFNAME": "lo"} if loopback and sys.platform == "linux" else {}
    return {**gloo, **os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(runtime.threads)}


def _send(connection: Connection, what: Any) -> None:
    with suppress(OSError):  # it is gone, which torchrun says
        connection.send(what)


def _failure(folder: Path, processes: int, results: list[Any]) -> Exception:
    """The reason for a missing result: a process that a signal ended, else the first error that a process raised."""
    try:
        lost = json.loads((folder / LOST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        lost = []
    # torchrun itself ends the others by SIGTERM once one has failed: that is no cause
    killed = [one for one in lost if one[1] < 0 and one[1] != -signal.SIGTERM]
    errors = [result for result in results if isinstance(result, Exception)]
    if errors and not killed:
        return errors[0]
    if not lost:
        return ProcessLost(f"torchrun ended without a result{_last_lines(folder / 'torchrun.log')}")
    rank, code = (killed or lost)[0]
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    said = next(iter(sorted(folder.glob(f"**/{rank}/stderr.log"))), folder / "none")
    return (ProcessLost if code < 0 else JobFailed)(
        f"process {rank} of {processes} (counted from 0) ended {how}, and the others with it; the same command goes on "
        f"from the last checkpoint{_last_lines(said)}"
    )


def _last_lines(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LAST_LINES:]
    except OSError:
        lines = []
    return f"; its last lines: {' | '.join(lines)}" if lines else "; it left no last lines"
