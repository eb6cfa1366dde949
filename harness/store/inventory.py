"""The inventory of a store: the directory of every job with its state, age, size and time, and all other entries."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, Unsound, UsageError
from harness.store.locks import FILES as LOCK_FILES
from harness.store.locks import is_held
from harness.store.store import KEY_LETTERS, JobFolder, Store

_JOB = re.compile(rf"(?P<kind>[a-z]+)-(?P<key>[0-9a-f]{{{KEY_LETTERS}}})(?P<aside>\.stale-\d+)?")
_BEING_WRITTEN_S = 3600
"""Age in seconds from which a temporary file that no lock guards counts as left behind."""

LINKED = "is a link to another place; the results of a store lie in the store itself"


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of a store's folder, sorted by name."""

    jobs: list[JobFolder] = field(default_factory=list)
    set_aside: list[JobFolder] = field(default_factory=list)
    """Stale results that `--refresh-stale` moved away."""
    leftovers: list[Path] = field(default_factory=list)
    """Temporary files and folders of processes that have ended."""
    links: list[Path] = field(default_factory=list)
    """Links that have the name of a job's directory; their target may change at any time."""
    unknown: list[Path] = field(default_factory=list)
    """Entries that no version of this program writes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One job of a store, as `store ls` lists it."""

    state: str
    """One of done, diverged, running, unfinished, set aside and damaged."""
    kind: str
    label: str
    key: str
    bytes: int
    age_s: float
    """Time since the job finished; of an unfinished job, since its last write."""
    seconds: float | None
    """Running time of the job; None while it is unfinished."""
    folder: str

    def document(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return asdict(self)


def contents(store: Store, *, linked: bool = True) -> Contents:
    """List the contents of a store.

    Raises UsageError where the store does not exist. With `linked=False`, raises Unsound where a job is a link.
    """
    if not store.root.is_dir():
        raise UsageError(f"there is no store at {store.root}; name one with --store DIR")
    found, locks = Contents(), [store.root / name for name in LOCK_FILES]
    for path in sorted(store.root.iterdir()):
        named = _JOB.fullmatch(path.name)
        if named and path.is_symlink():
            if not linked:
                raise Unsound(f"{path}: {LINKED}; nothing was merged")
            found.links.append(path)
        elif named and path.is_dir():
            (found.set_aside if named["aside"] else found.jobs).append(JobFolder(path))
        elif path.name.startswith(".") or re.fullmatch(r"fingerprints\.json.+", path.name):
            found.leftovers.extend([path] if _is_left(path) else [])
        elif path not in (store.declarations, store.recorded, store.slurm, store.fingerprints, store.rates, *locks):
            found.unknown.append(path)
    for folder in [*(job.path for job in found.jobs), store.declarations]:
        found.leftovers.extend(_temporaries(folder))
    return found


def _temporaries(folder: Path) -> Iterator[Path]:
    held = is_held(folder)
    for path in sorted(folder.glob(".*")):
        guarded = not path.name.startswith(".job.json.") and folder.name != "declarations"
        if not held and (guarded or _is_left(path)):
            yield path


def _is_left(path: Path) -> bool:
    with suppress(FileNotFoundError):
        if path.is_dir() and (path / "lock").exists():
            return not is_held(path)
        return time.time() - path.lstat().st_mtime > _BEING_WRITTEN_S
    return False


def entries(store: Store) -> list[Entry]:
    """List every job of a store by kind and label; raises UsageError where the store does not exist."""
    found = contents(store)
    listed = []
    for folder in (*found.jobs, *found.set_aside):
        with suppress(FileNotFoundError):  # removed in the meantime
            listed.append(_entry(folder, aside=folder in found.set_aside))
    return sorted(listed, key=lambda entry: (entry.kind, _natural(entry.label), entry.folder))


def sorted_by(listed: list[Entry], what: str) -> list[Entry]:
    """Sort jobs by `label` (their given order), by `state`, or by falling `age`, `size` or `seconds`."""
    if what == "label":
        return listed
    if what == "state":
        return sorted(listed, key=lambda entry: entry.state)
    sizes = {"age": lambda one: one.age_s, "size": lambda one: one.bytes, "seconds": lambda one: one.seconds or 0.0}
    return sorted(listed, key=sizes[what], reverse=True)


def _natural(label: str) -> list[tuple[int, str]]:
    """Return a sorting key that puts `seed 10` after `seed 9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", label)]


def _entry(folder: JobFolder, *, aside: bool = False) -> Entry:
    named = _JOB.fullmatch(folder.path.name)
    assert named is not None
    state, label, key, result = "set aside" if aside else "", "", named["key"], None
    try:
        job, result = folder.read_job(), folder.read_result()
        label, key = str(job.get("label", "")), str(job["key"])
        state = state or (str(result["outcome"]) if result else "running" if is_held(folder.path) else "unfinished")
    except FileNotFoundError:  # created a moment ago, or emptied by hand
        state = state or "unfinished"
    except (HarnessError, KeyError):
        state = "damaged"
    size, changed = _extent(folder.path)
    cost = (result or {}).get("cost", {})
    with suppress(KeyError, ValueError, TypeError):
        changed = datetime.fromisoformat(cost["finished_at"]).timestamp()
    shown = "".join(letter if letter.isprintable() else "?" for letter in label)
    age = max(0.0, time.time() - changed)
    return Entry(state, named["kind"], shown, key, size, age, cost.get("seconds"), str(folder.path))


def _extent(folder: Path) -> tuple[int, float]:
    """Return the size of a folder's files in bytes and the time of their newest change."""
    sizes, times = 0, [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.lstat()
            sizes += 0 if path.is_dir() else status.st_size
            times.append(status.st_mtime)
    return sizes, max(times)


def bytes_of(path: Path) -> int:
    """Return the size of a file, or of all files in a folder, in bytes."""
    return _extent(path)[0] if path.is_dir() and not path.is_symlink() else path.lstat().st_size


def with_key(store: Store, prefix: str) -> JobFolder:
    """Find the one job whose key or directory begins with `prefix`; raises UsageError where none or several do."""
    letters = prefix.rpartition("-")[2].lower()
    if not re.fullmatch(r"[0-9a-f]+", letters):
        raise UsageError(f"{prefix!r} is not a key: keys are hexadecimal; `python -m harness store ls` shows them")
    short = letters[:KEY_LETTERS]
    found = [job for job in contents(store).jobs if job.path.name.rpartition("-")[2].startswith(short)]
    if len(letters) > KEY_LETTERS:
        found = [job for job in found if job.read_job()["key"].startswith(letters)]
    if len(found) != 1:
        what = "no job" if not found else f"{len(found)} jobs ({', '.join(job.path.name for job in found)})"
        raise UsageError(f"{store.root} has {what} whose key begins with {letters}")
    return found[0]
