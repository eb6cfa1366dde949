"""Two processes that have joined each other on the CPU, for what only several can show."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import torch

from harness.jobs.ranks import Ranks, joining


def answers(ask: Callable[[Ranks], Any]) -> list[Any]:
    """What a function of a module gives in each of the two, with one thread; by rank."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    port = free_port()
    processes = [context.Process(target=_asked, args=(ask, rank, port, pipes[rank][1])) for rank in range(2)]
    for process in processes:
        process.start()
    for _, theirs in pipes:
        theirs.close()
    found = [ours.recv() for ours, _ in pipes]  # EOFError where one died, its traceback on standard error
    for process, (ours, _) in zip(processes, pipes, strict=True):
        process.join()
        ours.close()
    return found


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def join(rank: int, port: int) -> None:
    """Say where the two meet."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


def _asked(ask: Callable[[Ranks], Any], rank: int, port: int, connection: Connection) -> None:
    join(rank, port)
    torch.set_num_threads(1)
    with joining(torch.device("cpu"), "alike") as ranks:
        connection.send(ask(ranks))
