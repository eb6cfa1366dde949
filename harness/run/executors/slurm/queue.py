"""Asks Slurm about all jobs of this user at once, reads the answer, and ends jobs; each in a single call."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import UsageError

ASKS_S = 60.0
"""Seconds after which a command of Slurm's counts as not answering."""
FORMAT = "%F|%K|%T|%N|%j|%r"
"""Array, index (or several: `4,7-900%50`), state, nodes, name and reason."""
USUAL_ARRAY = 1001
"""Slurm's default of MaxArraySize, the first index that an array cannot have."""


@dataclass(frozen=True, slots=True)
class State:
    """One task of an array as Slurm shows it."""

    name: str
    """Such as RUNNING."""
    reason: str = ""
    nodes: str = ""


def is_in(state: State | None, names: frozenset[str]) -> bool:
    """Say whether a task is seen in one of these states."""
    return state is not None and state.name in names


@dataclass(frozen=True, slots=True)
class Answer:
    """All that one call of squeue has told."""

    tasks: Mapping[str, Mapping[int, State]]
    """By the name of a submission and the index of the task."""
    ids: Mapping[str, str]
    """Slurm's number of the array, by the name of a submission."""

    def of(self, name: str, index: int) -> State | None:
        """The state of a task; None where the queue shows none."""
        return self.tasks.get(name, {}).get(index)


def read(text: str, prefix: str = "") -> Answer:
    """Read what squeue printed in `FORMAT`; of submissions whose name begins with `prefix` alone.

    An array that was submitted twice under one name, as no driver does, counts by its last line.
    """
    tasks: dict[str, dict[int, State]] = {}
    ids: dict[str, str] = {}
    for line in text.splitlines():
        parts = line.strip().split("|", 5)
        if len(parts) < 6 or not parts[4].startswith(prefix):
            continue
        array, indices, state, nodes, name, reason = parts
        ids[name] = array
        one = State(state, "" if reason == "None" else reason, nodes)
        tasks.setdefault(name, {}).update(dict.fromkeys(indices_of(indices), one))
    return Answer(tasks, ids)


def indices_of(text: str) -> Iterator[int]:
    """Yield the indices of a line of squeue.

    >>> list(indices_of("0,3-5,8-12:2%4")), list(indices_of("7")), list(indices_of("N/A"))
    ([0, 3, 4, 5, 8, 10, 12], [7], [0])
    """
    if not text[:1].isdigit():
        yield 0
        return
    for part in text.partition("%")[0].split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", part)
        if found:
            first, last, step = int(found[1]), int(found[2] or found[1]), int(found[3] or 1)
            yield from range(first, last + 1, step)


def ask(prefix: str) -> Answer:
    """Ask squeue once about every job of this user; raises OSError or subprocess.SubprocessError without an answer."""
    said = _call("squeue", "--noheader", "--states=all", f"--user={os.getuid()}", f"--format={FORMAT}")
    return read(said, prefix)


def end(tasks: Iterable[str]) -> None:
    """End tasks such as `1234_5` in one call; those that are over already do not matter. Raises as `ask` does."""
    if wanted := list(tasks):
        _call("scancel", "--quiet", *wanted)


def largest_array() -> int:
    """The number of tasks that an array may have; Slurm's default where it does not tell."""
    try:
        found = re.search(r"^MaxArraySize\s*=\s*(\d+)", _call("scontrol", "show", "config"), re.MULTILINE)
    except (OSError, subprocess.SubprocessError):
        found = None
    return max(1, int(found[1]) if found else USUAL_ARRAY)


def require_slurm() -> None:
    """Raise UsageError where a command of Slurm's or submitit is missing."""
    if importlib.util.find_spec("submitit") is None:
        raise UsageError("--on slurm needs submitit: pip install 'paper-harness[slurm]'")
    if missing := [name for name in ("sbatch", "squeue", "scancel") if shutil.which(name) is None]:
        raise UsageError(f"--on slurm needs Slurm's commands, and {', '.join(missing)} is not on PATH here")


def _call(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - Slurm's commands with numbers and names of our own
        command,
        env={**os.environ, "SLURM_BITSTR_LEN": "0", "LC_ALL": "C"},  # long lists of indices in full
        capture_output=True,
        text=True,
        check=True,
        timeout=ASKS_S,
    )
    return done.stdout
