"""Starts Python like `python -m harness` or `python -c CODE`, without the seconds of its imports.

A waiting process has imported what the program imports and composed the papers' files, and forks for every start. A
started program is an ordinary process with its own folder, variables, streams and signals. Only its modules are loaded
already, and at its end they are not torn down one by one, which would copy all of their memory first. Tests of imports,
memory, start-up and the interpreter's end therefore start fresh processes.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

IMPORTED = (
    "matplotlib.figure",
    "scipy.special",
    "harness.cli.main",
    "harness.run.pipeline",
    "harness.report.page.render",
    "harness.jobs.training.train",
    "harness.jobs.evaluation.evaluate",
    "harness.jobs.evaluation.ensemble",
    "harness.jobs.pixel_statistics",
)
MESSAGE = 1 << 17
"""Largest size of a request, in bytes."""


class Started:
    """A started program, with the part of the interface of `subprocess.Popen` that the tests use."""

    def __init__(self, status: int) -> None:
        self._status = os.fdopen(status)
        self.pid = int(self._status.readline())
        self.returncode: int | None = None
        self.stderr: IO[str] | None = None

    def wait(self) -> int:
        """Wait for its end; return its exit status, or the negative number of the signal that ended it."""
        if self.returncode is None:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended; it may end between the question and the signal."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def start(
    arguments: Sequence[str], folder: Path, variables: Mapping[str, str], streams: Sequence[int], code: str = ""
) -> Started:
    """Start the program with these arguments, or this code; `streams` are its standard input, output and error."""
    request = {"arguments": list(arguments), "folder": str(folder), "variables": dict(variables), "code": code}
    reading, writing = os.pipe()
    try:
        socket.send_fds(_waiting(), [json.dumps(request).encode()], [*streams, writing])
    finally:
        os.close(writing)
    return Started(reading)


_STARTING = threading.Lock()


def _waiting() -> socket.socket:
    """Return the connection to the forking process, of which threads too start one alone."""
    with _STARTING:
        return _started()


@functools.cache
def _started() -> socket.socket:
    """Start the forking process, which ends with this one."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, __file__, str(its.fileno())]
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(command, pass_fds=[its.fileno()], cwd="/", stdin=nothing, stdout=nothing)
    its.close()
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _serve(connection: socket.socket) -> None:
    """Fork for every request until the connection closes; the forked process returns and runs the request."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the watching processes
    while True:
        data, files, *_ = socket.recv_fds(connection, MESSAGE, 4)
        if not data:
            sys.exit()
        if os.fork() == 0:
            connection.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _watch(json.loads(data), files)
            return
        for file in files:
            os.close(file)


def _watch(request: dict[str, Any], files: list[int]) -> None:
    """Fork once more: one process is the program, the other reports its number and its exit status."""
    *streams, status = files
    if (pid := os.fork()) == 0:
        os.close(status)
        become(request, streams)
        return
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    os.write(status, b"%d\n" % pid)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Take on a program's streams, folder, variables and arguments, and run it."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in {*streams}:
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    time.tzset()
    sys.argv[1:] = request["arguments"]
    sys.path[0] = ""
    if request["code"]:
        _to_its_end(lambda: exec(compile(request["code"], "<string>", "exec"), {"__name__": "__main__"}))
    _to_its_end(lambda: runpy.run_module("harness", run_name="__main__", alter_sys=True))


def _to_its_end(act: Callable[[], object]) -> NoReturn:
    """Run a function and end as Python does: wait for threads, call exit handlers, flush streams."""
    code = 0
    try:
        act()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        code = int(end.code or 0) if not isinstance(end.code, str) else 1
    except BaseException:  # noqa: BLE001 - nothing is above it
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    os._exit(code)


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    from harness.jobs import JOBS
    from harness.jobs.code import code_digest

    for kind in JOBS:  # no test keeps its own cache of syntax, and reading every file takes a third of a second
        code_digest(kind)
    from harness.suite.load import load_suite
    from harness.suite.shipped import suite_path

    for path in (Path(__file__).parent.parent / "suites" / "table1.yaml", *map(suite_path, ("table1", "prelu_table1"))):
        load_suite(path)  # composing the files of a paper, which is kept by their text, takes a fifth of a second
    gc.collect()
    gc.freeze()  # otherwise the first garbage collection of each process would copy the memory of all modules
    _serve(socket.socket(fileno=int(sys.argv[1])))
