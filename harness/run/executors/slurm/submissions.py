"""The submissions of a store, written down before Slurm is asked, and the words that their jobs leave behind.

`slurm/NAME/` of the store holds `submission.json` (the jobs and what was asked for them), `array` (Slurm's number, once
it is known), `word-INDEX.json` (the last word of a task) and the logs of the tasks.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from harness.errors import HarnessError
from harness.store.documents import parsed_json
from harness.store.fences import Token, standing
from harness.store.store import JobFolder, Store, write_json

PREFIX = "paper-harness-"
"""Begins the name of every submission."""
LAST_LINES = 5
"""Lines of a log that a failure quotes."""


@dataclass(frozen=True, slots=True)
class Entrusted:
    """One job of a submission."""

    folder: str
    """Name of its directory in the store."""
    key: str
    label: str
    number: int
    """How many submissions of the job there were before, and this one."""
    came_from: str
    """Seal of the checkpoint that it goes on from; empty for none."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a task said last: that it began, or how it ended."""

    says: Literal["began", "done", "stopped", "failed"]
    why: str = ""
    restarts: int = 0
    node: str = ""
    gpus: str = ""
    """The GPUs that it saw, as CUDA_VISIBLE_DEVICES has them."""


@dataclass(frozen=True)
class Submission:
    """One array of jobs that was or will be handed to Slurm."""

    folder: Path
    jobs: tuple[Entrusted, ...]
    at: float
    """Seconds since 1970, by the clock of the machine that submitted it."""
    throttle: int
    asked: Mapping[str, Any]
    runtime: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the array in Slurm's queue, which no other submission has."""
        return self.folder.name

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Index of each job in the array, by key."""
        return {job.key: index for index, job in enumerate(self.jobs)}

    @property
    def array(self) -> str | None:
        """Slurm's number of the array; None while its answer is not known."""
        with suppress(OSError):
            return (self.folder / "array").read_text(encoding="utf-8").strip() or None
        return None

    def note_array(self, number: str) -> None:
        """Write down Slurm's number of the array; the folder may have been removed while the jobs run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".array.{os.getpid()}"
        temporary.write_text(f"{number}\n", encoding="utf-8")
        temporary.replace(self.folder / "array")

    def job_folder(self, index: int) -> JobFolder:
        """The directory of a job."""
        return JobFolder(self.folder.parent.parent / self.jobs[index].folder)

    def token(self, index: int, restarts: int) -> Token:
        """The fencing token of a task that Slurm has started again so many times."""
        return self.jobs[index].number, restarts

    def number(self, index: int) -> str:
        """Slurm's number of a task, such as `1234_5`; with the name in its place while it is not known."""
        return f"{self.array or self.name}_{index}"

    def log(self, index: int) -> Path | None:
        """The newest log of a task, errors before output; None where there is none that holds anything."""
        array = self.array or "*"
        for ending in ("err", "out"):
            for path in sorted(self.folder.glob(f"{array}_{index}_*_log.{ending}"), reverse=True):
                with suppress(OSError):
                    if path.stat().st_size:
                        return path
        return None

    def log_says(self, index: int) -> str:
        """Where the log of a task is and its last lines, for the end of a message."""
        read_anew(self.folder)
        path = self.log(index)
        if path is None:
            empty = any(self.folder.glob(f"*_{index}_*_log.*"))
            why = "did a line of setup end it?" if empty else "can the nodes write there?"
            return f" (it left {'an empty' if empty else 'no'} log in {self.folder}: {why})"
        lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        return f" (see {path}: {' | '.join(lines[-LAST_LINES:])})"

    def word(self, index: int) -> Word | None:
        """The last word of a task; None where it has said nothing that is visible here."""
        with suppress(OSError, ValueError, TypeError):
            return Word(**parsed_json((self.folder / f"word-{index}.json").read_bytes()))
        return None

    def say(self, index: int, word: Word) -> None:
        """Leave a word about a task."""
        write_json(self.folder / f"word-{index}.json", asdict(word))


def submission_in(folder: Path) -> Submission:
    """Read a submission; raises FileNotFoundError where it is not written yet, HarnessError where it is damaged."""
    try:
        document = parsed_json((folder / "submission.json").read_bytes())
        jobs = tuple(Entrusted(**job) for job in document["jobs"])
        return Submission(folder, jobs, document["at"], document["throttle"], document["asked"], document["runtime"])
    except (ValueError, KeyError, TypeError):
        raise HarnessError(f"{folder / 'submission.json'} is damaged; move {folder} away") from None


class Submissions:
    """All submissions of a store, each read once; `refresh` finds those that other drivers have made."""

    def __init__(self, store: Store) -> None:
        self.root = store.slurm
        self.known: dict[str, Submission] = {}
        self._newest: dict[str, tuple[Submission, int]] = {}

    def refresh(self) -> None:
        """Read the submissions that were not there before."""
        with suppress(FileNotFoundError):
            names = [entry.name for entry in os.scandir(self.root) if entry.name.startswith(PREFIX)]
            for name in sorted(set(names) - self.known.keys()):
                with suppress(FileNotFoundError):
                    self._add(submission_in(self.root / name))

    def newest(self, key: str) -> tuple[Submission, int] | None:
        """The last submission of a job, and its index there."""
        return self._newest.get(key)

    def write(
        self,
        jobs: Sequence[tuple[JobFolder, str, str, str]],
        throttle: int,
        asked: Mapping[str, Any],
        runtime: Mapping[str, Any],
    ) -> Submission:
        """Write down a submission of jobs, each as folder, key, label and the seal that it goes on from."""
        self.root.mkdir(exist_ok=True)
        name = f"{PREFIX}{secrets.token_hex(8)}"
        entrusted = tuple(Entrusted(f.path.name, key, label, self._next(f, key), seal) for f, key, label, seal in jobs)
        made = Submission((self.root / name).absolute(), entrusted, time.time(), throttle, asked, runtime)
        write_json(
            made.folder / "submission.json",
            {"format": 1, "at": made.at, "throttle": throttle, "asked": dict(asked), "runtime": dict(runtime),
             "jobs": [asdict(job) for job in entrusted]},
        )  # fmt: skip
        self._add(made)
        return made

    def withdraw(self, submission: Submission) -> None:
        """Remove a submission that Slurm has surely not accepted."""
        del self.known[submission.name]
        for key in submission.index:
            del self._newest[key]
        for path in submission.folder.iterdir():
            path.unlink()
        submission.folder.rmdir()
        for other in self.known.values():
            self._add(other)

    def __iter__(self) -> Iterator[Submission]:
        """Yield the submissions, earliest first."""
        return iter(sorted(self.known.values(), key=lambda one: one.at))

    def _next(self, folder: JobFolder, key: str) -> int:
        """The number of a job's next submission; the token in its directory outlives records that were removed."""
        before = self._newest.get(key)
        return 1 + max(standing(folder.path)[0], 0 if before is None else before[0].jobs[before[1]].number)

    def _add(self, submission: Submission) -> None:
        self.known[submission.name] = submission
        for key, index in submission.index.items():
            before = self._newest.get(key)
            if before is None or before[0].jobs[before[1]].number <= submission.jobs[index].number:
                self._newest[key] = submission, index


def seal_of(folder: JobFolder) -> str:
    """The digest at the end of a job's newest checkpoint, which tells whether it got any further; empty for none."""
    with suppress(OSError), folder.checkpoint.open("rb") as file:
        file.seek(-32, os.SEEK_END)
        return file.read(32).hex()
    return ""


def read_anew(folder: Path) -> None:
    """Have a network file system read the entries of a directory anew."""
    with suppress(OSError), os.scandir(folder) as entries:
        next(entries, None)
