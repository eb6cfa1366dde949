"""Processes that share the batches of a job without torchrun: forked from a process that has imported torch.

They meet through gloo and run the same work as those of torchrun; only their start and their end differ. Lost ones are
recorded as torchrun's wrapper records them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIGTERM

import pytest
import warm
from programs import environment
from two_processes import free_port

from harness.jobs.distributed.process import LOST
from harness.machine.runtime import Runtime
from harness.run.executors import shared

WORK = "import sys; from harness.jobs.distributed.process import main; sys.exit(main(sys.argv[1]))"


class Forked:
    """All processes of a job, with the part of the interface of `subprocess.Popen` that the executor uses."""

    def __init__(self, folder: Path, ranks: list[warm.Started]) -> None:
        self.folder = folder
        self.ranks = ranks
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return 0 once all have succeeded, 1 once all have ended; a failed process ends the others."""
        codes = [rank.poll() for rank in self.ranks]
        if any(code not in (None, 0) for code in codes):
            self.end()
        if None not in codes:
            (self.folder / LOST).write_text(json.dumps([one for one in enumerate(codes) if one[1]]))
            self.returncode = int(any(codes))
        return self.returncode

    def end(self) -> None:
        """Ask the running processes to end."""
        for rank in self.ranks:
            rank.send_signal(SIGTERM)


@contextmanager
def _forked(folder: Path, runtime: Runtime) -> Iterator[Forked]:
    """Start a job's processes, which end with the block."""
    count = runtime.processes
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(count)}
    its = environment(GLOO_SOCKET_IFNAME="lo", OMP_NUM_THREADS=str(runtime.threads), **meeting)
    with ExitStack() as files:
        nothing = files.enter_context(Path(os.devnull).open("r+"))
        ranks = []
        for rank in range(count):
            log = files.enter_context((folder / f"{rank}.log").open("w"))
            streams = [nothing.fileno(), log.fileno(), log.fileno()]
            ranks.append(warm.start([str(folder / "socket")], folder, its | {"RANK": str(rank)}, streams, WORK))
        forked = Forked(folder, ranks)
        try:
            yield forked
        finally:
            forked.end()
            for one in ranks:
                one.wait()


def without_torchrun(patch: pytest.MonkeyPatch) -> list[Forked]:
    """Replace torchrun by forked processes for jobs that several processes share; return those of each job so far."""
    started: list[Forked] = []

    @contextmanager
    def kept(folder: Path, runtime: Runtime) -> Iterator[Forked]:
        with _forked(folder, runtime) as forked:
            started.append(forked)
            yield forked

    patch.setattr(shared, "torchrun", kept)
    return started
