"""Torchrun for jobs that several processes share on nodes of a cluster: one on each node, which meet at the first.

The first node keeps the job's lock and writes its result, as on a machine alone. It says in the submission's folder
where it can be met, with a key. The processes of the other nodes speak to it through relays, which prove that they
have that key: what they relay is pickled, so nobody else may speak there.

Slurm signals every process of a step. Torchrun would end its processes before they can save, so signals are kept from
all of them; the first node's process hears them and tells the others.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path

from harness.errors import JobFailed
from harness.machine.runtime import Runtime
from harness.run.executors import shared
from harness.stop_signal import STOPPING, StopSignal
from harness.store.documents import json_text, parsed_json

MEETS_WITHIN_S = 900.0
"""Seconds within which the first node has to say where it is."""
LOOKS_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where the first node of a job can be met."""

    host: str
    relay: int
    """Port of the process that keeps the job."""
    rendezvous: int
    """Port of torchrun's own meeting."""
    key: str
    """What a relay has to know, in hexadecimal."""


def launch(meeting_file: Path, nodes: int) -> shared.Launch:
    """The start of torchrun on the first or only node of a job."""
    return shielded if nodes == 1 else partial(first_of, meeting_file, nodes)


@contextmanager
def shielded(folder: Path, runtime: Runtime) -> Iterator[subprocess.Popen[bytes]]:
    """Torchrun of this node alone, which signals of a step do not reach."""
    with ExitStack() as stack:
        with _signals_kept_away():
            process = stack.enter_context(shared.torchrun(folder, runtime))
        yield process


@contextmanager
def first_of(meeting_file: Path, nodes: int, folder: Path, runtime: Runtime) -> Iterator[subprocess.Popen[bytes]]:
    """Torchrun of the first of several nodes; the others find it by `meeting_file`."""
    key = secrets.token_bytes(32)
    with Listener(("", 0)) as listener:
        threading.Thread(target=_let_in, args=(listener, folder / "socket", key), daemon=True).start()
        meeting = Meeting(_own_name(), listener.address[1], _free_port(), key.hex())
        _write_for_us_alone(meeting_file, json_text(asdict(meeting)))
        try:
            with _torchrun(folder, runtime, nodes, meeting, first=True) as process:
                yield process
        finally:
            meeting_file.unlink(missing_ok=True)


def help_first(meeting_file: Path, nodes: int, runtime: Runtime, stop: StopSignal) -> int:
    """Run this node's part of a job whose first node is another; give the exit code of its torchrun.

    Raises JobFailed where the first node does not say in time where it is, and Interrupted.
    """
    meeting = _met(meeting_file, stop)
    with tempfile.TemporaryDirectory(prefix="harness-ranks-") as temporary, socket.socket(socket.AF_UNIX) as server:
        folder = Path(temporary)
        server.bind(str(folder / "socket"))
        server.listen()
        threading.Thread(target=_pass_on, args=(server, meeting), daemon=True).start()
        with _torchrun(folder, runtime, nodes, meeting, first=False) as process:
            code = process.wait()
        if code:
            sys.stderr.write((folder / "torchrun.log").read_text(encoding="utf-8", errors="replace"))
        return code


def _met(meeting_file: Path, stop: StopSignal) -> Meeting:
    until = time.monotonic() + MEETS_WITHIN_S
    while time.monotonic() < until:
        with suppress(OSError, ValueError, TypeError):
            return Meeting(**parsed_json(meeting_file.read_bytes()))
        stop.raise_if_asked()
        time.sleep(LOOKS_EVERY_S)
    raise JobFailed(f"the first node of this job has not said in {meeting_file} where it is")


@contextmanager
def _torchrun(
    folder: Path, runtime: Runtime, nodes: int, meeting: Meeting, *, first: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """A fresh torchrun for this node's processes."""
    where = f"{meeting.host}:{meeting.rendezvous}"
    meet = ["--rdzv-backend", "c10d", "--rdzv-endpoint", where, "--rdzv-conf", f"is_host={int(first)}"]
    many = ["--nnodes", str(nodes), "--nproc-per-node", str(runtime.processes // nodes), "--rdzv-id", meeting.key[:16]]
    own = ["--local-addr", _own_name(), "--max-restarts", "0", "--redirects", "3", "--log-dir", str(folder)]
    what = ["--module", "harness.jobs.distributed.process", str(folder / "socket")]
    command = [sys.executable, "-m", "torch.distributed.run", *many, *meet, *own, *what]
    with (folder / "torchrun.log").open("wb") as log, _signals_kept_away():
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, env=shared.environment(runtime, loopback=False), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _let_in(listener: Listener, local: Path, key: bytes) -> None:
    """Connect each relay that has the key with the process that keeps the job."""
    while True:
        try:
            there = listener.accept()
        except OSError:  # closed
            return
        # Somebody who says nothing keeps nobody else waiting.
        threading.Thread(target=_prove, args=(there, local, key), daemon=True).start()


def _prove(there: Connection, local: Path, key: bytes) -> None:
    """Let a relay speak to the process that keeps the job once it has shown that it has the key."""
    try:
        deliver_challenge(there, key)
        answer_challenge(there, key)
    except (AuthenticationError, EOFError, OSError):
        there.close()
    else:
        _join(there, _connected(local))


def _pass_on(server: socket.socket, meeting: Meeting) -> None:
    """Connect each process of this node with the first node."""
    while True:
        try:
            here = Connection(server.accept()[0].detach())
        except OSError:  # closed
            return
        _join(here, Client((meeting.host, meeting.relay), authkey=bytes.fromhex(meeting.key)))


def _connected(local: Path) -> Connection:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(local))
        return Connection(line.detach())


def _join(one: Connection, other: Connection) -> None:
    """Pass every message of either on to the other, until one hangs up."""
    for here, there in ((one, other), (other, one)):
        threading.Thread(target=_pump, args=(here, there), daemon=True).start()


def _pump(here: Connection, there: Connection) -> None:
    """Pass messages on until either hangs up, then have the thread of the other direction end too."""
    with suppress(EOFError, OSError):
        while True:
            there.send_bytes(here.recv_bytes())
    for connection in (here, there):
        # A close alone would not end a read of the other thread.
        with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    here.close()


@contextmanager
def _signals_kept_away() -> Iterator[None]:
    """Have processes that are started in the block never see the signals that ask to stop."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _own_name() -> str:
    """A name of this machine that other nodes can resolve: Slurm's, or else its own."""
    name = os.environ.get("SLURMD_NODENAME", "")
    with suppress(OSError):
        if name and socket.gethostbyname(name):
            return name
    return socket.gethostname()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _write_for_us_alone(path: Path, text: str) -> None:
    """Write a file that no other user can read."""
    temporary = path.with_name(f".{path.name}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
