"""Fencing tokens: of two processes that were given the same job, only the one that was given it later may write.

A lock keeps two processes out of one folder as long as both see it. On a cluster, the first may live on where nobody
can reach it any more: its node was given up as lost and its job was started elsewhere. So who starts jobs on a cluster
writes a token, which grows with every start, into the job's folder, and names it to the job's processes through the
environment. Each of them looks before it puts a file in place, and ends once a larger token lies there. What it may
still write in the moment between look and write is harmless: a job computes the same bytes wherever it runs.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from harness.errors import Interrupted
from harness.store.locks import NAME

FILE = f"{NAME}.token"
VARIABLE = "HARNESS_JOB_TOKEN"
"""Holds the token of a process and the folder that it is for, as `3.1:FOLDER`."""

Token = tuple[int, int]
"""The number of the job's submission, and how often that was started again."""


def hold(folder: Path, token: Token) -> bool:
    """Have this process and those that it starts write into a folder by this token, unless a larger one lies there."""
    if standing(folder) > token:
        return False
    temporary = folder / f"{FILE}.{os.getpid()}"
    temporary.write_text(_text(token), encoding="utf-8")
    temporary.replace(folder / FILE)
    os.environ[VARIABLE] = f"{_text(token)}:{folder}"
    return True


def standing(folder: Path) -> Token:
    """Read the token in a folder; zeros where there is none."""
    try:
        return _token((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, 0


def is_passed(folder: Path) -> bool:
    """Say whether a later process was given the folder that this process may write into."""
    text, _, held = os.environ.get(VARIABLE, "").partition(":")
    return held == str(folder) and standing(folder) > _token(text)


def check(folder: Path) -> None:
    """Raise Interrupted where a later process was given the folder; called before a file is put in place."""
    if VARIABLE in os.environ and is_passed(folder):
        raise Interrupted(signal.SIGTERM, f"{folder.name} was started again elsewhere; this process writes no more")


def _text(token: Token) -> str:
    return f"{token[0]}.{token[1]}"


def _token(text: str) -> Token:
    first, _, second = text.partition(".")
    return int(first), int(second)
