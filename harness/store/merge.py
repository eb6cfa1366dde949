"""Merging results from other machines into a store.

Every job is verified before it is taken, taken completely, and refused where it contradicts a job of the store.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.errors import HarnessError, Unsound, UsageError
from harness.progress import Progress
from harness.store.archive import LARGEST_ARRAYS, LARGEST_DOCUMENT, unpack, unpacks_to
from harness.store.declarations import Declared, declared_in, merged_declarations
from harness.store.documents import seal
from harness.store.inventory import contents
from harness.store.locks import held, is_held
from harness.store.result import Result
from harness.store.soundness import faults_of, job_of, left_out_of, result_of
from harness.store.store import JobFolder, Store, open_atomically, sync_folder, write_json


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finished job that may be taken or is already in the store: its documents, and its source for messages."""

    folder: JobFolder
    inputs: Mapping[str, str]
    key: str
    label: str
    result: Result
    source: str


@dataclass(slots=True)
class Merged:
    """What happened to every offered job, by the name of its directory."""

    taken: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    """Jobs that were in the store and received outputs that they lacked."""
    same: list[str] = field(default_factory=list)
    """Jobs that were in the store with the same result."""
    kept: list[str] = field(default_factory=list)
    """Conflicts in which the store's own result was kept, a message each."""
    declarations: list[str] = field(default_factory=list)

    def document(self) -> dict[str, list[str]]:
        """Return the outcome as plain data."""
        return asdict(self)


def merge(store: Store, sources: Iterable[Path], progress: Progress, *, keep_ours: bool = False) -> Merged:
    """Take every new finished job from archives and stores; nothing at all where one job is damaged.

    Raises UsageError for a source that cannot be read and for conflicts, all of them named; Unsound for damage. With
    `keep_ours`, what is here stays in every conflict, and what was built on the other result is left out with it; only
    of two declarations stands the one whose result came first.
    """
    store.prepare()
    with held(store.root) as ours:
        if not ours:
            raise UsageError(f"{store.root}: another process merges into it; wait for it or stop it")
        staging = Path(tempfile.mkdtemp(dir=store.root, prefix=".merge-"))
        try:
            with held(staging):
                return _merged(store, list(sources), staging, progress, keep_ours=keep_ours)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _merged(store: Store, sources: list[Path], staging: Path, progress: Progress, *, keep_ours: bool) -> Merged:
    found: list[Candidate] = []
    declarations: dict[str, list[Declared]] = {}
    for number, source in enumerate(sources):
        place = staging / str(number)
        place.mkdir()
        progress.say(f"reading {source}")
        _stage(source, place, store)
        found += (of_source := _candidates(source, place))
        finished = frozenset(one.key for one in of_source)
        for path in sorted((place / "declarations").glob("*.json")):
            declarations.setdefault(path.name, []).append(Declared(declared_in(path), finished))
    merged = Merged()
    here = {one.key: one for one in _standing(store)}
    taken, conflicts = _chosen(_inputs_first(found), here, store, merged)
    new, against = merged_declarations(declarations, store, frozenset(here))
    conflicts += against
    if conflicts and not keep_ours:
        remedy = "nothing was merged; --keep-ours takes the rest, or merge into another store"
        raise UsageError("\n".join([*conflicts, remedy]))
    merged.kept = conflicts
    for name, document in new.items():
        write_json(store.declarations / name, seal(document))
        merged.declarations.append(name)
    lost: set[str] = set()
    for one in taken:
        gone = lost & set(one.inputs.values())
        why = "its input was not taken" if gone else _take(one, store, merged)
        if why is not None:
            lost.add(one.key)
            merged.kept.append(f"{one.source}: {one.folder.path.name}: {why}")
    sync_folder(store.root)
    return merged


def _stage(source: Path, place: Path, store: Store) -> None:
    """Copy or unpack a source into `place`, where no other process changes its files."""
    if not source.is_dir():
        if not source.is_file():
            raise UsageError(f"{source}: there is no such archive or store")
        unpack(source, place)
        return
    if source.resolve() == store.root.resolve():
        raise UsageError(f"{source} is the store that is merged into")
    jobs = [job for job in contents(Store(source), linked=False).jobs if job.result.exists()]
    files = [path for job in jobs for path in (job.job, job.result, job.environment, job.left_out, *job.outputs)]
    for path in [*files, *(source / "declarations").glob("*.json")]:
        _copy(path, place / path.relative_to(source))


def _copy(path: Path, to: Path) -> None:
    if path.is_symlink():
        raise UsageError(f"{path} is a link; only plain files are taken")
    if not path.exists():
        return
    if path.suffix in (".json", ".jsonl") and path.stat().st_size > LARGEST_DOCUMENT:
        raise UsageError(f"{path} is larger than {LARGEST_DOCUMENT:,} bytes")
    with path.open("rb") as source, open_atomically(to) as copy:
        shutil.copyfileobj(source, copy, 1 << 20)


def _candidates(source: Path, place: Path) -> list[Candidate]:
    """Return the jobs of a staged source, each verified; raises Unsound with every fault where one is damaged."""
    faults, found = [], []
    for folder in (JobFolder(path) for path in sorted(place.glob("*-*")) if path.is_dir()):
        wrong = [f"{source}: {fault.place.relative_to(place)}: {fault.says}" for fault in faults_of(folder)]
        if not folder.result.exists():
            wrong.append(f"{source}: {folder.path.name} has no result")
        if any(unpacks_to(path) > LARGEST_ARRAYS for path in folder.outputs if path.suffix == ".npz"):
            wrong.append(f"{source}: {folder.path.name} holds arrays of more than {LARGEST_ARRAYS:,} bytes")
        faults += wrong
        if not wrong:
            found.append(_candidate(folder, str(source)))
    for path in sorted((place / "declarations").glob("*.json")):
        try:
            declared_in(path)
        except HarnessError:
            faults.append(f"{source}: declarations/{path.name}: is damaged or was edited")
    if faults:
        raise Unsound("\n".join([*faults, "nothing was merged; have the results exported again"]))
    return found


def _standing(store: Store) -> Iterator[Candidate]:
    """Yield the finished jobs of the store itself; raises Unsound where one cannot be read."""
    for folder in contents(store).jobs:
        if folder.result.exists():
            try:
                yield _candidate(folder, str(store.root))
            except HarnessError as error:
                raise Unsound(f"{error}; nothing was merged, for `verify` finds this store damaged") from None


def _candidate(folder: JobFolder, source: str) -> Candidate:
    job, result = job_of(folder), result_of(folder)
    assert result is not None
    return Candidate(folder, job.inputs, job.key, job.label, result, source)


def _inputs_first(found: Iterable[Candidate]) -> list[Candidate]:
    """Sort candidates so that each follows its inputs; an interrupted merge then leaves no job without them."""
    waiting, ordered = list(found), []
    while waiting:
        open_keys = {one.key for one in waiting}
        ready = [one for one in waiting if not open_keys & set(one.inputs.values())]
        ordered += ready
        waiting = [one for one in waiting if one not in ready]
    return ordered


def _chosen(
    found: list[Candidate], here: dict[str, Candidate], store: Store, merged: Merged
) -> tuple[list[Candidate], list[str]]:
    """Return the jobs to take, in order, and the conflicts of the others; notes equal jobs in `merged.same`."""
    together, taken, conflicts = dict(here), [], []
    for one in found:
        standing = together.get(one.key)
        if (why := _conflict(one, together, store)) is not None:
            conflicts.append(f"{one.source}: {one.folder.path.name} ({one.label}): {why}")
        elif standing is None:
            together[one.key] = one
            taken.append(one)
        elif _completes(one, standing):
            taken.append(one)
        elif one.folder.path.name not in merged.same:
            merged.same.append(one.folder.path.name)
    return taken, conflicts


def _conflict(one: Candidate, together: Mapping[str, Candidate], store: Store) -> str | None:
    """Return why a job cannot stand beside the others, or None."""
    standing = together.get(one.key)
    stands, found = standing and standing.result.repeatable(), one.result.repeatable()
    if standing is not None and stands and stands != found:
        names = sorted(name for name, value in found.items() if stands.get(name) != value)
        return f"has another result than in {standing.source} ({', '.join(names)})"
    if standing is None and is_held(store.root / one.folder.path.name):
        return "a process works on that job here"
    for name, key in one.inputs.items():
        if key in together and together[key].result.outputs != one.result.inputs.get(name):
            return f"was made from another result of {together[key].label} than the one in {together[key].source}"
    for user in together.values() if standing is None else ():
        for name, key in user.inputs.items():
            if key == one.key and user.result.inputs.get(name) != one.result.outputs:
                return f"{user.folder.path.name} of {user.source} was made from another result of this job"
    return None


def _completes(one: Candidate, standing: Candidate) -> bool:
    """Check whether a job brings outputs that the job in the store lacks."""
    return any(
        (one.folder.path / name).exists() and not (standing.folder.path / name).exists() for name in one.result.outputs
    )


def _take(one: Candidate, store: Store, merged: Merged) -> str | None:
    """Move a job into the store; returns a reason where a run has started on that job in the meantime."""
    target = JobFolder(store.root / one.folder.path.name)
    if not target.path.exists():
        try:
            one.folder.path.rename(target.path)
        except OSError:  # a run has created it in the meantime
            return _fill(one, target, merged)
        merged.taken.append(target.path.name)
        return None
    return _fill(one, target, merged)


def _fill(one: Candidate, target: JobFolder, merged: Merged) -> str | None:
    """Move a job into an existing directory, which is unfinished or lacks some outputs; returns why it could not."""
    with held(target.path) as ours:
        if not ours:
            return "a process works on that job here"
        finished = target.result.exists()
        if finished and _candidate(target, "").result.repeatable() != one.result.repeatable():
            return "has finished here in the meantime, with another result"
        _move(one.folder, target, finished=finished)
        sync_folder(target.path)
        _tidy(target)
        (merged.completed if finished else merged.taken).append(target.path.name)
        return None


def _move(source: JobFolder, target: JobFolder, *, finished: bool) -> None:
    """Move the outputs that a finished job lacks, or all files of a job over an unfinished one, the result last."""
    for path, to in zip(source.outputs, target.outputs, strict=True):
        if path.exists() and not (finished and to.exists()):
            path.replace(to)
        elif not finished:
            to.unlink(missing_ok=True)
    if not finished:
        for path in (source.left_out, source.environment, source.job, source.result):
            if path.exists():
                path.replace(target.path / path.name)


def _tidy(target: JobFolder) -> None:
    """Remove the checkpoints of a job that is now finished, and update the list of outputs left out of it."""
    target.checkpoint.unlink(missing_ok=True)
    target.earlier_checkpoint.unlink(missing_ok=True)
    left = {name: digest for name, digest in left_out_of(target).items() if not (target.path / name).exists()}
    if left:
        write_json(target.left_out, seal({"files": left}))
    else:
        target.left_out.unlink(missing_ok=True)
