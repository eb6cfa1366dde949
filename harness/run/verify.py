"""Re-checks a store: every file of every job against the digests taken when the job finished, and what is left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, UsageError
from harness.jobs import JOBS
from harness.jobs.code import is_current
from harness.jobs.named import extended
from harness.progress import Progress
from harness.store.declarations import declared_in
from harness.store.inventory import LINKED, contents
from harness.store.locks import FILES as LOCK_FILES
from harness.store.locks import is_held
from harness.store.result import Result
from harness.store.soundness import Fault, JobDocument, faults_of, job_of, left_out_of, result_of
from harness.store.store import JobFolder, Store

_DIGEST_BYTES = hashlib.sha256().digest_size
Finished = dict[str, tuple[JobFolder, JobDocument, Result]]
"""Jobs whose documents can be read, by key."""


@dataclass(slots=True)
class Verification:
    """The findings: damage makes a store untrustworthy; notes are facts that a reader may want to know."""

    jobs: int = 0
    files: int = 0
    damage: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The findings as plain data, for `--json`."""
        said = {name: [_plain(fault) for fault in getattr(self, name)] for name in ("damage", "notes")}
        return {"jobs": self.jobs, "files": self.files, "sound": not self.damage, **said}


def _plain(fault: Fault) -> dict[str, str]:
    return {"file": str(fault.place), "says": fault.says, "remedy": fault.remedy}


def verify(store: Store, progress: Progress) -> Verification:
    """Check a whole store, changing nothing; raises UsageError where there is none, or one without a job."""
    found, checked = contents(store), Verification()
    if not found.jobs and not found.links:
        raise UsageError(f"the store {store.root} holds no job, so there is nothing to verify")
    finished: Finished = {}
    for number, folder in enumerate(found.jobs):
        progress.moving(number / len(found.jobs), folder.path.name, 0.0)
        with suppress(FileNotFoundError):  # a file of it, or all of it, was removed in the meantime
            _check(folder, checked, finished)
    progress.clear()
    checked.damage += [
        Fault(path, LINKED, "move what it leads to into its place, or delete it") for path in found.links
    ]
    checked.damage += chain_faults(finished)
    checked.damage += _declaration_faults(store)
    checked.notes += _notes(finished)
    checked.notes += [
        Fault(job.path, "is a stale result that was set aside", "`store gc --stale --yes` removes it")
        for job in found.set_aside
    ]
    checked.notes += [
        Fault(path, "was left by a process that was stopped while it wrote", "`store gc --yes` removes it")
        for path in found.leftovers
    ]
    checked.notes += [Fault(path, "is nothing of this program's", "nothing reads it") for path in found.unknown]
    return checked


def _check(folder: JobFolder, checked: Verification, finished: Finished) -> None:
    checked.jobs += 1
    names = (path.name for path in folder.path.iterdir())
    checked.files += sum(1 for name in names if name not in LOCK_FILES and not name.startswith("."))
    if not folder.result.exists():
        checked.damage += unfinished_faults(folder)
        checked.notes.append(_unfinished(folder))
        return
    faults = faults_of(folder)
    checked.damage += faults
    if not any(fault.place in (folder.job, folder.result) for fault in faults):
        job, result = job_of(folder), result_of(folder)
        assert result is not None
        finished[job.key] = (folder, job, result)


def _unfinished(folder: JobFolder) -> Fault:
    if is_held(folder.path):
        return Fault(folder.path, "is being worked on", "verify it again when it is done")
    remedy = "the next run goes on from here; `store gc --unfinished --yes` removes it"
    return Fault(folder.path, "is unfinished", remedy)


def unfinished_faults(folder: JobFolder) -> Iterator[Fault]:
    """The damaged files of a job that has no result yet."""
    if folder.job.exists():
        try:
            job_of(folder)
        except HarnessError as error:
            yield Fault(folder.job, str(error).removeprefix(f"{folder.job} "), f"move {folder.path} away")
    for path in (folder.checkpoint, folder.earlier_checkpoint):
        if path.exists() and not is_held(folder.path) and not _is_whole(path):
            yield Fault(path, "is damaged", "delete it; the training passes over it and goes on from the one before")


def _is_whole(checkpoint: Path) -> bool:
    """Whether the digest at the end of a checkpoint is that of all before it."""
    digest, left = hashlib.sha256(), checkpoint.stat().st_size - _DIGEST_BYTES
    with checkpoint.open("rb") as file:
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            digest.update(block)
            left -= len(block)
        return left == 0 and file.read() == digest.digest()


def chain_faults(finished: Mapping[str, tuple[JobFolder, JobDocument, Result]]) -> Iterator[Fault]:
    """Results that were made from other files than those that their inputs hold now."""
    for folder, job, result in finished.values():
        for name, key in ({} if result.imported else job.inputs).items():
            if key in finished and finished[key][2].outputs != result.inputs.get(name):
                says = f"was made from other files than {finished[key][0].path.name} holds now"
                yield Fault(folder.result, says, "`run --refresh-stale` sets it aside and runs it again")


def _declaration_faults(store: Store) -> Iterator[Fault]:
    for path in sorted(store.declarations.glob("*.json")):
        try:
            declared_in(path)
        except HarnessError:
            remedy = "put it back from a copy; without it nobody can say what was declared beforehand"
            yield Fault(path, "is damaged or was edited", remedy)


def _notes(finished: Finished) -> Iterator[Fault]:
    for folder, job, _ in finished.values():
        if (why := foreign(job)) is not None:
            yield Fault(folder.job, why, "nothing of this version reads it; `store gc --keep` can remove it")
        absent = [name for name, key in job.inputs.items() if key not in finished]
        if absent:
            remedy = "the result stands, but cannot be traced or run again here"
            yield Fault(folder.path, f"has no sound input beside it ({', '.join(absent)})", remedy)
        if left := left_behind(folder):
            yield Fault(folder.path, f"came without {', '.join(left)}", "merge an export made with `--weights`")
    yield from _stale(finished)


def left_behind(folder: JobFolder) -> list[str]:
    """The names of outputs that stayed behind, where the list of them can be read."""
    try:
        return sorted(name for name in left_out_of(folder) if not (folder.path / name).exists())
    except HarnessError:
        return []


def _stale(finished: Finished) -> Iterator[Fault]:
    """One note for each kind of job whose results were made by another version of the code."""
    stale: dict[str, list[Path]] = {}
    for folder, job, result in finished.values():
        specs = [finished[key][1].spec for key in job.inputs.values() if key in finished]
        with extended(job.spec, *specs):
            current = foreign(job) is not None or result.code is None or is_current(job.kind, result.code)
        if not current:
            stale.setdefault(job.kind, []).append(folder.path)
    for kind, paths in stale.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        says = f"stale{more}: the code of {kind} jobs has changed since"
        yield Fault(paths[0], says, "`run --refresh-stale` runs them again")


def foreign(job: JobDocument) -> str | None:
    """Why this version of the program cannot use a job that is sound in itself."""
    if job.kind not in JOBS:
        return f"jobs of kind {job.kind!r} are unknown to this version of the program"
    if job.version != JOBS[job.kind].version:
        return f"version {job.version} of {job.kind} jobs, where this program has {JOBS[job.kind].version}"
    return None
