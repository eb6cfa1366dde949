"""What lies in a store: the directory of every job with its state, age, size and time, and what else is there."""

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
"""A temporary file that no lock guards counts as left behind when it is this old."""

LINKED = "is a link to another place; the results of a store lie in the store itself"


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of a store's folder, sorted by name."""

    jobs: list[JobFolder] = field(default_factory=list)
    set_aside: list[JobFolder] = field(default_factory=list)
    """Stale results that `--refresh-stale` moved away."""
    leftovers: list[Path] = field(default_factory=list)
    """Temporary files and folders of processes that are gone."""
    links: list[Path] = field(default_factory=list)
    """Named like the directory of a job, and leading elsewhere: nobody can say what lies there tomorrow."""
    unknown: list[Path] = field(default_factory=list)
    """What no version of this program put there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One job of a store, as `store ls` shows it."""

    state: str
    """done, diverged, running, unfinished, set aside or damaged."""
    kind: str
    label: str
    key: str
    bytes: int
    age_s: float
    """Since the job finished, or since anything of it was written."""
    seconds: float | None
    """What it took."""
    folder: str

    def document(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def contents(store: Store, *, linked: bool = True) -> Contents:
    """What lies in a store; raises UsageError where there is none and, without `linked`, Unsound for a linked job."""
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
        elif path not in (store.declarations, store.recorded, store.fingerprints, store.rates, *locks):
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
    """Every job of a store, by kind and label; raises UsageError where there is no store."""
    found = contents(store)
    listed = []
    for folder in (*found.jobs, *found.set_aside):
        with suppress(FileNotFoundError):  # removed in the meantime
            listed.append(_entry(folder, aside=folder in found.set_aside))
    return sorted(listed, key=lambda entry: (entry.kind, _natural(entry.label), entry.folder))


def sorted_by(listed: list[Entry], what: str) -> list[Entry]:
    """The jobs by kind and label, as they come, by state, or with the largest `age`, `size` or `seconds` first."""
    if what == "label":
        return listed
    if what == "state":
        return sorted(listed, key=lambda entry: entry.state)
    sizes = {"age": lambda one: one.age_s, "size": lambda one: one.bytes, "seconds": lambda one: one.seconds or 0.0}
    return sorted(listed, key=sizes[what], reverse=True)


def _natural(label: str) -> list[tuple[int, str]]:
    """A key that sorts `seed 10` after `seed 9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", label)]


def _entry(folder: JobFolder, *, aside: bool = False) -> Entry:
    named = _JOB.fullmatch(folder.path.name)
    assert named is not None
    state, label, key, result = "set aside" if aside else "", "", named["key"], None
    try:
        job, result = folder.read_job(), folder.read_result()
        label, key = str(job.get("label", "")), str(job["key"])
        state = state or (str(result["outcome"]) if result else "running" if is_held(folder.path) else "unfinished")
    except FileNotFoundError:  # made a moment ago, or emptied by hand
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
    """(bytes, time of the newest change) of the files of a folder."""
    sizes, times = 0, [folder.stat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.lstat()
            sizes += 0 if path.is_dir() else status.st_size
            times.append(status.st_mtime)
    return sizes, max(times)


def bytes_of(path: Path) -> int:
    """The size of a file, or of all the files of a folder."""
    return _extent(path)[0] if path.is_dir() and not path.is_symlink() else path.lstat().st_size


def with_key(store: Store, prefix: str) -> JobFolder:
    """The one job whose key, or whose directory, begins so; raises UsageError where there is none or more than one."""
    letters = prefix.rpartition("-")[2].lower()
    if not re.fullmatch(r"[0-9a-f]+", letters):
        raise UsageError(f"{prefix!r} is no key: keys are hexadecimal; `python -m harness store ls` shows them")
    short = letters[:KEY_LETTERS]
    found = [job for job in contents(store).jobs if job.path.name.rpartition("-")[2].startswith(short)]
    if len(letters) > KEY_LETTERS:
        found = [job for job in found if job.read_job()["key"].startswith(letters)]
    if len(found) != 1:
        what = "no job" if not found else f"{len(found)} jobs ({', '.join(job.path.name for job in found)})"
        raise UsageError(f"{store.root} has {what} whose key begins with {letters}")
    return found[0]
