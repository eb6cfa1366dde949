"""Two connected processes on the CPU, for tests of behaviour that needs several."""

from __future__ import annotations

import json
import os
import pickle
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import warm
from programs import environment, nothing

from harness.jobs.ranks import Ranks, joining

CODE = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from two_processes import answer
answer(int(sys.argv[2]), int(sys.argv[3]))
"""


def answers(ask: Callable[[Ranks], Any]) -> list[Any]:
    """Return the results of a module's function in both processes, with one thread each, by rank.

    Both are forked from a process that has imported torch.
    """
    port = str(free_port())
    with TemporaryDirectory() as temporary, nothing() as null:
        folder = Path(temporary)
        (folder / "ask").write_bytes(pickle.dumps(ask))
        started = []
        for rank in ("0", "1"):
            with (folder / f"said{rank}").open("w") as said:
                streams = [null.fileno(), said.fileno(), said.fileno()]
                arguments = [json.dumps([str(Path(one).absolute()) for one in sys.path]), rank, port]
                started.append(warm.start(arguments, folder, environment(), streams, CODE))
        ended = [process.wait() for process in started]
        assert ended == [0, 0], "\n".join((folder / f"said{rank}").read_text() for rank in (0, 1))
        return [pickle.loads((folder / f"answer{rank}").read_bytes()) for rank in (0, 1)]


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def join(rank: int, port: int) -> None:
    """Set the variables by which the two processes meet."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


def answer(rank: int, port: int) -> None:
    """Run in one of the two processes: join the other, and write the answer to a file."""
    join(rank, port)
    torch.set_num_threads(1)
    with joining(torch.device("cpu"), "alike") as ranks:
        Path(f"answer{rank}").write_bytes(pickle.dumps(pickle.loads(Path("ask").read_bytes())(ranks)))
